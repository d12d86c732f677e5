"""The ledger: what the log says, folded commit by commit.

The fold is total and depends on nothing but the commits: no clock, no order
but theirs. Facts are idempotent: one that already holds changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, MutableMapping
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import datetime

from domain.bottle import Bottle, BottleKey, Digest, ObjectKey
from domain.continuity import check_assertions, check_follows, check_nothing_is_gone
from domain.events import GENESIS, Commit, Position, RecordedCommit
from domain.fold import cross, fold, learn_elsewhere
from domain.generations import Generation, KeptIndex, ReleaseKey
from domain.records import (
    CatalogSeen,
    ClosedRun,
    Elsewhere,
    HashEntry,
    ImportSeen,
    OpenRun,
    RememberedRun,
    Repair,
    Superseded,
)
from domain.state_digest import StateDigest


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
        ended: The runs that ended last, by their ids, the latest at the end.
        settled: For each selection, the catalog it was last completed for.
        repairs: What was ever repaired, in the order of the log.
        undeclared: Gaps that were crossed, and of which the log tells only further on:
            whoever reconciled the ledger before that knew nothing of them.
        reconciled: Whether no declared gap has been crossed since the ledger was last
            compared with the store.
        indexes: Of releases that are in no generation's list yet.
        generations: Those that are kept, by their numbers.
        published: The number of the generation that clients are to see.
        shown: The number of the one that they saw last in all its parts.
    """

    id: str = ""
    position: Position = GENESIS
    at: datetime | None = None
    held: MutableMapping[BottleKey, HashEntry] = field(default_factory=dict)
    superseded: dict[ObjectKey, Superseded] = field(default_factory=dict)
    elsewhere: dict[BottleKey, Elsewhere] = field(default_factory=dict)
    imports: dict[str, ImportSeen] = field(default_factory=dict)
    runs: dict[str, OpenRun] = field(default_factory=dict)
    ended: dict[str, RememberedRun] = field(default_factory=dict)
    last_complete: ClosedRun | None = None
    catalog: CatalogSeen | None = None
    settled: dict[str, str] = field(default_factory=dict)
    repairs: tuple[Repair, ...] = ()
    undeclared: tuple[Repair, ...] = ()
    reconciled: bool = True
    indexes: dict[ReleaseKey, KeptIndex] = field(default_factory=dict)
    generations: dict[int, Generation] = field(default_factory=dict)
    published: int | None = None
    shown: int | None = None
    state: StateDigest = field(default_factory=StateDigest)

    @property
    def last_run(self) -> ClosedRun | None:
        """The run that ended last."""
        return next((run.closed for run in reversed(self.ended.values())), None)

    @property
    def digests_elsewhere(self) -> set[Digest]:
        """The digests of what other mirrors hold and this one does not."""
        return {entry.digest for entry in self.elsewhere.values()}

    @property
    def gaps(self) -> tuple[Repair, ...]:
        """The declared gaps of the log."""
        return tuple(repair for repair in self.repairs if repair.is_gap)

    def has(self, bottle: Bottle) -> bool:
        """Return whether this very bottle is held, and not superseded."""
        entry = self.held.get(bottle.key)
        return (
            entry is not None
            and entry.bottle.digest == bottle.digest
            and entry.object_key not in self.superseded
        )

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
        is_new = not self.has_seen(commit)
        if is_new and self.reconciled and recorded.gap is None:
            check_assertions(commit, self.state)
        if recorded.gap is not None:
            cross(self, recorded.gap)
        if is_new:
            self.state = self.state.after(fold(self, commit))
        self._note(commit)
        self.id, self.at, self.position = commit.ledger, commit.at, recorded.position

    def has_seen(self, commit: Commit) -> bool:
        """Tell whether a commit counts as delivered before: then it changes nothing."""
        return commit.wseq <= self._seen_of(commit)

    def _seen_of(self, commit: Commit) -> int:
        """Return the highest count that was seen of a commit's writer in its run."""
        run = self.runs.get(commit.run) or self.ended.get(commit.run)
        return run.writers.get(commit.writer, 0) if run is not None else 0

    def _note(self, commit: Commit) -> None:
        # The run may have begun, or ended, with this very commit.
        count = max(commit.wseq, self._seen_of(commit))
        run = self.runs.get(commit.run)
        if run is not None:
            run.last_commit = commit.at
            run.writers[commit.writer] = count
            return
        ended = self.ended.get(commit.run)
        if ended is not None:
            writers = {**ended.writers, commit.writer: count}
            self.ended[commit.run] = replace(ended, writers=writers)

    def knowing(self, entries: Mapping[BottleKey, Elsewhere]) -> Ledger:
        """Return a ledger that knows also what another mirror holds."""
        ledger = self.fork()
        learn_elsewhere(ledger, entries, by=None)
        return ledger

    def fork(self) -> Ledger:
        """Return an equal ledger that changes apart from this one."""
        return replace(
            self,
            held=copy(self.held),
            superseded=dict(self.superseded),
            elsewhere=dict(self.elsewhere),
            imports=dict(self.imports),
            runs={run: state.fork() for run, state in self.runs.items()},
            ended=dict(self.ended),
            settled=dict(self.settled),
            indexes=dict(self.indexes),
            generations=dict(self.generations),
        )


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
