"""Answers: whole ones, and those whose body is still on its way."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import requests
import urllib3.exceptions

from adapters.homebrew.failures import translated
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


class Body:
    """An answer whose body is still to be read. It must be closed."""

    def __init__(self, answer: requests.Response, what: str, host: str) -> None:
        self.status: int = answer.status_code
        self.headers: Mapping[str, str] = answer.headers
        self._answer = answer
        self._what = what
        self._host = host

    def read(self, size: int) -> bytes:
        """Return the next ``size`` bytes as they were sent; fewer at the end.

        Raises:
            UnavailableError: The connection broke, or the body ended early.
        """
        with translated(self._what, self._host):
            piece: bytes = self._answer.raw.read(size, decode_content=False)
        return piece

    def read_document(self, at_most: int) -> bytes:
        """Return the whole body, decompressed.

        Raises:
            UnavailableError: The connection broke, or the body ended early.
            MalformedError: It has more than ``at_most`` bytes.
        """
        document = bytearray()
        with translated(self._what, self._host):
            while piece := self._answer.raw.read(_PIECE, decode_content=True):
                document += piece
                if len(document) > at_most:
                    raise MalformedError(
                        self._what,
                        f"{self._host} sends more than {at_most:,} bytes, which is no "
                        "such document",
                    )
        return bytes(document)

    def close(self) -> None:
        """Let go of the connection; one with bytes still to come is closed."""
        self._answer.close()


def discard(answer: requests.Response) -> str:
    """Return the beginning of a body that is not wanted, and let go of the rest.

    One that is short is read to its end, which keeps the connection.
    """
    try:
        with suppress(urllib3.exceptions.HTTPError):
            piece: bytes = answer.raw.read(_SMALL, decode_content=True)
            return piece.decode("utf-8", errors="replace")
        return ""
    finally:
        answer.close()
