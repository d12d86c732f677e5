"""Orchestrating: plan a run, record that it begins, and hand it to workers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal

from application.close_run import CloseRun
from application.journal import Journal
from application.opened_ledger import OpenedLedger, open_ledger
from application.prepare_sync import Prepared, PrepareSync
from application.run import SILENCE, Runs, SharedOut
from application.tell_of_run import TIME_TO_TELL, TellOfRun
from domain.errors import MirrorError
from domain.ledger import Ledger
from domain.order import Order
from domain.records import OpenRun
from domain.selection import Selection
from domain.words import Route
from domain.work import Work
from ports.dispatcher import Dispatcher
from ports.errors import RefusedError
from ports.progress import Progress

TIME_FOR_SIZES: Final = 150.0
"""Seconds from the start after which sizes are guessed: AWS allows 300 in all."""

_REMEMBERED: Final = timedelta(days=1)
"""An end that nobody was told of is told so long; later it is no news."""

Answer = Literal["started", "nothing_to_do", "already_running"]


@dataclass(frozen=True, slots=True)
class Orchestration:
    """What came of a trigger.

    Attributes:
        run_id: The run that was started, found nothing to do, or is under way.
    """

    run_id: str
    outcome: Answer
    route: str
    bottles: int
    bytes: int
    shards: int


@dataclass(frozen=True, slots=True)
class Orchestrate:
    """Starts a cloud run, of which there is one at a time: the ledger decides.

    The same trigger twice is the same run. One that fell silent is closed first.

    Attributes:
        dispatchers: Who hands out orders, by route.
        shards: Tells how many workers share some work.
    """

    prepare: PrepareSync
    runs: Runs
    close: CloseRun
    tell: TellOfRun
    dispatchers: Mapping[Route, Dispatcher]
    shards: Callable[[Work], int]
    progress: Progress

    def __call__(
        self, selection: Selection, run_id: str, max_bytes: int | None = None
    ) -> Orchestration:
        """Answer a trigger.

        Args:
            run_id: Made from the trigger, so that it is the same when that comes again.
            max_bytes: The most bytes to fetch; what is left waits.

        Raises:
            SelectionError: Something that was named is not in the catalog.
            PortError: The catalog, the store, the log or the workers cannot be used.
            LedgerDamagedError: The log is damaged; nothing was changed.
        """
        clock = self.runs.clock
        begun = clock.monotonic()
        try:
            opened = open_ledger(self.runs.log, self.runs.hash_file)
            for note in opened.notes:
                self.progress.note(note)
            under_way = self._under_way(opened, run_id)
            if under_way is not None:
                return under_way
            self._catch_up(opened)
            prepared = self.prepare(
                opened,
                selection,
                run_id=run_id,
                max_bytes=max_bytes,
                ask_sizes=max(0.0, begun + TIME_FOR_SIZES - clock.monotonic()),
            )
        except MirrorError as error:
            # The log knows nothing of such a run: people are told now or never.
            passed = timedelta(seconds=clock.monotonic() - begun)
            self.tell.failed(clock.now().date(), str(error), passed)
            raise
        if prepared.is_empty:
            return self._nothing_to_do(opened, prepared)
        return self._start(opened, prepared)

    def _under_way(self, opened: OpenedLedger, run_id: str) -> Orchestration | None:
        """Return the run that is under way, or is over by the same trigger."""
        ledger = opened.ledger
        if run_id in ledger.ended:
            return Orchestration(run_id, "already_running", "none", 0, 0, 0)
        found = cloud_run(ledger)
        if found is None:
            return None
        name, run = found
        now = self.runs.clock.now()
        if name == run_id:
            # Whoever recorded it may have died before it was told of, or handed out.
            journal = self.close.journal_of(ledger, name)
            if now - run.started >= TIME_TO_TELL:
                self.tell.started(journal, name)
            self._dispatch(journal, name)
        elif now - run.last_commit >= SILENCE:
            self.progress.note(
                f"run {name} has been silent since {run.last_commit:%Y-%m-%dT%H:%M:%SZ}"
                " and is closed as failed"
            )
            journal = self.close.journal_of(ledger, name)
            self.close.close(
                opened, journal, name, give_up=run.unfinished, outcome="failed"
            )
            return None
        return _answer(name, run, "already_running")

    def _catch_up(self, opened: OpenedLedger) -> None:
        """Tell of runs that ended, and whose end nobody was told of."""
        now = self.runs.clock.now()
        for name, ended in tuple(opened.ledger.ended.items()):
            account = ended.account
            if account and TIME_TO_TELL <= now - ended.closed.at < _REMEMBERED:
                self.tell.ended(self.close.journal_of(opened.ledger, name), name)

    def _nothing_to_do(self, opened: OpenedLedger, prepared: Prepared) -> Orchestration:
        run = prepared.run
        shared_out = SharedOut(0, prepared.settles, prepared.skipped)
        if not run.record_empty(
            prepared.selection, prepared.read, prepared.settles, shared_out
        ):
            return _another(run.journal.ledger)
        self.close.finish(opened, run.journal, run.id)
        return Orchestration(run.id, "nothing_to_do", "none", 0, 0, 0)

    def _start(self, opened: OpenedLedger, prepared: Prepared) -> Orchestration:
        run, work = prepared.run, prepared.work
        shards = self.shards(work)
        shared_out = SharedOut(shards, prepared.settles, prepared.skipped)
        begun = run.start(work, prepared.selection, prepared.read, shared_out)
        ledger = run.journal.ledger
        started = ledger.runs.get(run.id)
        if not begun or started is None:
            return _another(ledger)
        run.journal.record(prepared.adopted)
        self.tell.started(run.journal, run.id)
        self._dispatch(run.journal, run.id)
        if not shards:
            # All of it was found in the store, or is no more than a change of standing.
            self.close.close(opened, run.journal, run.id)
        return _answer(run.id, started, "started")

    def _dispatch(self, journal: Journal, run_id: str) -> None:
        """Hand out the shards, unless somebody has begun each of them.

        If so, then all of them: to hand out the same orders again is harmless, and to
        hand out some of them would be something else.

        Raises:
            RefusedError: They cannot be handed out; the run has been closed as failed.
            UnavailableError: They could not be handed out now: the same trigger again
                tries again.
        """
        run = journal.ledger.runs.get(run_id)
        if run is None or run.sharing is None:
            return
        if len(run.sharing.shards) == run.shards:
            return
        try:
            self.dispatchers[run.sharing.route].dispatch(
                [
                    Order(run_id, run.sharing.plan, shard, run.shards)
                    for shard in range(run.shards)
                ]
            )
        except RefusedError as error:
            self.progress.note(f"run {run_id} is given up: {error}")
            self.close(run_id, give_up=run.unfinished)
            raise


def cloud_run(ledger: Ledger) -> tuple[str, OpenRun] | None:
    """Return the cloud run that is open, of which there is one at most."""
    return next(
        ((name, run) for name, run in ledger.runs.items() if run.kind == "cloud"), None
    )


def _another(ledger: Ledger) -> Orchestration:
    """Return the run that came first while ours was being prepared."""
    found = cloud_run(ledger)
    if found is not None:
        return _answer(*found, "already_running")
    # It has ended by now.
    name = next(reversed(ledger.ended))
    return Orchestration(name, "already_running", "none", 0, 0, 0)


def _answer(name: str, run: OpenRun, outcome: Answer) -> Orchestration:
    route = run.sharing.route if run.sharing is not None else "none"
    return Orchestration(name, outcome, route, run.bottles, run.bytes, run.shards)
