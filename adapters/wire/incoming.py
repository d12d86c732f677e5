"""What comes over a connection: lines at first, then as many bytes as are wanted."""

from __future__ import annotations

from http.client import HTTPException, LineTooLong, RemoteDisconnected
from math import inf
from time import monotonic
from typing import Final

from adapters.wire.channel import Channel
from adapters.wire.head import Head, parse_head

_BLOCK: Final = 64 * 1024  # bytes asked for while nobody knows how many there are
_LONGEST_HEAD: Final = 64 * 1024  # bytes


class Incoming:
    """The bytes that a server sends, in order.

    Attributes:
        silence: Seconds without a byte that the channel may have.
    """

    def __init__(self, channel: Channel) -> None:
        self.silence = inf
        self._channel = channel
        # What came along with what was asked for.
        self._early = b""

    @property
    def is_empty(self) -> bool:
        """Whether all that came was asked for."""
        return not self._early

    def head(self) -> Head:
        """Return the head of the next answer.

        Raises:
            OSError: The connection broke, or was silent for too long; asked again, it
                goes on with what has come.
            HTTPException: What came is not HTTP.
        """
        text = self.up_to(b"\r\n\r\n", _LONGEST_HEAD, "the head of an answer")
        return parse_head(text.decode("latin-1"))

    def up_to(self, end: bytes, longest: int, what: str) -> bytes:
        """Return what comes before ``end``, which is passed over.

        Raises:
            OSError: The connection broke, or was silent for too long, or took as long
                to send the rest of what it had begun.
            HTTPException: It has more than ``longest`` bytes.
        """
        late = inf
        while (at := self._early.find(end)) < 0:
            if len(self._early) > longest:
                raise LineTooLong(what)
            if self._early:
                now = monotonic()
                if now > late:
                    raise TimeoutError(f"{what} comes too slowly")
                late = min(late, now + self.silence)
            came = self._channel.recv(_BLOCK)
            if not came:
                raise self._hung_up(what)
            self._early += came
        found, self._early = self._early[:at], self._early[at + len(end) :]
        return found

    def into(self, view: memoryview) -> int:
        """Fill the beginning of ``view`` with what is there, and return how much it is.

        Nothing comes any more when that is 0.

        Raises:
            OSError: The connection broke, or was silent for too long.
        """
        if not self._early:
            return self._channel.recv_into(view)
        taken = min(len(self._early), len(view))
        view[:taken], self._early = self._early[:taken], self._early[taken:]
        return taken

    def _hung_up(self, what: str) -> Exception:
        if self._early:
            return HTTPException(f"{what} broke off")
        return RemoteDisconnected("hung up without an answer")
