"""The clock of another machine, by which others may be let go on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from adapters.memory.clock import ManualClock
from ports.clock import Clock


class OtherClock(Clock):
    """A clock of another machine.

    Attributes:
        by: How far it is off.
        meanwhile: What others do while somebody sleeps by it.
    """

    def __init__(
        self,
        clock: ManualClock,
        by: timedelta = timedelta(),
        meanwhile: Callable[[], object] = lambda: None,
    ) -> None:
        self._clock = clock
        self.by = by
        self.meanwhile = meanwhile
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self._clock.now() + self.by

    def monotonic(self) -> float:
        return self._clock.monotonic()

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.meanwhile()
        self._clock.sleep(seconds)
