"""Folding a log once more, to hold what is said of its state against it."""

from __future__ import annotations

from hashlib import sha256 as hash_of
from typing import Final

from adapters.ledger.work_codec import encode_work
from domain.damage import Damage
from domain.errors import LedgerDamagedError
from domain.events import (
    GENESIS,
    Commit,
    HashFileImported,
    LedgerRepaired,
    RecordedCommit,
    StoreReconciled,
    SyncStarted,
)
from domain.ledger import Ledger
from domain.records import Repair
from domain.work import Work

_NO_WORK: Final = hash_of(encode_work(Work())).hexdigest()
"""The plan of a run that had nothing to do, which is not kept."""


class Refold:
    """Takes a log's commits in their order, as long as they follow one another.

    Attributes:
        events: How many events there were.
        repairs: What was ever repaired.
        documents: For each document that is named, the first commit that does.
        needed: Those of them without which the log cannot be folded.
        passed_over: Commits that count as delivered before, each with the one that has
            their place in the writer's count.
        damage: What does not fit the state that the commits give.
    """

    def __init__(self, ledger: str | None, published: Ledger | None) -> None:
        self._ledger: Ledger | None = Ledger(id=ledger or "")
        self._published = published
        self._writers: dict[str, int] = {}
        self._counted: dict[tuple[str, int], int] = {}
        self._has_crossed = False
        self.events = 0
        self.repairs: list[Repair] = []
        self.documents: dict[str, int] = {}
        self.needed: set[str] = set()
        self.passed_over: list[tuple[int, int]] = []
        self.damage: list[Damage] = []

    @property
    def is_unreconciled(self) -> bool:
        """Whether a gap was crossed, and the store not looked at since."""
        return self._ledger is not None and not self._ledger.reconciled

    def go_on_like(self, other: Refold) -> None:
        """Take over what another has read that could not fold, either."""
        gaps = [repair for repair in other.repairs if repair.is_gap]
        self.events, self.repairs = other.events, other.repairs
        self.needed = other.needed
        self.documents = {
            sha256: seq
            for sha256, seq in other.documents.items()
            if not any(gap.first <= seq <= gap.last for gap in gaps)
        }

    def stop(self) -> None:
        """Fold no more: a commit cannot be read."""
        self._ledger = None

    def take(self, commit: Commit, sha256: str, gap: Repair | None = None) -> None:
        """Take the next commit that can be read."""
        self.events += len(commit.events)
        if commit.has(LedgerRepaired, HashFileImported, StoreReconciled, SyncStarted):
            self._note(commit)
        if self._ledger is not None:
            self._fold(self._ledger, RecordedCommit(commit, sha256, gap))
        if self._ledger is not None:
            self._count(commit, gap)

    def _note(self, commit: Commit) -> None:
        """Take note of repairs, and of the documents that are named."""
        for event in commit.events:
            if isinstance(event, LedgerRepaired):
                self.repairs.append(event.repair)
            elif isinstance(event, HashFileImported | StoreReconciled):
                self.documents.setdefault(event.document, commit.seq)
                if isinstance(event, HashFileImported):
                    self.needed.add(event.document)
            elif isinstance(event, SyncStarted) and event.plan != _NO_WORK:
                self.documents.setdefault(event.plan, commit.seq)

    def _fold(self, ledger: Ledger, recorded: RecordedCommit) -> None:
        position = ledger.position
        commit = recorded.commit
        follows = commit.seq == position.seq + 1 and commit.prev == position.sha256
        if recorded.gap is None and not follows:
            # Whoever looks at the chain tells of it.
            self.stop()
            return
        first = self._counted.setdefault((commit.writer, commit.wseq), commit.seq)
        if ledger.has_seen(commit) and first != commit.seq:
            self.passed_over.append((first, commit.seq))
        try:
            ledger.apply(recorded, GENESIS)
        except LedgerDamagedError as error:
            self.damage.append(
                Damage("state differs", commit.seq, commit.seq, error.damage)
            )
            self.stop()
            return
        there = self._published
        if there is not None and there.position == ledger.position and there != ledger:
            self.damage.append(
                Damage(
                    "hash file lies",
                    commit.seq,
                    commit.seq,
                    "it does not say what the commits up to this one give; a replay"
                    " rebuilds it",
                )
            )

    def _count(self, commit: Commit, gap: Repair | None) -> None:
        """Check that no commit of a writer was left out."""
        before = self._writers.get(commit.writer, 0)
        if gap is not None:
            self._has_crossed = True
            self._writers.clear()
        elif commit.wseq > before + 1 and (before or not self._has_crossed):
            detail = (
                f"it is commit {commit.wseq} of {commit.writer}, and {before} came"
                " before it"
            )
            self.damage.append(
                Damage("count of a writer", commit.seq, commit.seq, detail)
            )
        self._writers[commit.writer] = max(commit.wseq, before)
