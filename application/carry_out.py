"""Carrying out the work of a plan: many transfers at once, one record."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Final, TypeAlias

from application.batch import Batch
from application.flow import StoppedError
from application.journal import Journal
from application.keep_indexes import is_news, known_index
from application.tally import Tally
from application.thread_crew import ThreadCrew
from application.transfer import LoadResult, Placed, Transfer
from domain.bottle import Bottle, Digest, ObjectKey
from domain.events import BottleMirrored, Event
from domain.generations import IndexMirrored
from domain.ledger import Ledger
from domain.work import Load
from ports.clock import Clock
from ports.crew import Crew
from ports.errors import (
    AccessDeniedError,
    HandLostError,
    PortError,
    RefusedError,
    StoreFullError,
    UnavailableError,
)

OpenCrew: TypeAlias = Callable[
    [Callable[[Placed], LoadResult], int],
    AbstractContextManager[Crew[Placed, LoadResult]],
]

GIVE_UP_AFTER = 10
"""Loads in a row that fail because nobody answers, or nobody may, end a run."""


class Foreman:
    """Has a say in what is taken on, and for how long. This one has all day.

    It is asked, and told of what has landed, by many threads at once.
    """

    def takes(self, load: Load) -> bool:  # noqa: ARG002 - whatever it is
        """Return whether a load may be begun; one that may not is left."""
        return True

    def seconds_left(self) -> float:
        """Return when what is on its way is to be cut short; 0 is now."""
        return math.inf

    def landed(self, result: LoadResult) -> None:
        """Hear of a load that is done, or has failed."""

    def recorded(self, ledger: Ledger, events: Sequence[Event]) -> None:
        """Hear of a commit: what it recorded, and the ledger with it.

        What is raised here ends the work, with nothing more being recorded.
        """


@dataclass(frozen=True, slots=True)
class CarryOut:
    """Carries out loads with many transfers at once.

    Transfers run in threads or in other processes; this thread alone records what
    they did, in commits of up to 256 events and at the latest after 20 seconds.

    Attributes:
        open_crew: Opens those who transfer, so many at a time. Those of other processes
            have learned already what to do, and know no foreman.
    """

    transfer: Transfer
    clock: Clock
    jobs: int
    open_crew: OpenCrew = ThreadCrew

    def __call__(
        self,
        loads: Iterable[Load],
        journal: Journal,
        day: date,
        foreman: Foreman | None = None,
    ) -> Tally:
        """Carry out ``loads`` and record every bottle's fate.

        A failure of one bottle never stops the others; when nobody answers any
        more, the run is given up. When ``transfer.stop`` is set, what was stored
        is recorded and the rest is left.

        Args:
            foreman: Nobody limits or follows the work if None.

        Raises:
            LedgerDamagedError, UnavailableError, RefusedError: It cannot be recorded.
            Exception: A transfer has a fault. What the others stored is recorded.
        """
        tally = Tally()
        patience = _Patience()
        foreman = foreman or Foreman()
        waiting = filter(foreman.takes, loads)
        batch = Batch(journal, self.clock, partial(self._recorded, foreman))
        self.transfer.spool.sweep()
        told: set[Digest] = set()
        faults: list[Exception] = []
        with self.open_crew(partial(self._carry, foreman), self.jobs) as crew:
            try:
                while True:
                    if crew.busy and foreman.seconds_left() <= 0.0:
                        self.transfer.stop.set()
                    tally.interrupted = self.transfer.stop.is_set()
                    if tally.gave_up is None and not tally.interrupted:
                        self._begin(crew, waiting, journal.ledger, day)
                    if not crew.busy:
                        break
                    patient = batch.seconds_left()
                    if not tally.interrupted:
                        patient = min(patient, foreman.seconds_left())
                    done = _ended(crew, patient, tally)
                    for result in self._landed(done, faults):
                        tally.add(result)
                        news = self._news(result, journal.ledger, told)
                        batch.add((*news, *result.mirrored, *result.failed))
                    tally.gave_up = tally.gave_up or patience.judge(done)
                    if tally.gave_up is not None:
                        crew.drop()
                    batch.flush_when_due()
            except BaseException:
                # It cannot be recorded: nobody may go on storing.
                self.transfer.stop.set()
                raise
        batch.flush()
        if faults:
            raise faults[0]
        return tally

    def _recorded(
        self, foreman: Foreman, ledger: Ledger, events: Sequence[Event]
    ) -> None:
        mirrored = (one for one in events if isinstance(one, BottleMirrored))
        self.transfer.spool.forget({one.bottle.digest for one in mirrored})
        foreman.recorded(ledger, events)

    def _news(
        self, result: LoadResult, ledger: Ledger, told: set[Digest]
    ) -> Iterator[IndexMirrored]:
        """Yield what is to be recorded of indexes: each one once."""
        for index in result.indexes:
            if index.digest not in told and is_news(index, ledger):
                told.add(index.digest)
                yield IndexMirrored(index)

    def _begin(
        self,
        crew: Crew[Placed, LoadResult],
        waiting: Iterator[Load],
        ledger: Ledger,
        day: date,
    ) -> None:
        """Begin loads until more are at hand than can run: nobody is to wait."""
        while crew.busy < 2 * self.jobs:
            load = next(waiting, None)
            if load is None:
                return
            crew.begin(load, _placed(load, ledger, day))

    def _landed(
        self, done: Iterable[Future[LoadResult]], faults: list[Exception]
    ) -> Iterator[LoadResult]:
        """Yield the results, and add to ``faults`` what nobody foresaw.

        That ends the work as a stop does: with what the others have stored recorded.
        """
        for future in done:
            try:
                yield future.result()
            except StoppedError:
                continue
            except Exception as fault:  # noqa: BLE001 - raised once all is recorded
                faults.append(fault)
                self.transfer.stop.set()

    def _carry(self, foreman: Foreman, placed: Placed) -> LoadResult:
        if not foreman.takes(placed.load):
            # It has waited for its turn, and time went by.
            raise StoppedError(f"{placed.load.bottles[0].key}: left")
        begun = self.clock.monotonic()
        result = self.transfer(placed)
        result = replace(result, seconds=self.clock.monotonic() - begun)
        # Here, so that this thread's next load is judged by what this one took.
        foreman.landed(result)
        return result


def _ended(
    crew: Crew[Placed, LoadResult], patient: float, tally: Tally
) -> list[Future[LoadResult]]:
    """Return what has ended; a crew that is not whole any more begins nothing."""
    try:
        return crew.ended(patient)
    except HandLostError as error:
        tally.gave_up = error
        return []


def _placed(load: Load, ledger: Ledger, day: date) -> Placed:
    known = {
        bottle.key: index
        for bottle in load.bottles
        if (index := known_index(ledger, bottle)) is not None
    }
    where = {bottle.key: place(ledger, bottle, day) for bottle in load.bottles}
    return Placed(load, where, known)


def place(ledger: Ledger, bottle: Bottle, day: date) -> ObjectKey:
    """Return where ``bottle`` is to lie: where it already does, or under ``day``.

    A second digest under one object key, of a bottle that was replaced within a
    day, lies beside the first.
    """
    entry = ledger.held.get(bottle.key)
    if entry is not None and entry.bottle.digest == bottle.digest:
        return entry.object_key
    object_key = bottle.object_key(day)
    old = ledger.superseded.get(object_key)
    taken_by_itself = entry is not None and entry.object_key == object_key
    taken_by_another = old is not None and old.sha256 != bottle.digest
    if taken_by_itself or taken_by_another:
        return bottle.beside(object_key)
    return object_key


_OF_EVERYONE: Final = frozenset(
    kind.cause for kind in (UnavailableError, RefusedError, AccessDeniedError)
)
"""Causes of what one load suffers from, and all others would, too."""


class _Patience:
    """Notices when going on is of no use."""

    def __init__(self) -> None:
        self._in_a_row = 0

    def judge(self, done: Iterable[Future[LoadResult]]) -> PortError | None:
        """Return why to give up, None to go on."""
        errors = [one.result().error for one in done if one.exception() is None]
        for error in errors:
            if isinstance(error, StoreFullError):
                return error
        if None in errors:
            # In which order those ended that ended together is not known.
            self._in_a_row = 0
            return None
        silent = [error for error in errors if error and error.cause in _OF_EVERYONE]
        self._in_a_row += len(silent)
        return silent[-1] if self._in_a_row >= GIVE_UP_AFTER else None
