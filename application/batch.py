"""What a run has to record, gathered into as few commits as may be."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from application.journal import MAX_EVENTS, Journal
from domain.events import BottleFailed, BottleMirrored, Event
from domain.generations import IndexMirrored
from domain.ledger import Ledger
from ports.clock import Clock

FLUSH_SECONDS = 20.0
"""What was mirrored is recorded after so long at the latest."""

HEARTBEAT_SECONDS = 300.0
"""A run that has nothing to record for so long records that it is alive."""


class Batch:
    """Events that wait to be recorded. For one thread, which records."""

    def __init__(
        self,
        journal: Journal,
        clock: Clock,
        recorded: Callable[[Ledger, Sequence[Event]], None],
    ) -> None:
        """Begin with nothing.

        Args:
            recorded: Is told of each commit, and of the ledger with it.
        """
        self._journal = journal
        self._clock = clock
        self._recorded = recorded
        self._events: list[Event] = []
        self._due = clock.monotonic() + FLUSH_SECONDS * (1 + journal.phase)
        self._recorded_at = clock.monotonic()

    def add(
        self, events: Iterable[BottleMirrored | BottleFailed | IndexMirrored]
    ) -> None:
        """Have events wait."""
        self._events.extend(events)

    def seconds_left(self) -> float:
        """Return the seconds until they are to be recorded."""
        return max(0.0, self._due - self._clock.monotonic())

    def flush_when_due(self) -> None:
        """Record what is due: all of it when its time has come, else whole commits."""
        if self.seconds_left() == 0.0:
            self.flush()
        elif len(self._events) >= MAX_EVENTS:
            # What is above waits for its own: a log is read for ever.
            whole, self._events = self._events[:MAX_EVENTS], self._events[MAX_EVENTS:]
            self._record(whole)

    def flush(self) -> None:
        """Record all of it, or after a long silence that this run is alive."""
        events, self._events = self._events, []
        now = self._clock.monotonic()
        self._due = now + FLUSH_SECONDS
        if events or now - self._recorded_at >= HEARTBEAT_SECONDS:
            self._record(events)

    def _record(self, events: Sequence[Event]) -> None:
        if events:
            self._journal.record(events)
        else:
            self._journal.record_as(lambda _: ())
        self._recorded_at = self._clock.monotonic()
        self._recorded(self._journal.ledger, events)
