"""How many requests a store was sent."""

from __future__ import annotations

from threading import Lock, local


class Tally:
    """Counts what several threads do."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._total = 0
        self._thread = local()

    def add(self) -> None:
        """Count one."""
        self._thread.count = self.of_this_thread + 1
        with self._lock:
            self._total += 1

    @property
    def total(self) -> int:
        """What all threads have counted."""
        return self._total

    @property
    def of_this_thread(self) -> int:
        """What the thread that asks has counted."""
        count: int = getattr(self._thread, "count", 0)
        return count
