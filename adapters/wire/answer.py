"""An answer that comes over a connection, and what becomes of the connection."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http.client import HTTPResponse, IncompleteRead
from typing import Final, cast

_SMALL: Final = 64 * 1024
"""Bytes of an answer nobody wants: to read more costs more than a connection."""


class Answer:
    """An answer with its body still to be read. It must be closed.

    Attributes:
        status: Of HTTP.
        headers: By name, in whatever case.
    """

    status: int
    headers: Mapping[str, str]

    def __init__(self, response: HTTPResponse, let_go: Callable[[bool], None]) -> None:
        """Take an answer whose headers have come.

        Args:
            let_go: Is told that the connection is free, and whether it can be used
                again; once.
        """
        self.status = response.status
        # A mapping in all but name.
        self.headers = cast("Mapping[str, str]", response.headers)
        self._response = response
        self._let_go: Callable[[bool], None] | None = let_go

    def read(self, size: int) -> bytes:
        """Return the next ``size`` bytes as they were sent; fewer at its end.

        Raises:
            OSError: The connection broke, or was silent for too long.
            HTTPException: The body ended early, or is not what HTTP says.
        """
        missing = self._response.length
        piece = self._response.read(size)
        if missing and not piece:
            raise IncompleteRead(piece, missing)
        if self._response.isclosed():
            self.close()
        return piece

    def close(self) -> None:
        """Let go of the connection; one with much still to come is closed."""
        let_go, self._let_go = self._let_go, None
        if let_go is None:
            return
        whole = self._response.isclosed() and not self._response.will_close
        self._response.close()
        let_go(whole)

    def discard(self) -> bytes:
        """Return the beginning of a body that is not wanted, and close the answer.

        One that is short is read to its end, which keeps the connection.
        """
        try:
            return self._response.read(_SMALL)
        finally:
            self.close()
