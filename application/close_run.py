"""Closing a run: in one place, and once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from application.expose_run import NOT_EXPOSED, Exposed, ExposeRun
from application.journal import MAX_EVENTS, Journal
from application.measure_run import measure_run
from application.opened_ledger import OpenedLedger, open_to_record
from application.refresh_status import RefreshStatus
from application.run import Runs, publish, publish_anew
from application.tell_of_ends import LOOK_EVERY, TellOfEnds, tell_of_nothing
from application.tell_of_run import TIME_TO_TELL
from domain.errors import MirrorError
from domain.events import BottleMirrored, Event, ShardCompleted, SyncCompleted
from domain.ledger import Ledger
from domain.records import OpenRun, account_of
from domain.words import Outcome
from domain.work import Load, left_of
from ports.errors import MalformedError, NotFoundError
from ports.metrics import Metrics
from ports.progress import Progress


class UnknownRunError(MirrorError):
    """The ledger has never heard of a run."""


@dataclass(frozen=True, slots=True)
class Closing:
    """What came of closing a run.

    Attributes:
        outcome: None while it cannot be closed.
        unfinished: The shards that somebody still works on.
        why: What people are told of its end that the log does not know.
    """

    run_id: str
    outcome: Outcome | None
    unfinished: tuple[int, ...] = ()
    why: str | None = None


@dataclass(frozen=True, slots=True)
class CloseRun:
    """Ends a run whose shards have all ended, publishes the ledger, and tells people.

    Whoever asks first does it; to ask again is harmless, and finishes what a closing
    left that was cut short.
    """

    runs: Runs
    expose: ExposeRun
    ends: TellOfEnds
    refresh_status: RefreshStatus
    metrics: Metrics
    progress: Progress

    def __call__(
        self, run_id: str, give_up: Collection[int] = (), why: str | None = None
    ) -> Closing:
        """Close a run.

        Args:
            give_up: Shards that nobody works on any more: what of them has not ended
                has failed.
            why: Why they are given up, for people.

        Raises:
            UnknownRunError: There is no such run.
            PortError: The store or the log cannot be used.
            LedgerDamagedError: The log is damaged; nothing was changed.
        """
        opened = open_to_record(self.runs.log, self.runs.hash_file)
        for note in opened.notes:
            self.progress.note(note)
        ledger = opened.ledger
        if run_id not in ledger.runs and run_id not in ledger.ended:
            raise UnknownRunError(
                f"run {run_id}: the ledger knows no such run; bottles ledger log lists"
                " what it knows"
            )
        if (
            run_id in ledger.ended
            and opened.published
            and not self.ends.is_news(ledger, run_id)
        ):
            return Closing(run_id, ledger.ended[run_id].closed.outcome)
        journal = self.runs.journal_of(ledger, run_id)
        closing = self.close(opened, journal, run_id, give_up, why=why)
        return closing or self._finish_for_another(journal, run_id)

    def close(
        self,
        opened: OpenedLedger,
        journal: Journal,
        run_id: str,
        give_up: Collection[int] = (),
        outcome: Outcome | None = None,
        why: str | None = None,
        *,
        tells: bool = True,
    ) -> Closing | None:
        """Close a run on a ledger that is open.

        Args:
            outcome: What the run ended as; as it is by what it did if None.
            why: Why shards are given up, for people.
            tells: Whether people are told here, and not by ``TellOfEnds.catch_up``.

        Returns:
            What came of it; None when another has closed it.
        """

        def given_up(ledger: Ledger) -> Sequence[Event] | None:
            run = ledger.runs.get(run_id)
            if run is None or run.sharing is None:
                return None
            left = set(give_up).intersection(run.unfinished)
            return [
                ShardCompleted(run_id, n, "failed", {}) for n in sorted(left)
            ] or None

        def made_good(ledger: Ledger) -> Sequence[Event] | None:
            run = ledger.runs.get(run_id)
            found = () if run is None else self._made_good(run, ledger)
            return found[:MAX_EVENTS] or None

        def completed(ledger: Ledger) -> Sequence[Event] | None:
            run = ledger.runs.get(run_id)
            if run is None:
                return None
            missing = self._missing(run, ledger)
            return [_completed(run_id, run, ledger, missing, outcome)]

        journal.record_as(given_up)
        run = journal.ledger.runs.get(run_id)
        if run is not None and run.unfinished:
            return Closing(run_id, None, run.unfinished)
        while journal.record_as(made_good):
            pass
        if not journal.record_as(completed):
            return None
        return (self.finish if tells else self._settle)(opened, journal, run_id, why)

    def _finish_for_another(self, journal: Journal, run_id: str) -> Closing:
        """Do what is left, if whoever closed the run has died before he had done it."""
        clock, ended = self.runs.clock, journal.ledger.ended[run_id]
        left = TIME_TO_TELL - (clock.now() - ended.closed.at)
        # Clocks of several writers may differ.
        end = clock.monotonic() + min(left, TIME_TO_TELL).total_seconds()
        while clock.monotonic() < end and self.ends.is_news(journal.ledger, run_id):
            clock.sleep(LOOK_EVERY)
            journal.follow()
        opened = open_to_record(self.runs.log, self.runs.hash_file)
        journal = self.runs.journal_of(opened.ledger, run_id)
        if not opened.published:
            return self.finish(opened, journal, run_id)
        if self.ends.is_news(opened.ledger, run_id):
            self._tell(journal, run_id)
        return Closing(run_id, ended.closed.outcome)

    def _made_good(self, run: OpenRun, ledger: Ledger) -> list[BottleMirrored]:
        """Return what the run failed at and others have brought in since.

        To say once more what holds changes nothing, but that this run has it, too.
        """
        if not run.failed:
            return []
        held = (
            ledger.held[bottle.key]
            for load in self._planned(run) or ()
            for bottle in load.bottles
            if bottle.key in run.failed and ledger.has(bottle)
        )
        return [
            BottleMirrored(entry.bottle, entry.size, entry.object_key, "found")
            for entry in held
        ]

    def _planned(self, run: OpenRun) -> tuple[Load, ...] | None:
        """Return what a run was to do, None where nobody can tell any more."""
        if run.sharing is None:
            return None
        try:
            return self.runs.documents.load_work(run.sharing.plan).loads
        except (NotFoundError, MalformedError) as error:
            self.progress.note(f"what others have brought in is not known: {error}")
            return None

    def _missing(self, run: OpenRun, ledger: Ledger) -> int:
        """Return how many bottles of a run are not there, and did not fail either."""
        account = account_of(run)
        if account is None or not account.missing:
            return 0
        loads = self._planned(run)
        if loads is None:
            return account.missing
        # Not all that the run did not mirror: others may have.
        return sum(
            bottle.key not in run.failed
            for load in left_of(loads, ledger)
            for bottle in load.bottles
        )

    def finish(
        self,
        opened: OpenedLedger,
        journal: Journal,
        run_id: str,
        why: str | None = None,
        before: Callable[[], object] = tell_of_nothing,
    ) -> Closing:
        """Do all that is due once a run's end is in the log.

        Telling people comes last: whoever is to be told may not answer.

        Args:
            why: Why shards were given up, for people.
            before: Tells people of what came before this run's end.
        """
        closing = self._settle(opened, journal, run_id, why)
        self._tell(journal, run_id, closing.why, before)
        return closing

    def _settle(
        self, opened: OpenedLedger, journal: Journal, run_id: str, why: str | None
    ) -> Closing:
        """Do all that is due once a run's end is in the log, but for telling people."""
        measure_run(self.metrics, journal.ledger, run_id)
        exposed = self._expose(journal, run_id)
        try:
            self.refresh_status(journal.ledger)
        finally:
            # Whoever opens the ledger reads on from it.
            publish(self.runs.hash_file, journal.ledger, opened.version)
        outcome = journal.ledger.ended[run_id].closed.outcome
        return Closing(run_id, outcome, why=why or exposed.refused)

    def _tell(
        self,
        journal: Journal,
        run_id: str,
        why: str | None = None,
        before: Callable[[], object] = tell_of_nothing,
    ) -> None:
        """Tell people how a run has ended, and publish that they were told."""
        if self.ends(journal, run_id, why, before):
            try:
                self.refresh_status(journal.ledger)
            finally:
                publish_anew(self.runs.hash_file, journal.ledger)

    def _expose(self, journal: Journal, run_id: str) -> Exposed:
        """Let clients see what a complete run has brought in."""
        ended = journal.ledger.ended[run_id]
        if ended.closed.outcome != "complete" or ended.account is None:
            return NOT_EXPOSED
        # Who planned the run may have read documents, and is somebody else.
        return self.expose(journal, changed=ended.account.mirrored > 0, read=True)


def _completed(
    run_id: str, run: OpenRun, ledger: Ledger, missing: int, outcome: Outcome | None
) -> SyncCompleted:
    counts = {
        "bytes": run.mirrored_bytes,
        "failed": len(run.failed),
        "mirrored": run.mirrored,
    }
    catalog = None
    if run.sharing is not None:
        catalog = run.sharing.catalog
        counts |= {"missing": missing, "skipped": run.sharing.skipped}
        outcome = outcome or _outcome_of(run, missing)
    return SyncCompleted(
        run_id,
        outcome or "failed",
        catalog if outcome == "complete" else None,
        counts,
        ledger.state,
    )


def _outcome_of(run: OpenRun, missing: int) -> Outcome:
    """Return how a run has ended by what it did."""
    if not missing and not run.failed:
        return "complete"
    return "degraded" if run.mirrored else "failed"
