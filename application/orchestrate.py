"""Orchestrating: plan a run, record that it begins, and hand it to workers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Final, Literal, TypeAlias

from application.close_run import CloseRun
from application.hand_over_indexes import HandOverIndexes
from application.journal import Journal
from application.opened_ledger import OpenedLedger, open_to_record
from application.prepare_sync import Prepared, PrepareSync
from application.run import SILENCE, Runs, SharedOut
from application.tell_of_ends import tell_of_nothing
from application.tell_of_run import TIME_TO_TELL, TellOfRun
from domain.errors import MirrorError
from domain.ledger import Ledger
from domain.order import Order
from domain.records import OpenRun
from domain.selection import Selection
from domain.words import Outcome, Route
from domain.work import Work
from ports.dispatcher import Dispatcher
from ports.errors import PortError, RefusedError
from ports.progress import Progress

TIME_FOR_SIZES: Final = 150.0
"""Seconds from the start after which sizes are guessed: AWS allows 300 in all."""

Answer = Literal["started", "nothing_to_do", "already_running"]
_Due: TypeAlias = Callable[[], object]


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
        hand_over: Keeps the indexes that were read for sizes.
    """

    prepare: PrepareSync
    runs: Runs
    close: CloseRun
    tell: TellOfRun
    dispatchers: Mapping[Route, Dispatcher]
    shards: Callable[[Work], int]
    hand_over: HandOverIndexes
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
            answer, what_is_due = self._begin(selection, run_id, max_bytes, begun)
        except MirrorError as error:
            # The log knows nothing of such a run: people are told now or never.
            passed = timedelta(seconds=clock.monotonic() - begun)
            self.tell.failed(run_id, clock.now().date(), str(error), passed)
            raise
        what_is_due()
        return answer

    def _begin(
        self, selection: Selection, run_id: str, max_bytes: int | None, begun: float
    ) -> tuple[Orchestration, _Due]:
        """Enter a run in the log, unless it has one that comes first.

        Returns:
            The answer, and what is to be done now that the log has it.
        """
        opened = open_to_record(self.runs.log, self.runs.hash_file)
        for note in opened.notes:
            self.progress.note(note)
        ledger = opened.ledger
        closed_here: dict[str, str | None] = {}
        tell_of_others = partial(self.close.ends.catch_up, opened, closed_here)
        found = cloud_run(ledger)
        if found is not None and run_id not in ledger.ended:
            name, run = found
            if name == run_id and _is_unbegun(run):
                journal = self.runs.journal_of(ledger, name)
                due = partial(self._take_up, journal, name, run)
                return _answer(name, run, "already_running"), due
            if not self._has_ended(opened, name, run, closed_here):
                return _answer(name, run, "already_running"), tell_of_nothing
        if run_id in ledger.ended:
            # Whoever closed it may have died before people were told.
            tell_of_it = partial(self.close, run_id)
            return _over(run_id), tell_of_others if closed_here else tell_of_it
        left = begun + TIME_FOR_SIZES - self.runs.clock.monotonic()
        try:
            prepared = self.prepare(
                opened,
                selection,
                run_id=run_id,
                max_bytes=max_bytes,
                ask_sizes=max(0.0, left),
            )
            if prepared.is_empty:
                return self._nothing_to_do(opened, prepared, tell_of_others)
            return self._start(opened, prepared, tell_of_others)
        except MirrorError:
            # There is nothing to hand out that telling could keep waiting.
            with suppress(PortError):
                tell_of_others()
            raise

    def _has_ended(
        self,
        opened: OpenedLedger,
        name: str,
        run: OpenRun,
        closed_here: dict[str, str | None],
    ) -> bool:
        """Close a run that nobody works on any more; return whether it is over.

        Args:
            closed_here: Is given what is to be told of its end, once there is time.
        """
        outcome: Outcome | None = None
        why: str | None = None
        if run.unfinished:
            if self.runs.clock.now() - run.last_commit < SILENCE:
                return False
            outcome = "failed"
            why = f"silent since {run.last_commit:%Y-%m-%dT%H:%M:%SZ}"
            self.progress.note(f"run {name} has been {why} and is closed as failed")
        journal = self.runs.journal_of(opened.ledger, name)
        closing = self.close.close(
            opened,
            journal,
            name,
            give_up=run.unfinished,
            outcome=outcome,
            why=why,
            tells=False,
        )
        if closing is not None:
            closed_here[name] = closing.why
        return True

    def _nothing_to_do(
        self, opened: OpenedLedger, prepared: Prepared, tell_of_others: _Due
    ) -> tuple[Orchestration, _Due]:
        run = prepared.run
        shared_out = SharedOut(0, prepared.settles, _held(prepared))
        if not run.record_empty(
            prepared.selection, prepared.read, prepared.settles, shared_out
        ):
            return _another(run.journal.ledger, run.id), tell_of_others
        answer = Orchestration(run.id, "nothing_to_do", "none", 0, 0, 0)
        finish = partial(self.close.finish, opened, run.journal, run.id)
        return answer, partial(finish, before=tell_of_others)

    def _start(
        self, opened: OpenedLedger, prepared: Prepared, tell_of_others: _Due
    ) -> tuple[Orchestration, _Due]:
        run, work = prepared.run, prepared.work
        # Before the start: nobody who takes the run up from there can know of them.
        gone = self.prepare.adopt.record(prepared.adopted, run.journal)
        if gone:
            prepared = prepared.without({failure.bottle for failure in gone})
        run.journal.record(self.hand_over(work))
        run.supersede(work)
        if not work.loads:
            return self._nothing_to_do(opened, prepared, tell_of_others)
        shared_out = SharedOut(self.shards(work), prepared.settles, _held(prepared))
        begun = run.start(work, prepared.selection, prepared.read, shared_out)
        started = run.journal.ledger.runs.get(run.id)
        if not begun or started is None:
            return _another(run.journal.ledger, run.id), tell_of_others
        tell = partial(self._tell, run.journal, run.id, tell_of_others)
        due = partial(self._hand_out, run.journal, run.id, tell)
        return _answer(run.id, started, "started"), due

    def _take_up(self, journal: Journal, run_id: str, run: OpenRun) -> None:
        """Do what whoever recorded the start may have died before.

        Raises:
            PortError: As handing it out does.
        """
        tell: _Due = tell_of_nothing
        if self.runs.clock.now() - run.started >= TIME_TO_TELL:
            tell = partial(self._tell, journal, run_id, tell_of_nothing)
        self._hand_out(journal, run_id, tell)

    def _tell(self, journal: Journal, run_id: str, tell_of_others: _Due) -> None:
        """Tell what came before a run, and that it begins.

        One that is over by now is not said to begin.
        """
        tell_of_others()
        journal.follow()
        self.tell.started(journal, run_id)

    def _hand_out(self, journal: Journal, run_id: str, tell: _Due) -> None:
        """Hand a run out, and only then tell people: they may not answer.

        Raises:
            RefusedError: It cannot be handed out; the run has been closed as failed.
            UnavailableError: It could not be handed out now: the same trigger again
                tries again.
        """
        try:
            self._dispatch(journal, run_id)
        except PortError as error:
            tell()
            if isinstance(error, RefusedError):
                self._give_up(journal, run_id, error)
            raise
        tell()

    def _give_up(self, journal: Journal, run_id: str, error: RefusedError) -> None:
        """Close a run that cannot be handed out."""
        run = journal.ledger.runs.get(run_id)
        if run is not None:
            self.progress.note(f"run {run_id} is given up: {error}")
            self.close(run_id, run.unfinished, f"it could not be handed out: {error}")

    def _dispatch(self, journal: Journal, run_id: str) -> None:
        """Hand out all shards, also those that somebody has begun.

        To hand out the same orders again is harmless, and to hand out some of them
        would be something else.

        Raises:
            RefusedError: They cannot be handed out.
            UnavailableError: They could not be handed out now.
        """
        run = journal.ledger.runs.get(run_id)
        if run is None or run.sharing is None:
            return
        self.dispatchers[run.sharing.route].dispatch(
            [
                Order(run_id, run.sharing.plan, shard, run.shards)
                for shard in range(run.shards)
            ]
        )


def cloud_run(ledger: Ledger) -> tuple[str, OpenRun] | None:
    """Return the cloud run that is open, of which there is one at most."""
    return next(
        ((name, run) for name, run in ledger.runs.items() if run.kind == "cloud"), None
    )


def _is_unbegun(run: OpenRun) -> bool:
    """Return whether there is a shard that no worker was seen on."""
    begun = run.sharing.shards if run.sharing is not None else ()
    return any(shard not in begun for shard in run.unfinished)


def _held(prepared: Prepared) -> int:
    """Return how many bottles a run need not bring in."""
    return prepared.skipped + len(prepared.adopted)


def _another(ledger: Ledger, run_id: str) -> Orchestration:
    """Return the run that came first while ours was being prepared."""
    found = cloud_run(ledger)
    return _answer(*found, "already_running") if found is not None else _over(run_id)


def _over(run_id: str) -> Orchestration:
    return Orchestration(run_id, "already_running", "none", 0, 0, 0)


def _answer(name: str, run: OpenRun, outcome: Answer) -> Orchestration:
    route = run.sharing.route if run.sharing is not None else "none"
    return Orchestration(name, outcome, route, run.bottles, run.bytes, run.shards)
