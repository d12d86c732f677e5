"""Checking the ledger for damage, and repairing it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from application.inspect_ledger import RebuildHashFile
from application.journal import Journal
from application.opened_ledger import read_anew
from application.reconcile import Reconcile
from domain.continuity import joined
from domain.damage import IN_THE_LOG, Damage
from domain.errors import LedgerDamagedError
from domain.events import GENESIS, Commit, LedgerRepaired, Position
from domain.ledger import Ledger
from domain.records import Repair
from ports.clock import Clock
from ports.custody import Custody, Examination
from ports.errors import NotOurStoreError
from ports.event_log import EventLog
from ports.hash_file import HashFile, PublishedLedger


@dataclass(frozen=True, slots=True)
class RepairReport:
    """What a repair did.

    Attributes:
        before: What was found at first.
        repairs: What became of damaged commits; without a source they stay damaged,
            or are a declared gap if ``declared``.
        after: What is found now.
    """

    before: Examination
    repairs: tuple[Repair, ...]
    declared: bool
    after: Examination


@dataclass(frozen=True, slots=True)
class RepairLedger:
    """Put back every damaged commit of which there is a good copy.

    Nobody else may write meanwhile: whoever does may take the place of a commit that
    is missing at the end of the log.
    """

    custody: Custody
    log: EventLog
    hash_file: HashFile
    reconcile: Reconcile
    rebuild: RebuildHashFile
    clock: Clock
    new_id: Callable[[], str]

    def __call__(self, pins: Sequence[Position], *, declare_gaps: bool) -> RepairReport:
        """Repair the ledger.

        Args:
            pins: Heads that were seen before; the hash file's own is known.
            declare_gaps: Give up commits of which no good copy is left, say so in the
                log, and record what the store really holds.

        Raises:
            NotOurStoreError: There is no ledger that says which one it is.
            PortError: The store cannot be used, or does not keep what was put back.
        """
        before = self.custody.examine(pins, read=True)
        restored, now = self._restored(before, pins)
        ledger = self.log.identity()
        if ledger is None:
            raise NotOurStoreError("the store", "there is no ledger in it")
        published = self.hash_file.load()
        lost = joined(
            (
                *(repair for repair in restored if repair.is_gap),
                *(Repair(d.first, d.last, d.kind, None) for d in now.damage if d.stops),
            )
        )
        mended = tuple(repair for repair in restored if not repair.is_gap)
        repairs = (*mended, *_accepted(now.damage, mended), *lost)
        declared = bool(lost) and declare_gaps
        if declared:
            self.custody.give_up(lost)
        told = [repair for repair in repairs if declared or not repair.is_gap]
        if told and (declared or _ends_well(now)):
            self._record(ledger, told, now, _seen(pins, published, ledger))
        # What stays damaged, and cannot be read, is told of in the report.
        with suppress(LedgerDamagedError):
            if declared or now.gaps:
                self._reconcile(published)
            if declared or not any(each.kind in IN_THE_LOG for each in now.damage):
                self.rebuild()
        after = self.custody.examine(pins, read=True)
        return RepairReport(before, repairs, declared, after)

    def _restored(
        self, found: Examination, pins: Sequence[Position]
    ) -> tuple[tuple[Repair, ...], Examination]:
        """Put back what there is, until nothing more comes of it.

        A commit that is good again tells what the one before it has to be.
        """
        repairs: tuple[Repair, ...] = ()
        seen: list[tuple[Damage, ...]] = []
        while True:
            seen.append(found.damage)
            done = self.custody.restore(found.damage)
            mended = tuple(repair for repair in done if not repair.is_gap)
            repairs += mended
            found = self.custody.examine(pins, read=True)
            if not mended or found.damage in seen:
                return repairs + tuple(r for r in done if r.is_gap), found

    def _record(
        self,
        ledger: str,
        repairs: Iterable[Repair],
        now: Examination,
        pins: Iterable[Position],
    ) -> None:
        """Append what was repaired, also to a log that cannot be folded any more."""
        gaps = [repair.last for repair in repairs if repair.is_gap]
        # Where they differ, a head that was seen outweighs what is there now.
        ends = [*pins, now.head or GENESIS]
        end = max(ends, key=lambda position: position.seq)
        if max(gaps, default=-1) > end.seq:
            end = Position(max(gaps), GENESIS.sha256)
        run = self.new_id()
        self.log.append(
            Commit(
                id=self.new_id(),
                ledger=ledger,
                seq=end.seq + 1,
                prev=end.sha256,
                at=self.clock.now(),
                run=run,
                writer=f"{run}/0/{self.new_id()}",
                wseq=1,
                events=tuple(LedgerRepaired(repair) for repair in repairs),
            )
        )

    def _reconcile(self, published: object) -> None:
        """Record what the store holds, if what the log says is not all of it."""
        ledger = read_anew(self.log, "")
        if ledger.reconciled:
            return
        journal = Journal(self.log, self.clock, self.new_id, ledger, self.new_id())
        known = published.ledger if isinstance(published, PublishedLedger) else Ledger()
        self.reconcile(journal, known)


def _seen(
    pins: Iterable[Position], published: object, ledger: str
) -> Iterable[Position]:
    """Return every head that was seen before, the hash file's among them."""
    if isinstance(published, PublishedLedger) and published.ledger.id == ledger:
        return (*pins, published.ledger.position)
    return pins


def _accepted(damage: Iterable[Damage], restored: Sequence[Repair]) -> list[Repair]:
    """Return commits that were written again and are, for all that, as they were."""
    mended = {seq for one in restored for seq in range(one.first, one.last + 1)}
    broken = {
        seq
        for each in damage
        if each.kind in IN_THE_LOG
        for seq in range(each.first, each.last + 1)
    }
    return [
        Repair(each.first, each.last, each.kind, "the version that is there now")
        for each in damage
        if each.kind == "second version" and each.first not in mended | broken
    ]


def _ends_well(now: Examination) -> bool:
    """Return whether the end of the log is as it was, so that one may append."""
    end = now.head.seq if now.head is not None else -1
    return all(each.last < end for each in now.damage if each.kind in IN_THE_LOG)
