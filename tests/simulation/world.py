"""A world in which nothing happens by itself: time, chance and who acts next.

Every process is a greenlet that runs until it waits; then the next event that is due
goes on. One generator of random numbers decides all there is to decide, so a seed is
a schedule.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from random import Random
from typing import Any
from uuid import UUID

from greenlet import getcurrent, greenlet  # type: ignore[import-untyped]

from ports.clock import Clock

_START = datetime(2026, 11, 22, 4, 11, tzinfo=UTC)


class Crashed(BaseException):
    """The process that waits is killed where it stands."""


class World:
    """Simulated time, and what is still to happen in it.

    Attributes:
        random: Decides everything.
        now: Seconds since the beginning.
        under_way: How many puts to each key have been sent and not arrived.
        stopped: Nothing happens any more.
        trace: What happened so far, a line each; None when nobody asks.
    """

    def __init__(self, seed: int, *, traced: bool = False) -> None:
        self.random = Random(seed)
        self.now = 0.0
        self.under_way: Counter[str] = Counter()
        self.stopped = False
        self.trace: list[str] | None = [] if traced else None
        self._due: list[tuple[float, int, Callable[[], object]]] = []
        self._events = 0
        self._alive: dict[Any, None] = {}
        self._hub = getcurrent()

    def chance(self) -> float:
        """Return a number in [0, 1)."""
        return self.random.random()

    def new_id(self) -> str:
        """Return a UUID that no other has."""
        return str(UUID(int=self.random.getrandbits(128), version=4))

    def after(self, seconds: float, action: Callable[[], object]) -> None:
        """Have ``action`` happen ``seconds`` from now."""
        self._events += 1
        heappush(self._due, (self.now + seconds, self._events, action))

    def spawn(self, life: Callable[[], None]) -> None:
        """Begin a process, at once; to be called by events and not by processes."""

        def live() -> None:
            try:
                life()
            finally:
                del self._alive[getcurrent()]

        process = greenlet(live, self._hub)
        self._alive[process] = None
        process.switch()

    def sleep(self, seconds: float) -> None:
        """Let the process that calls wait."""
        self.after(seconds, getcurrent().switch)
        self._hub.switch()

    def pause(self) -> Callable[[], None]:
        """Return what wakes the process that calls, once it waits."""
        wake = getcurrent().switch
        return lambda: self.after(0.0, wake)

    def wait(self) -> None:
        """Let the process that calls wait until it is woken."""
        self._hub.switch()

    def run(self, most: int) -> bool:
        """Let everything happen.

        Args:
            most: How many events may; a schedule with more never ends.

        Returns:
            Whether all processes have ended.
        """
        last = self._events + most
        while self._due and self._events < last and not self.stopped:
            self.now, _, action = heappop(self._due)
            action()
        ended = not self._alive and not self._due
        for process in tuple(self._alive):
            process.throw(Crashed)
        return ended

    def say(self, who: str, what: str) -> None:
        """Add a line to the trace."""
        if self.trace is not None:
            self.trace.append(f"{self.now:10.3f}  {who:<12} {what}")


class SimulatedClock(Clock):
    """The clock of one process, which may be wrong."""

    def __init__(self, world: World, skew: float = 0.0) -> None:
        self._world = world
        self._start = _START + timedelta(seconds=skew)

    def now(self) -> datetime:
        moment = self._start + timedelta(seconds=self._world.now)
        return moment.replace(microsecond=0)

    def monotonic(self) -> float:
        return self._world.now

    def sleep(self, seconds: float) -> None:
        self._world.sleep(seconds)
