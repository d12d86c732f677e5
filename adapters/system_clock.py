"""The clock of the machine."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from threading import Event

from ports.clock import Clock


class SystemClock(Clock):
    """The machine's own time."""

    def now(self) -> datetime:
        return datetime.now(UTC).replace(microsecond=0)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class StoppableClock(SystemClock):
    """The machine's own time; who sleeps by it is woken when ``stop`` is set."""

    def __init__(self, stop: Event) -> None:
        self._stop = stop

    def sleep(self, seconds: float) -> None:
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        self._stop.wait(seconds)
