"""Answers: whole ones, and those whose body is still on its way."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from typing import Final, Protocol

import requests
from urllib3.exceptions import DecodeError

import adapters.wire.answer
from adapters.homebrew.failures import FAILURES, translated
from ports.errors import MalformedError

_PIECE: Final = 256 * 1024  # bytes of a document that are read at once
# What is left of an answer that is not wanted; more costs more than a connection.
_SMALL: Final = 64 * 1024  # bytes


@dataclass(frozen=True, slots=True)
class Response:
    """An answer with all of its body, decompressed.

    Attributes:
        headers: By name, in whatever case.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes


class Answer(Protocol):
    """An answer as it comes, by whichever way it was asked for.

    Attributes:
        headers: By name, in whatever case.
    """

    status: int
    headers: Mapping[str, str]

    def read(self, size: int) -> bytes:
        """Return the next ``size`` bytes as they were sent; none at the end.

        They are fewer at the end, and may be where they come slowly.
        """
        ...

    def read_decoded(self, size: int) -> bytes:
        """Return some ``size`` bytes of what was encoded; none at the end."""
        ...

    def close(self) -> None:
        """Let go of the connection; one with bytes still to come is closed."""
        ...


class VendorAnswer:
    """An answer that requests has got."""

    def __init__(self, answer: requests.Response) -> None:
        self.status: int = answer.status_code
        self.headers: Mapping[str, str] = answer.headers
        self._answer = answer

    def read(self, size: int) -> bytes:
        piece: bytes = self._answer.raw.read(size, decode_content=False)
        return piece

    def read_decoded(self, size: int) -> bytes:
        piece: bytes = self._answer.raw.read(size, decode_content=True)
        return piece

    def close(self) -> None:
        self._answer.close()


class DirectAnswer:
    """An answer over a connection of ours, of a body that was asked for as it is."""

    def __init__(self, answer: adapters.wire.answer.Answer) -> None:
        self.status = answer.status
        self.headers = answer.headers
        self._answer = answer
        self.read = answer.read
        self.close = answer.close

    def read_decoded(self, size: int) -> bytes:
        if self.headers.get("Content-Encoding", "identity") != "identity":
            raise DecodeError("it is compressed, which was not asked for")
        return self._answer.read(size)


class Body:
    """An answer whose body is still to be read. It must be closed."""

    def __init__(self, answer: Answer, what: str, host: str) -> None:
        self.status = answer.status
        self.headers = answer.headers
        self._answer = answer
        self._what = what
        self._host = host

    def read(self, size: int) -> bytes:
        """Return the next ``size`` bytes as they were sent; none at the end.

        They are fewer at the end, and may be where they come slowly.

        Raises:
            UnavailableError: The connection broke, or the body ended early.
        """
        with translated(self._what, self._host):
            return self._answer.read(size)

    def read_document(self, at_most: int) -> bytes:
        """Return the whole body, decompressed.

        Raises:
            UnavailableError: The connection broke, or the body ended early.
            MalformedError: It has more than ``at_most`` bytes.
        """
        # Its bytes are given as they are gathered: tens of megabytes, not copied.
        document = BytesIO()
        with translated(self._what, self._host):
            while piece := self._answer.read_decoded(_PIECE):
                document.write(piece)
                if document.tell() > at_most:
                    raise MalformedError(
                        self._what,
                        f"{self._host} sends more than {at_most:,} bytes, which is no "
                        "such document",
                    )
        return document.getvalue()

    def close(self) -> None:
        """Let go of the connection; one with bytes still to come is closed."""
        self._answer.close()


def discard(answer: Answer) -> str:
    """Return the beginning of a body that is not wanted, and let go of the rest.

    One that is short is read to its end, which keeps the connection.
    """
    try:
        with suppress(*FAILURES):
            return answer.read_decoded(_SMALL).decode("utf-8", errors="replace")
        return ""
    finally:
        answer.close()
