"""The ledger: what the log says, folded commit by commit.

The fold is total and depends on nothing but the commits: no clock, no order
but theirs. Facts are idempotent: one that already holds changes nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import assert_never

from domain.bottle import BottleKey, ObjectKey
from domain.catalog import Validators
from domain.errors import LedgerDamagedError
from domain.events import (
    GENESIS,
    BottleFailed,
    BottleLost,
    BottleMirrored,
    BottleSuperseded,
    CatalogRead,
    Commit,
    Event,
    Position,
    RecordedCommit,
    StateDigest,
    SyncCompleted,
    SyncStarted,
)
from domain.records import CatalogSeen, ClosedRun, HashEntry, OpenRun, Superseded

_MODULUS = 1 << 256


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
        settled: For each selection, the catalog it was last completed for.
    """

    id: str = ""
    position: Position = GENESIS
    at: datetime | None = None
    held: dict[BottleKey, HashEntry] = field(default_factory=dict)
    superseded: dict[ObjectKey, Superseded] = field(default_factory=dict)
    runs: dict[str, OpenRun] = field(default_factory=dict)
    last_run: ClosedRun | None = None
    last_complete: ClosedRun | None = None
    catalog: CatalogSeen | None = None
    settled: dict[str, str] = field(default_factory=dict)
    state: StateDigest = field(default_factory=StateDigest)

    def apply(self, recorded: RecordedCommit) -> None:
        """Fold the next commit, all of it or nothing.

        Raises:
            LedgerDamagedError: It is not the next commit of this ledger, or it
                asserts a state that the commits before it do not give.
        """
        commit = recorded.commit
        self._check_follows(commit)
        run = self.runs.get(commit.run)
        if run is None or commit.wseq > run.writers.get(commit.writer, 0):
            self._check_assertions(commit)
            for event in commit.events:
                self._apply(event, commit)
        # The run may have begun with this very commit.
        run = self.runs.get(commit.run)
        if run is not None:
            run.last_commit = commit.at
            run.writers[commit.writer] = max(
                commit.wseq, run.writers.get(commit.writer, 0)
            )
        self.id, self.at, self.position = commit.ledger, commit.at, recorded.position

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
            runs=runs,
            settled=dict(self.settled),
        )

    def _check_follows(self, commit: Commit) -> None:
        if commit.seq != self.position.seq + 1:
            raise LedgerDamagedError(
                self.position.seq + 1, f"missing; commit {commit.seq} comes next"
            )
        if commit.prev != self.position.sha256:
            raise LedgerDamagedError(
                commit.seq, "it does not follow the commit before it (prev differs)"
            )
        if self.id and commit.ledger != self.id:
            raise LedgerDamagedError(
                commit.seq, f"it belongs to ledger {commit.ledger}, not {self.id}"
            )

    def _check_assertions(self, commit: Commit) -> None:
        for event in commit.events:
            if isinstance(event, SyncCompleted) and event.state != self.state:
                raise LedgerDamagedError(
                    commit.seq,
                    f"it asserts {event.state.bottles} bottles of {event.state.bytes}"
                    f" bytes, and the commits before it give {self.state.bottles} of"
                    f" {self.state.bytes} (state digests differ)",
                )

    def _apply(self, event: Event, commit: Commit) -> None:
        match event:
            case BottleMirrored():
                self._mirrored(event, commit)
            case BottleFailed():
                run = self.runs.get(commit.run)
                if run is not None:
                    run.failed[event.bottle.key] = event.cause
            case BottleSuperseded():
                self._superseded(event, commit)
            case BottleLost():
                self._lost(event)
            case CatalogRead():
                validators = Validators(event.etag, event.last_modified)
                if self.catalog and self.catalog.documents != event.documents:
                    self.settled.clear()
                self.catalog = CatalogSeen(
                    event.source, event.documents, validators, event.formulae
                )
            case SyncStarted():
                self._started(event, commit)
            case SyncCompleted():
                self._completed(event, commit)
            case _:
                assert_never(event)

    def _mirrored(self, event: BottleMirrored, commit: Commit) -> None:
        key = event.bottle.key
        before = self.held.get(key)
        entry = HashEntry(
            bottle=event.bottle,
            size=event.size,
            object_key=event.object_key,
            download_date=_day_of(event.object_key) or commit.at.date(),
        )
        known = before == entry and event.object_key not in self.superseded
        self.superseded.pop(event.object_key, None)
        run = self.runs.get(commit.run)
        if run is not None:
            run.failed.pop(key, None)
            if not known:
                run.mirrored += 1
                run.mirrored_bytes += event.size if event.how == "fetched" else 0
        if before is not None:
            self._count(before, -1)
            if before.object_key != entry.object_key:
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
        self._count(entry, +1)

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

    def _lost(self, event: BottleLost) -> None:
        self.superseded.pop(event.object_key, None)
        entry = self.held.get(event.key)
        if entry is None or entry.object_key != event.object_key:
            return
        del self.held[event.key]
        self._count(entry, -1)
        self._unsettle(by=None)

    def _started(self, event: SyncStarted, commit: Commit) -> None:
        if event.run in self.runs:
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
        self.last_run = ClosedRun(event.run, event.outcome, commit.at)
        if event.outcome == "complete":
            self.last_complete = self.last_run
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

    def _count(self, entry: HashEntry, sign: int) -> None:
        self.state = StateDigest(
            bottles=self.state.bottles + sign,
            bytes=self.state.bytes + sign * entry.size,
            sum=(self.state.sum + sign * _term(entry)) % _MODULUS,
        )


def replay(commits: Iterable[RecordedCommit], start: Ledger | None = None) -> Ledger:
    """Return the ledger that ``commits`` give when folded onto ``start``.

    Raises:
        LedgerDamagedError: A commit is missing, repeated, out of order, foreign,
            or asserts a state that is not the one before it.
    """
    ledger = start.fork() if start is not None else Ledger()
    for recorded in commits:
        ledger.apply(recorded)
    return ledger


def digest_of(held: Iterable[HashEntry]) -> StateDigest:
    """Return the state digest of a ledger that holds ``held``."""
    entries = tuple(held)
    return StateDigest(
        bottles=len(entries),
        bytes=sum(entry.size for entry in entries),
        sum=sum(map(_term, entries)) % _MODULUS,
    )


def _term(entry: HashEntry) -> int:
    fact = f"{entry.bottle.key}\0{entry.bottle.digest}\0{entry.object_key}"
    return int.from_bytes(hashlib.sha256(fact.encode()).digest())


def _day_of(object_key: ObjectKey) -> date | None:
    """Return the day in an object key that begins with one."""
    try:
        return date.fromisoformat(object_key[:10])
    except ValueError:
        return None
