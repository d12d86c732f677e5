"""A large JSON text, read piece by piece: its whole tree is never in memory."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Final

from ports.errors import MalformedError

_SPACE = re.compile(r"[ \t\n\r]*")
_EXCERPT: Final = 40  # bytes


class JsonText:
    """A JSON text, and how far it has been read.

    A byte is taken for a character, and the few values that have others are read
    again: one that needs four bytes would have the whole text take four times as
    much memory. The marks of JSON are ASCII.
    """

    def __init__(self, body: bytes, what: str) -> None:
        self._body = body
        self._what = what
        self._text = body.decode("latin-1")
        self._decode = json.JSONDecoder().raw_decode
        self._at = 0
        self._pass_space()

    @property
    def ended(self) -> bool:
        """Whether nothing is left."""
        return self._at == len(self._text)

    def sees(self, mark: str) -> bool:
        """Return whether ``mark`` comes next."""
        return self._text.startswith(mark, self._at)

    def accept(self, mark: str) -> bool:
        """Pass ``mark`` if it comes next, and return whether it did."""
        if not self.sees(mark):
            return False
        self._at += len(mark)
        self._pass_space()
        return True

    def expect(self, mark: str) -> None:
        """Pass ``mark``, which must come next.

        Raises:
            MalformedError: Something else does, or nothing.
        """
        if self.accept(mark):
            return
        if self.ended:
            raise self.malformed(f"cut off after {self._at:,} bytes")
        raise self.malformed(f"damaged at byte {self._at:,}: {self.excerpt()}")

    def value(self) -> object:
        """Return the value that comes next, and pass it.

        Raises:
            MalformedError: None does, or it is none that can be held.
        """
        begun = self._at
        try:
            value, self._at = self._decode(self._text, begun)
            if not self._text[begun : self._at].isascii():
                value = json.loads(self._body[begun : self._at].decode())
        except json.JSONDecodeError as error:
            detail = f"{error.msg}, at byte {error.pos:,} of {len(self._text):,}"
            raise self.malformed(f"damaged or cut off: {detail}") from error
        except RecursionError as error:
            raise self._odd(begun, "is nested too deeply") from error
        except UnicodeDecodeError as error:
            raise self._odd(begun, f"is not text in UTF-8: {error}") from error
        except ValueError as error:
            # Python makes no integer of more than 4,300 digits out of text.
            raise self._odd(begun, "has a number beyond reason") from error
        self._pass_space()
        return value

    def names(self) -> Iterator[str]:
        """Yield each name of the object that was entered, up to its end.

        Whoever takes a name must pass its value before the next.

        Raises:
            MalformedError: It stops being an object.
        """
        ended = self.accept("}")
        while not ended:
            if not self.sees('"'):
                self.expect('"')
            name = str(self.value())
            self.expect(":")
            yield name
            ended = self.accept("}")
            if not ended:
                self.expect(",")

    def excerpt(self) -> str:
        """Return how what comes next begins, fit to be shown."""
        if self.ended:
            return "nothing"
        excerpt = self._text[self._at : self._at + _EXCERPT].encode("latin-1")
        return repr(excerpt.decode(errors="replace"))

    def malformed(self, detail: str) -> MalformedError:
        """Return the error that says what is wrong with this text."""
        return MalformedError(self._what, detail)

    def _odd(self, begun: int, how: str) -> MalformedError:
        return self.malformed(f"the entry at byte {begun:,} {how}")

    def _pass_space(self) -> None:
        if space := _SPACE.match(self._text, self._at):
            self._at = space.end()
