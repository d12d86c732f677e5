"""The ledger: what the log says, folded commit by commit.

The fold is total and depends on nothing but the commits: no clock, no order
but theirs. Facts are idempotent: one that already holds changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import lru_cache
from typing import assert_never

from domain.bottle import BottleKey, Digest, ObjectKey
from domain.catalog import Validators
from domain.continuity import (
    check_assertions,
    check_follows,
    check_nothing_is_gone,
    is_known,
    without,
)
from domain.events import (
    GENESIS,
    BottleFailed,
    BottleLost,
    BottleMirrored,
    BottleSuperseded,
    CatalogRead,
    Commit,
    Event,
    HashFileImported,
    LedgerRepaired,
    Position,
    RecordedCommit,
    StoreReconciled,
    SyncCompleted,
    SyncStarted,
)
from domain.records import (
    CatalogSeen,
    ClosedRun,
    Elsewhere,
    HashEntry,
    ImportSeen,
    OpenRun,
    Repair,
    Superseded,
)
from domain.state_digest import StateDigest, Turnover

REMEMBERED_RUNS = 256
"""Runs that have ended, of which a late or repeated start is still recognised."""


@dataclass(slots=True)
class Ledger:
    """The state of a mirror at a position of its log.

    It changes in place, and only by ``apply``: a copy for each commit would
    make reading a log quadratic in what it holds. ``replay`` is the pure form.

    Attributes:
        id: The ledger's UUID; empty until the first commit is folded.
        at: When the last commit was made.
        held: Every bottle that clients may be given, until it is evicted.
        superseded: Objects in the store that upstream has replaced or dropped; what
            was dropped without being replaced is still held.
        elsewhere: What other mirrors hold and this one does not.
        imports: What was imported last from each source.
        ended: The runs that ended last, the latest at the end.
        settled: For each selection, the catalog it was last completed for.
        repairs: What was ever repaired, in the order of the log.
        undeclared: Gaps that were crossed, and of which the log tells only further on:
            whoever reconciled the ledger before that knew nothing of them.
        reconciled: Whether no declared gap has been crossed since the ledger was last
            compared with the store.
    """

    id: str = ""
    position: Position = GENESIS
    at: datetime | None = None
    held: dict[BottleKey, HashEntry] = field(default_factory=dict)
    superseded: dict[ObjectKey, Superseded] = field(default_factory=dict)
    elsewhere: dict[BottleKey, Elsewhere] = field(default_factory=dict)
    imports: dict[str, ImportSeen] = field(default_factory=dict)
    runs: dict[str, OpenRun] = field(default_factory=dict)
    ended: tuple[ClosedRun, ...] = ()
    last_complete: ClosedRun | None = None
    catalog: CatalogSeen | None = None
    settled: dict[str, str] = field(default_factory=dict)
    repairs: tuple[Repair, ...] = ()
    undeclared: tuple[Repair, ...] = ()
    reconciled: bool = True
    state: StateDigest = field(default_factory=StateDigest)

    @property
    def last_run(self) -> ClosedRun | None:
        """The run that ended last."""
        return self.ended[-1] if self.ended else None

    @property
    def digests_elsewhere(self) -> set[Digest]:
        """The digests of what other mirrors hold and this one does not."""
        return {entry.digest for entry in self.elsewhere.values()}

    @property
    def gaps(self) -> tuple[Repair, ...]:
        """The declared gaps of the log."""
        return tuple(repair for repair in self.repairs if repair.is_gap)

    def apply(self, recorded: RecordedCommit, start: Position | None = None) -> None:
        """Fold the next commit, all of it or nothing.

        Args:
            start: From where the log is being read: the commits behind it are in the
                log now. This ledger's position if None.

        Raises:
            LedgerDamagedError: It is not the next commit of this ledger, or it
                asserts a state that the commits before it do not give.
            OutdatedLedgerError: It declares a gap where this ledger has folded what
                is gone from the log.
        """
        commit = recorded.commit
        check_follows(recorded, self.id, self.position)
        check_nothing_is_gone(commit, start or self.position, self.repairs)
        run = self.runs.get(commit.run)
        is_new = run is None or commit.wseq > run.writers.get(commit.writer, 0)
        if is_new and self.reconciled and recorded.gap is None:
            check_assertions(commit, self.state)
        if recorded.gap is not None:
            self._cross(recorded.gap)
        if is_new:
            turnover = Turnover()
            for event in commit.events:
                self._apply(event, commit, turnover)
            self.state = self.state.after(turnover)
        # The run may have begun with this very commit.
        run = self.runs.get(commit.run)
        if run is not None:
            run.last_commit = commit.at
            run.writers[commit.writer] = max(
                commit.wseq, run.writers.get(commit.writer, 0)
            )
        self.id, self.at, self.position = commit.ledger, commit.at, recorded.position

    def knowing(self, entries: Mapping[BottleKey, Elsewhere]) -> Ledger:
        """Return a ledger that knows also what another mirror holds."""
        ledger = self.fork()
        ledger._know(entries, by=None)  # noqa: SLF001 - of the same class
        return ledger

    def fork(self) -> Ledger:
        """Return an equal ledger that changes apart from this one."""
        runs = {
            run: replace(state, failed=dict(state.failed), writers=dict(state.writers))
            for run, state in self.runs.items()
        }
        return replace(
            self,
            held=dict(self.held),
            superseded=dict(self.superseded),
            elsewhere=dict(self.elsewhere),
            imports=dict(self.imports),
            runs=runs,
            settled=dict(self.settled),
        )

    def _cross(self, gap: Repair) -> None:
        """Go on behind commits that are gone: nobody knows what they said."""
        self.repairs = (*self.repairs, gap)
        self.undeclared = (*self.undeclared, gap)
        self.reconciled = False
        self.settled.clear()
        for state in self.runs.values():
            state.undisturbed = False

    def _apply(self, event: Event, commit: Commit, turnover: Turnover) -> None:
        match event:
            case BottleMirrored():
                self._mirrored(event, commit, turnover)
            case BottleFailed():
                run = self.runs.get(commit.run)
                if run is not None:
                    run.failed[event.bottle.key] = event.cause
            case BottleSuperseded():
                self._superseded(event, commit)
            case BottleLost():
                self._lost(event, turnover)
            case SyncStarted():
                self._started(event, commit)
            case SyncCompleted():
                self._completed(event, commit)
            case _:
                self._learn(event, commit)

    def _learn(
        self,
        event: CatalogRead | HashFileImported | LedgerRepaired | StoreReconciled,
        commit: Commit,
    ) -> None:
        match event:
            case CatalogRead():
                validators = Validators(event.etag, event.last_modified)
                if self.catalog and self.catalog.documents != event.documents:
                    self.settled.clear()
                self.catalog = CatalogSeen(
                    event.source, event.documents, validators, event.formulae
                )
            case HashFileImported():
                self.imports[event.source] = ImportSeen(event.document, event.etag)
                self._know(event.entries, by=commit.run)
            case LedgerRepaired():
                if not is_known(event.repair, self.repairs):
                    self.repairs = (*self.repairs, event.repair)
                self.undeclared = tuple(without(event.repair, self.undeclared))
            case StoreReconciled():
                self.reconciled = not self.undeclared
            case _:
                assert_never(event)

    def _know(self, entries: Mapping[BottleKey, Elsewhere], by: str | None) -> None:
        for key, entry in entries.items():
            if key in self.held:
                continue
            before = self.elsewhere.get(key)
            if before is not None and before.digest != entry.digest:
                # What was left out, since it was elsewhere, may be missing now.
                self._unsettle(by)
            self.elsewhere[key] = entry

    def _mirrored(
        self, event: BottleMirrored, commit: Commit, turnover: Turnover
    ) -> None:
        bottle, object_key = event.bottle, event.object_key
        key = bottle.key
        before = self.held.get(key)
        day = _day_of(object_key[:10]) or commit.at.date()
        entry = HashEntry(bottle, event.size, object_key, day)
        was_superseded = self.superseded.pop(object_key, None) is not None
        run = self.runs.get(commit.run)
        if run is not None:
            run.failed.pop(key, None)
            if before is None or before != entry or was_superseded:
                run.mirrored += 1
                run.mirrored_bytes += event.size if event.how == "fetched" else 0
        there = self.elsewhere.pop(key, None)
        if there is not None and there.digest != bottle.digest:
            # Other bottles were left out as being those bytes.
            self._unsettle(by=None)
        if before is not None:
            turnover.gone.append(before)
            if before.object_key != object_key:
                self._unsettle(by=commit.run)
                # Replaced under the same key: still in the store, never forgotten.
                # One that upstream had dropped before keeps the day of that.
                self.superseded.setdefault(
                    before.object_key,
                    Superseded(
                        key=key,
                        sha256=before.bottle.digest,
                        size=before.size,
                        on=commit.at.date(),
                    ),
                )
        self.held[key] = entry
        turnover.came.append(entry)

    def _superseded(self, event: BottleSuperseded, commit: Commit) -> None:
        entry = self.held.get(event.key)
        if (
            entry is None
            or entry.bottle.digest != event.sha256
            or entry.object_key in self.superseded
        ):
            return
        self.superseded[entry.object_key] = Superseded(
            event.key, event.sha256, entry.size, event.on
        )
        self._unsettle(by=commit.run)

    def _lost(self, event: BottleLost, turnover: Turnover) -> None:
        self.superseded.pop(event.object_key, None)
        entry = self.held.get(event.key)
        if entry is None or entry.object_key != event.object_key:
            return
        del self.held[event.key]
        turnover.gone.append(entry)
        self._unsettle(by=None)

    def _started(self, event: SyncStarted, commit: Commit) -> None:
        if event.run in self.runs or any(r.run == event.run for r in self.ended):
            return
        if event.kind == "cloud" and any(r.kind == "cloud" for r in self.runs.values()):
            return
        self.runs[event.run] = OpenRun(
            kind=event.kind,
            selection=event.selection,
            day=event.day,
            started=commit.at,
            last_commit=commit.at,
            shards=event.shards,
            bottles=event.bottles,
            bytes=event.bytes,
        )

    def _completed(self, event: SyncCompleted, commit: Commit) -> None:
        run = self.runs.pop(event.run, None)
        if run is None:
            return
        closed = ClosedRun(event.run, event.outcome, commit.at)
        self.ended = (*self.ended, closed)[-REMEMBERED_RUNS:]
        if event.outcome == "complete":
            self.last_complete = closed
            if event.catalog is not None and run.undisturbed:
                self.settled[run.selection] = event.catalog

    def _unsettle(self, by: str | None) -> None:
        """Note that a bottle is not what it was: plans made before miss that.

        Args:
            by: The run whose own plan has it, if there is one.
        """
        self.settled.clear()
        for run, state in self.runs.items():
            if run != by:
                state.undisturbed = False


def replay(commits: Iterable[RecordedCommit], start: Ledger | None = None) -> Ledger:
    """Return the ledger that ``commits`` give when folded onto ``start``.

    Raises:
        LedgerDamagedError: A commit is missing, repeated, out of order, foreign,
            or asserts a state that is not the one before it.
    """
    ledger = start.fork() if start is not None else Ledger()
    position = ledger.position
    for recorded in commits:
        ledger.apply(recorded, position)
    return ledger


@lru_cache(maxsize=1024)  # there is one for each run
def _day_of(prefix: str) -> date | None:
    """Return the day that an object key begins with, if it does.

    Args:
        prefix: Its first ten characters.
    """
    try:
        day = date.fromisoformat(prefix)
    except ValueError:
        return None
    # Python reads the days of weeks, too.
    return day if day.isoformat() == prefix else None
