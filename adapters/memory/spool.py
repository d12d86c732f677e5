"""A spool that keeps nothing, and one that remembers what it was told."""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock

from domain.bottle import Digest
from ports.spool import Spool


class NoSpool(Spool):
    """Keeps nothing."""

    def sweep(self) -> None:
        pass

    def forget(self, digests: Iterable[Digest]) -> None:
        pass


class RecordingSpool(NoSpool):
    """Remembers what it was told, for a test to ask.

    Attributes:
        sweeps: How often it was swept.
        forgotten: The digests that it was to forget, in order.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self.sweeps = 0
        self.forgotten: list[Digest] = []

    def sweep(self) -> None:
        with self._lock:
            self.sweeps += 1

    def forget(self, digests: Iterable[Digest]) -> None:
        with self._lock:
            self.forgotten.extend(digests)
