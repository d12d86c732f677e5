"""The clock of the machine."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from threading import Event

from ports.clock import Clock
from ports.errors import UnavailableError


class SystemClock(Clock):
    """The machine's own time."""

    def now(self) -> datetime:
        return datetime.now(UTC).replace(microsecond=0)

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class StoppableClock(SystemClock):
    """The machine's own time; nobody sleeps by it any more once ``stop`` is set.

    To be woken early would not do: who waits for a moment would look, and wait again.
    """

    def __init__(self, stop: Event) -> None:
        self._stop = stop

    def sleep(self, seconds: float) -> None:
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        if self._stop.wait(seconds):
            raise UnavailableError("wait", "told to stop")
