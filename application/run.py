"""A run's life in the log: how it begins, ends, and is published."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from application.journal import Journal
from application.opened_ledger import OpenedLedger, require_own
from domain.events import (
    BottleSuperseded,
    CatalogRead,
    Event,
    SyncCompleted,
    SyncStarted,
)
from domain.ledger import Ledger
from domain.records import OpenRun
from domain.words import Outcome, RunKind
from domain.work import Work
from ports.clock import Clock
from ports.documents import Documents
from ports.errors import ConflictError
from ports.event_log import EventLog
from ports.hash_file import HashFile, PublishedLedger

SILENCE = timedelta(minutes=30)
"""A run without a commit for so long is taken as dead."""


@dataclass(frozen=True, slots=True)
class Runs:
    """Begins runs.

    Attributes:
        kind: Whether the runs are the cloud's, of which there is one at a time.
        size_threshold: From how many bytes on the cloud would use ECS.
        new_id: Gives UUIDs.
        require_fit: Raises ``StoreUnfitError`` when the store does not keep what a
            ledger relies on; asked once, before one is founded.
    """

    log: EventLog
    hash_file: HashFile
    documents: Documents
    clock: Clock
    new_id: Callable[[], str]
    kind: RunKind
    size_threshold: int
    require_fit: Callable[[], None]

    def begin(self, opened: OpenedLedger, run_id: str | None = None) -> Run:
        """Begin a run, and found the ledger where there is none.

        Args:
            run_id: A new one if None.

        Raises:
            StoreUnfitError: The store is no place for a ledger; none is founded.
            FollowerError: The store follows another mirror.
        """
        require_own(self.log, opened.identity)
        ledger = opened.ledger
        if opened.identity is None:
            self.require_fit()
            ledger.id = self.log.found(self.new_id())
        run = run_id or self.new_id()
        return Run(
            runs=self,
            id=run,
            day=self.clock.now().date(),
            journal=Journal(self.log, self.clock, self.new_id, ledger, run),
            version=opened.version,
        )

    def journal_of(self, ledger: Ledger, run_id: str) -> Journal:
        """Return a hand in the log for the end of a run that others have worked on."""
        return Journal(self.log, self.clock, self.new_id, ledger, run_id)


@dataclass(frozen=True, slots=True)
class SharedOut:
    """That a run's work is given to workers, and what its end has to know.

    Attributes:
        settles: The SHA-256 of the catalog that the work carries out in full.
        skipped: Bottles that are held already.
    """

    shards: int
    settles: str | None
    skipped: int


@dataclass(frozen=True, slots=True)
class Run:
    """One run, and its hand in the log.

    Attributes:
        day: The UTC day under which its bottles are stored.
        version: Of the hash file, as it was loaded.
    """

    runs: Runs
    id: str
    day: date
    journal: Journal
    version: str | None

    def record_empty(
        self,
        selection: str,
        catalog: CatalogRead | None,
        settles: str | None,
        shared_out: SharedOut | None = None,
    ) -> bool:
        """Record in one commit that there was nothing to do.

        Returns:
            Whether it was: another may have begun first, of which there is one only.
        """
        plan = self.runs.documents.sha256_of(Work())
        return self.journal.record_as(
            lambda ledger: (
                None
                if self._is_late(ledger)
                else (
                    *self._preamble(ledger, catalog),
                    self._started(Work(), plan, selection, shared_out),
                    self._completed(ledger, "complete", settles, _NOTHING),
                )
            )
        )

    def start(
        self,
        work: Work,
        selection: str,
        catalog: CatalogRead | None,
        shared_out: SharedOut | None = None,
    ) -> bool:
        """Record that ``work`` begins, its written form first.

        Returns:
            Whether it was: another may have begun first, of which there is one only.
        """
        plan = self.runs.documents.save_work(work)
        return self.journal.record_as(
            lambda ledger: (
                None
                if self._is_late(ledger)
                else (
                    *self._preamble(ledger, catalog),
                    self._started(work, plan, selection, shared_out),
                )
            )
        )

    def supersede(self, work: Work) -> None:
        """Record what upstream no longer offers."""
        self.journal.record(
            BottleSuperseded(key, digest, self.day) for key, digest in work.superseded
        )

    def complete(
        self, outcome: Outcome, settles: str | None, counts: Mapping[str, int]
    ) -> None:
        """Record that the run has ended."""
        self.journal.record_as(
            lambda ledger: (self._completed(ledger, outcome, settles, counts),)
        )

    def publish(self) -> None:
        """Publish the ledger as the run knows it, unless a later one is there."""
        publish(self.runs.hash_file, self.journal.ledger, self.version)

    def _is_late(self, ledger: Ledger) -> bool:
        """Return whether the fold would pass over the beginning of this run."""
        if self.runs.kind != "cloud":
            return False
        return (
            self.id in ledger.runs
            or self.id in ledger.ended
            or any(
                run.kind == "cloud" and not self._is_dead(run)
                for run in ledger.runs.values()
            )
        )

    def _is_dead(self, run: OpenRun) -> bool:
        """Return whether a run is to be closed by whoever begins one.

        One that is shared out is not: the orchestrator closes it, and people are told.
        """
        is_silent = self.runs.clock.now() - run.last_commit >= SILENCE
        return is_silent and run.sharing is None

    def _preamble(self, ledger: Ledger, catalog: CatalogRead | None) -> Iterator[Event]:
        for run, state in ledger.runs.items():
            if self._is_dead(state):
                counts = {
                    "bytes": state.mirrored_bytes,
                    "failed": len(state.failed),
                    "mirrored": state.mirrored,
                }
                yield SyncCompleted(run, "failed", None, counts, ledger.state)
        if catalog is not None:
            yield catalog

    def _started(
        self, work: Work, plan: str, selection: str, shared_out: SharedOut | None
    ) -> SyncStarted:
        shards, settles, skipped = 1 if work.loads else 0, None, None
        if shared_out is not None:
            # What others recorded since the ledger was opened, the plan does not know.
            settles = shared_out.settles if self.journal.alone else None
            shards, skipped = shared_out.shards, shared_out.skipped
        return SyncStarted(
            run=self.id,
            kind=self.runs.kind,
            plan=plan,
            selection=selection,
            day=self.day,
            shards=shards,
            route=work.route(self.runs.size_threshold),
            bottles=work.bottles,
            bytes=work.bytes,
            skipped=skipped,
            catalog=settles,
        )

    def _completed(
        self,
        ledger: Ledger,
        outcome: Outcome,
        settles: str | None,
        counts: Mapping[str, int],
    ) -> SyncCompleted:
        catalog = settles if self.journal.alone else None
        return SyncCompleted(self.id, outcome, catalog, counts, ledger.state)


_NOTHING: Mapping[str, int] = {"bytes": 0, "failed": 0, "mirrored": 0}


def under_way(ledger: Ledger, now: datetime) -> str | None:
    """Return a run that has begun and not ended, and is not silent, if there is one."""
    return next(
        (
            run
            for run, state in ledger.runs.items()
            if now - state.last_commit < SILENCE
        ),
        None,
    )


def publish(hash_file: HashFile, ledger: Ledger, version: str | None) -> None:
    """Publish ``ledger`` over ``version``, unless a later one is there by now."""
    try:
        hash_file.publish(ledger, version)
    except ConflictError:
        publish_anew(hash_file, ledger)


def publish_anew(hash_file: HashFile, ledger: Ledger) -> None:
    """Publish ``ledger`` over what is there, unless that is a later one."""
    while True:
        there = hash_file.load()
        if (
            isinstance(there, PublishedLedger)
            and there.ledger.id == ledger.id
            and there.ledger.position.seq >= ledger.position.seq
        ):
            return
        with suppress(ConflictError):
            hash_file.publish(ledger, there.version if there else None)
            return
