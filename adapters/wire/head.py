"""The head of an answer, and what it says of the body that follows (RFC 9112)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from http.client import BadStatusLine, HTTPException
from typing import Final, TypeVar, overload

_STATUS_LINE: Final = re.compile(r"HTTP/1\.([01]) ([1-5]\d\d)(?: .*)?")
_FIELD: Final = re.compile(
    r"^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\r\n]*?)[ \t]*\r?$", re.MULTILINE
)
# What may be told of a head: a value can be an address that opens what it leads to.
_BEGINNING: Final = re.compile(r"[ -~]{0,80}")
_NAME: Final = re.compile(r"([!#$%&'*+.^_`|~0-9A-Za-z-]{1,80})[ \t]*:")
_LENGTH: Final = re.compile(r"[0-9]{1,18}")
_BODILESS: Final = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})
_FINAL: Final = 200

T = TypeVar("T")


class Headers(Mapping[str, str]):
    """The fields of a head by name, in whatever case.

    Of one that came more than once, all values in one (RFC 9110, 5.2).
    """

    __slots__ = ("_fields",)

    def __init__(self, fields: Mapping[str, str]) -> None:
        """Take the fields by their names in lower case."""
        self._fields = fields

    def __getitem__(self, name: str) -> str:
        return self._fields[name.lower()]

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.lower() in self._fields

    # What a mapping is given raises, and catches, for each field that is not there.
    @overload
    def get(self, name: str, /) -> str | None: ...
    @overload
    def get(self, name: str, /, default: str) -> str: ...
    @overload
    def get(self, name: str, /, default: T) -> str | T: ...
    def get(self, name: str, /, default: object = None) -> object:
        """Return a field by its name, ``default`` where there is none."""
        return self._fields.get(name.lower(), default)

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)


@dataclass(frozen=True, slots=True)
class Head:
    """The head of an answer.

    Attributes:
        keeps: Whether the server goes on with the connection afterwards.
    """

    status: int
    headers: Headers
    keeps: bool

    @property
    def is_final(self) -> bool:
        """Whether the answer is in it, and not still to come (RFC 9110, 15.2)."""
        return self.status >= _FINAL

    @property
    def is_chunked(self) -> bool:
        """Whether the body comes in chunks, its last being its end.

        Raises:
            HTTPException: It is encoded in another way, which nobody asked for.
        """
        coding = self.headers.get("transfer-encoding")
        if coding is None:
            return False
        if coding.lower() != "chunked":
            raise HTTPException(f"a body in the transfer coding {beginning(coding)!r}")
        return True

    def length(self, method: str) -> int | None:
        """Return how many bytes the body has; None if only its end will tell."""
        if method == "HEAD" or self.status in _BODILESS:
            return 0
        told = self.headers.get("content-length", "")
        # What came twice is no number any more.
        return int(told) if _LENGTH.fullmatch(told) else None


def parse_head(text: str) -> Head:
    """Return the head that ``text`` is, without the empty line at its end.

    Raises:
        HTTPException: It is none.
    """
    first, _, rest = text.partition("\r\n")
    status = _STATUS_LINE.fullmatch(first)
    if status is None:
        raise BadStatusLine(f"no status line of HTTP: {beginning(first)!r}")
    found = _FIELD.findall(rest)
    # A line that goes on from the one before is none, either (RFC 9112, 5.2).
    if len(found) != (rest.count("\n") + 1 if rest else 0):
        raise HTTPException(f"the head of an answer is none at {_bad_line(rest)}")
    fields: dict[str, str] = {}
    for name, value in found:
        known = name.lower()
        fields[known] = f"{fields[known]}, {value}" if known in fields else value
    keeps = status[1] == "1" and "close" not in fields.get("connection", "").lower()
    return Head(int(status[2]), Headers(fields), keeps)


def beginning(text: str) -> str:
    """Return as much of ``text`` as an error may show."""
    found = _BEGINNING.match(text)
    return found[0] if found else ""


def _bad_line(fields: str) -> str:
    """Return which line is no field, by its number and its name if it has one."""
    lines = enumerate(fields.split("\n"), start=2)
    number, line = next(each for each in lines if not _FIELD.fullmatch(each[1]))
    name = _NAME.match(line)
    return f"line {number}, {name[1]!r}" if name else f"line {number}"
