"""How far a run has come: the numbers behind every way to show them."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from threading import Lock

from domain.bottle import Digest
from domain.plan import SyncPlan
from domain.work import Load
from ports.clock import Clock

_WINDOW = 20.0
"""The rate is that of the last so many seconds."""

_STRIDE = 0.25
"""Seconds between the marks that the rate is reckoned from."""


@dataclass(frozen=True, slots=True)
class InFlight:
    """A load on its way.

    Attributes:
        passed: Bytes so far.
        size: Bytes in all.
    """

    name: str
    passed: int
    size: int


@dataclass(frozen=True, slots=True)
class View:
    """How far a run has come at one moment.

    Attributes:
        bottles: Bottles that are done, those that failed included.
        bytes: Bytes fetched.
        all_bytes: Bytes to fetch, those that are guessed included.
        unknown: Loads of whose size nobody can tell yet, not even by a guess.
        guessed: Loads whose size is a guess yet.
        rate: Bytes a second.
        seconds_left: None while there is nothing to reckon it from.
    """

    bottles: int
    all_bottles: int
    failed: int
    bytes: int
    all_bytes: int
    unknown: int
    guessed: int
    rate: float
    seconds: float
    seconds_left: float | None
    in_flight: tuple[InFlight, ...]


@dataclass(slots=True)
class _Flight:
    """A load that has been started.

    Attributes:
        reckoned: The bytes by which it counts in the sum of all bytes.
    """

    name: str
    reckoned: int
    size: int | None = None
    passed: int = 0

    @property
    def shown(self) -> InFlight | None:
        return (
            None if self.size is None else InFlight(self.name, self.passed, self.size)
        )


@dataclass(slots=True)
class Board:
    """Keeps count of what a run does. May be told of it by many threads at once."""

    clock: Clock
    _lock: Lock = field(default_factory=Lock)
    _begun: float = 0.0
    _bottles: int = 0
    _all_bottles: int = 0
    _failed: int = 0
    _bytes: int = 0
    _all_bytes: int = 0
    _unknown: int = 0
    _guessed: int = 0
    _flights: dict[Digest, _Flight] = field(default_factory=dict)
    _marks: deque[tuple[float, int]] = field(default_factory=lambda: deque([(0.0, 0)]))

    def begin(self, plan: SyncPlan) -> None:
        """Count anew, for ``plan``."""
        with self._lock:
            self._begun = self.clock.monotonic()
            self._bottles = self._failed = self._bytes = 0
            self._all_bottles = plan.work.bottles
            self._all_bytes = plan.work.bytes
            self._unknown = sum(map(_is_unknown, plan.work.loads))
            self._guessed = sum(map(_is_guessed, plan.work.loads))
            self._flights.clear()
            self._marks.clear()
            self._marks.append((self._begun, 0))

    def started(self, load: Load, size: int) -> None:
        """Count a load of ``size`` bytes as in flight."""
        with self._lock:
            flight = self._flight(load)
            if flight.size is None:
                self._unknown -= _is_unknown(load)
                self._guessed -= _is_guessed(load)
            # Also when the plan meant to copy it, or was told another size.
            self._all_bytes += size - flight.reckoned
            flight.size = flight.reckoned = size

    def advanced(self, load: Load, count: int) -> None:
        """Count ``count`` more bytes, or fewer."""
        with self._lock:
            self._flight(load).passed += count
            self._bytes += count

    def finished(self, load: Load, *, failed: bool) -> None:
        """Count a load as done."""
        with self._lock:
            flight = self._flight(load)
            del self._flights[load.digest]
            if flight.size is None:
                self._unknown -= _is_unknown(load)
                self._guessed -= _is_guessed(load)
            # What did not come will not come any more.
            self._all_bytes += flight.passed - flight.reckoned
            self._bottles += len(load.bottles)
            self._failed += len(load.bottles) if failed else 0

    def view(self) -> View:
        """Return how far the run has come."""
        with self._lock:
            now = self.clock.monotonic()
            if now - self._marks[-1][0] >= _STRIDE:
                self._marks.append((now, self._bytes))
            while len(self._marks) > 1 and now - self._marks[1][0] >= _WINDOW:
                self._marks.popleft()
            then, before = self._marks[0]
            rate = (self._bytes - before) / (now - then) if now > then else 0.0
            shown = (flight.shown for flight in self._flights.values())
            return View(
                bottles=self._bottles,
                all_bottles=self._all_bottles,
                failed=self._failed,
                bytes=self._bytes,
                all_bytes=self._all_bytes,
                unknown=self._unknown,
                guessed=self._guessed,
                rate=max(0.0, rate),
                seconds=now - self._begun,
                seconds_left=self._seconds_left(now - self._begun, rate),
                in_flight=tuple(flight for flight in shown if flight is not None),
            )

    def _flight(self, load: Load) -> _Flight:
        name = load.bottles[0].key
        return self._flights.setdefault(load.digest, _Flight(name, load.bytes_to_fetch))

    def _seconds_left(self, seconds: float, rate: float) -> float | None:
        """Reckon by bytes when all sizes are known or guessed, else by bottles."""
        if self._unknown == 0 and self._all_bytes > self._bytes:
            return (self._all_bytes - self._bytes) / rate if rate > 0 else None
        if self._bottles:
            return seconds / self._bottles * (self._all_bottles - self._bottles)
        return None


def _is_unknown(load: Load) -> bool:
    return load.source is None and load.expected is None


def _is_guessed(load: Load) -> bool:
    return load.source is None and load.estimate is not None
