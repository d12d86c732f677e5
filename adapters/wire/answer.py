"""An answer that comes over a connection, and what becomes of the connection."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http.client import HTTPException, IncompleteRead
from time import monotonic
from typing import Final, cast

from adapters.wire.head import Head, beginning
from adapters.wire.incoming import Incoming

_LINE: Final = b"\r\n"
_LONGEST_LINE: Final = 8 * 1024  # bytes that begin a chunk, or are a field after all
_LONGEST_SIZE: Final = 16  # digits
_MOST_FIELDS: Final = 100  # after a body in chunks


class Answer:
    """An answer with its body still to be read. It must be closed.

    Attributes:
        status: Of HTTP.
        headers: By name, in whatever case.
    """

    def __init__(
        self,
        head: Head,
        method: str,
        incoming: Incoming,
        silence: float,
        let_go: Callable[[bool], None],
    ) -> None:
        """Take an answer whose head has come.

        Args:
            silence: Seconds without a byte that the connection may have.
            let_go: Is told that the connection is free, and whether it can be used
                again; once.

        Raises:
            HTTPException: Nobody can tell how long its body is.
        """
        self.status = head.status
        self.headers: Mapping[str, str] = head.headers
        self._incoming = incoming
        self._silence = silence
        self._let_go: Callable[[bool], None] | None = let_go
        length = head.length(method)
        self._chunked = length != 0 and head.is_chunked
        # Of the body, or of the chunk that is being read; None up to the end.
        self._left = 0 if self._chunked else length
        self._keeps = head.keeps and (self._chunked or length is not None)
        self._ended = length == 0
        self._failure: Exception | None = None

    def read(self, size: int) -> bytes:
        """Return the next ``size`` bytes as they were sent; none at its end.

        They are fewer at its end, and where they come so slowly that whoever asks could
        be kept for longer than by a connection that is silent.

        Raises:
            OSError: The connection broke, or was silent for too long.
            HTTPException: The body ended early, or is not what HTTP says.
        """
        if self._failure is not None:
            raise self._failure
        if self._left is not None and not self._chunked:
            size = min(size, self._left)
        # Not copied into bytes: as long as nobody writes to it, it is as good.
        piece = bytearray(size)
        view, came = memoryview(piece), 0
        late = monotonic() + self._silence
        try:
            while came < size and not self._ended:
                came += self._come(view[came:])
                if 0 < came < size and monotonic() > late:
                    break
        except (OSError, HTTPException) as error:
            if not came:
                raise
            # What has come is not lost with what has not.
            self._failure = error.with_traceback(None)
        if self._ended:
            self.close()
        return cast("bytes", piece if came == size else piece[:came])

    def close(self) -> None:
        """Let go of the connection; one with much still to come is closed."""
        let_go, self._let_go = self._let_go, None
        if let_go is not None:
            let_go(self._ended and self._keeps and self._incoming.is_empty)

    def _come(self, view: memoryview) -> int:
        """Fill some of ``view``; take note of the end."""
        if self._chunked and not self._left:
            self._left = self._next_chunk()
            if not self._left:
                self._ended = True
                return 0
        came = self._incoming.into(view if self._left is None else view[: self._left])
        if self._left is None:
            self._ended = not came
            return came
        if not came:
            raise IncompleteRead(b"", self._left)
        self._left -= came
        if self._chunked and not self._left:
            self._line(nothing=True)
        self._ended = not self._chunked and not self._left
        return came

    def _next_chunk(self) -> int:
        """Return the size of the next chunk; the last has none, and fields after it."""
        told = self._line().partition(b";")[0].strip(b" \t")
        if not told.isalnum() or len(told) > _LONGEST_SIZE:
            raise _no_chunk(told)
        try:
            size = int(told, 16)
        except ValueError as error:
            raise _no_chunk(told) from error
        if not size:
            self._pass_over_fields()
        return size

    def _pass_over_fields(self) -> None:
        for _ in range(_MOST_FIELDS):
            if not self._line():
                return
        raise HTTPException("a body with fields without end after it")

    def _line(self, *, nothing: bool = False) -> bytes:
        try:
            line = self._incoming.up_to(_LINE, _LONGEST_LINE, "a chunk")
        except ConnectionError as error:
            raise IncompleteRead(b"") from error
        if nothing and line:
            raise HTTPException("a chunk that is longer than it says")
        return line


def _no_chunk(told: bytes) -> HTTPException:
    size = beginning(told.decode("latin-1"))
    return HTTPException(f"a chunk that has no number of bytes: {size!r}")
