"""The foreman of a worker: how much it may take on, and whether it still should."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Final

from application.carry_out import Foreman
from application.transfer import LoadResult
from domain.cost import ASSUMED_RATE
from domain.errors import MirrorError
from domain.events import BottleMirrored, Event
from domain.ledger import Ledger
from domain.order import Order
from domain.work import Load
from ports.clock import Clock

LAST_CALL: Final = 45.0
"""Seconds before the end of a worker's time at which what is on its way is cut short:
an upstream that says nothing is noticed after ten, and what came is to be recorded."""

_SHARE_OF_SHORT_TIME: Final = 0.2
_CAUTION: Final = 2.0
_TELLING: Final = 1_000_000  # bytes from which on a transfer shows the line's speed
_GUESSED_SIZE: Final = 50_000_000  # bytes of a load of which nobody can tell
_TENTHS: Final = 10


class ShardLostError(MirrorError):
    """The shard is not this worker's any more: another has it, or the run is over."""


@dataclass(slots=True)
class _Seen:
    """Bytes that came, and the seconds that it took, over several loads."""

    loads: int = 0
    bytes: int = 0
    seconds: float = 0.0


class TimeBudget:
    """The time that a worker is given, and what fits into it.

    A load is reckoned with the time that the small ones took, and at the speed that the
    large ones had; until one is seen, with its share of a line of 200 Mbit/s. May be
    used by many threads at once.
    """

    def __init__(self, clock: Clock, begun: float, seconds: float, jobs: int) -> None:
        """Count ``seconds`` in all from ``begun`` on, a moment of the clock's."""
        self._clock = clock
        self._jobs = jobs
        self._begun = begun
        self._lock = Lock()
        kept = min(LAST_CALL, seconds * _SHARE_OF_SHORT_TIME)
        self._whole = seconds - kept if math.isfinite(seconds) else math.inf
        self._small = _Seen()
        self._large = _Seen()

    def seconds_left(self) -> float:
        """Return the seconds until what is on its way must be cut short."""
        return self._whole - (self._clock.monotonic() - self._begun)

    def fits(self, load: Load) -> bool:
        """Return whether a load that is begun now is likely to be done in time."""
        return self._needed(load) <= self.seconds_left()

    def would_ever_fit(self, load: Load) -> bool:
        """Return whether a load fits into all the time that there was."""
        return self._needed(load) <= self._whole

    def note(self, size: int, seconds: float) -> None:
        """Take note of how long a load took."""
        seen = self._large if size >= _TELLING else self._small
        with self._lock:
            seen.loads += 1
            seen.bytes += size
            seen.seconds += seconds

    def _needed(self, load: Load) -> float:
        small, large = self._small, self._large
        size = 0
        if load.source is None:
            size = _GUESSED_SIZE if load.expected is None else load.expected
        speed = ASSUMED_RATE / self._jobs
        if large.seconds:
            speed = large.bytes / large.seconds
        each = small.seconds / small.loads if small.loads else 0.0
        return _CAUTION * (each + size / speed)


class ShardForeman(Foreman):
    """Keeps a worker within its time, and off a shard that is another's."""

    def __init__(
        self,
        order: Order,
        writer: str,
        budget: TimeBudget,
        crossed_a_tenth: Callable[[], None],
    ) -> None:
        """Follow the worker that writes as ``writer``.

        Args:
            crossed_a_tenth: Is called when a commit of this worker takes the whole
                run over a tenth, but for the last one.
        """
        self._order = order
        self._writer = writer
        self._budget = budget
        self._crossed_a_tenth = crossed_a_tenth

    def takes(self, load: Load) -> bool:
        return self._budget.fits(load)

    def seconds_left(self) -> float:
        return self._budget.seconds_left()

    def landed(self, result: LoadResult) -> None:
        fetched = (e.size for e in result.mirrored if e.how == "fetched")
        if result.error is None:
            self._budget.note(sum(fetched), result.seconds)

    def recorded(self, ledger: Ledger, events: Sequence[Event]) -> None:
        """Hear of a commit.

        Raises:
            ShardLostError: The run has been closed, or another has the shard now.
        """
        run = ledger.runs.get(self._order.run_id)
        if run is None or run.sharing is None:
            raise ShardLostError(f"run {self._order.run_id} has been closed meanwhile")
        shard = run.sharing.shards[self._order.shard]
        if shard.writer != self._writer or shard.outcome is not None:
            raise ShardLostError(
                f"shard {self._order.shard} is another worker's now, {shard.writer}"
            )
        mirrored = [event for event in events if isinstance(event, BottleMirrored)]
        before = _tenths(run.mirrored - len(mirrored), run.bottles)
        if before < _tenths(run.mirrored, run.bottles) < _TENTHS:
            self._crossed_a_tenth()


def _tenths(done: int, whole: int) -> int:
    return _TENTHS * max(0, done) // max(1, whole)
