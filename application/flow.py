"""The bytes of a bottle on their way into the store."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from threading import Event as Flag
from typing import Final

from domain.errors import MirrorError
from domain.work import Load
from ports.bottle_source import BottleStream
from ports.progress import TransferProgress

_KEPT: Final = 256 * 1024
"""Bytes of a bottle that are kept while it is on its way."""


class StoppedError(MirrorError):
    """A transfer was told to stop before its bytes were all there."""


class Flow:
    """The bytes of one opened bottle, counted as they pass.

    A store that says no costs no bytes as long as few have passed: those are kept, and
    flow again from their beginning.
    """

    def __init__(
        self, load: Load, stream: BottleStream, progress: TransferProgress, stop: Flag
    ) -> None:
        self.size = stream.size
        self._load = load
        self._chunks = stream.chunks
        self._progress = progress
        self._stop = stop
        self._kept: list[bytes] | None = []
        self._passed = 0

    @property
    def can_begin_again(self) -> bool:
        """Whether the bytes can flow once more, from the first on."""
        return self._kept is not None

    def chunks(self) -> Iterator[bytes]:
        """Yield the bytes.

        Raises:
            StoppedError: There is no time for more.
            PortError: No more come.
        """
        for chunk in chain(tuple(self._kept or ()), self._coming()):
            if self._stop.is_set():
                raise StoppedError(f"{self._load.bottles[0].key}: stopped")
            yield chunk
            self._passed += len(chunk)
            self._progress.advanced(self._load, len(chunk))

    def forget(self) -> None:
        """Take back what was shown of bytes that came to nothing."""
        self._progress.advanced(self._load, -self._passed)
        self._passed = 0

    def spoil(self) -> None:
        """Forget, and flow no more: the bytes are not what they should be."""
        self.forget()
        self._kept = None

    def _coming(self) -> Iterator[bytes]:
        while True:
            # Nothing of it stays when it breaks off.
            kept, self._kept = self._kept, None
            chunk = next(self._chunks, None)
            if chunk is None:
                self._kept = kept
                return
            if kept is not None and sum(map(len, kept)) + len(chunk) <= _KEPT:
                self._kept = [*kept, chunk]
            yield chunk
