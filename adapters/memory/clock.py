"""A clock that passes only when somebody sleeps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Lock

from ports.clock import Clock

_START = datetime(2026, 8, 22, 12, 0, tzinfo=UTC)


class ManualClock(Clock):
    """A clock on which to sleep is to move it on, at once."""

    def __init__(self, start: datetime = _START) -> None:
        self._start = start
        self._elapsed = 0.0
        self._lock = Lock()

    def now(self) -> datetime:
        moment = self._start + timedelta(seconds=self.monotonic())
        return moment.replace(microsecond=0)

    def monotonic(self) -> float:
        with self._lock:
            return self._elapsed

    def sleep(self, seconds: float) -> None:
        if seconds < 0:
            raise ValueError(f"a clock cannot sleep {seconds} s")
        with self._lock:
            self._elapsed += seconds
