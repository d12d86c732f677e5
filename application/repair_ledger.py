"""Checking the ledger for damage, and repairing it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from application.inspect_ledger import RebuildHashFile
from application.journal import MAX_EVENTS, Journal
from application.opened_ledger import read_anew, require_own
from application.reconcile import Reconcile
from application.what_was_repaired import (
    accepted,
    gone_for_good,
    others_restored,
    within,
)
from domain.continuity import joined
from domain.damage import IN_THE_LOG, Damage
from domain.errors import LedgerDamagedError
from domain.events import GENESIS, Commit, LedgerRepaired, Position
from domain.ledger import Ledger
from domain.records import Repair
from ports.clock import Clock
from ports.custody import Custody, Examination
from ports.errors import ConflictError, NotOurStoreError, RefusedError
from ports.event_log import EventLog
from ports.hash_file import HashFile, PublishedLedger


@dataclass(frozen=True, slots=True)
class RepairReport:
    """What a repair did.

    Attributes:
        repairs: What became of damaged commits; without a source they stay damaged,
            or are a declared gap if ``declared``.
        after: What is found now.
        others: What else was restored, a sentence each: documents, the identity.
    """

    repairs: tuple[Repair, ...]
    declared: bool
    after: Examination
    others: tuple[str, ...] = ()


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

        What nothing accuses but a pin of ``pins`` is told of and never given up: the
        pin may be another mirror's, or mistyped. Places behind the last commit are
        given up if the hash file has seen any of them, or no commit is left at all.

        Args:
            pins: Heads that were seen before; the hash file's own is known.
            declare_gaps: Give up commits of which no good copy is left, say so in the
                log, and record what the store really holds. Of documents that nothing
                needs, record that they are gone.

        Raises:
            NotOurStoreError: There is no ledger that says which one it is.
            FollowerError: The store follows another mirror.
            RefusedError: A writer is at work; or gaps are not to be declared, for a
                pin that nothing confirms, or commits of a newer format.
            PortError: The store cannot be used, or does not keep what was put back.
        """
        before = self.custody.examine(pins, read=True)
        with suppress(LedgerDamagedError, NotOurStoreError):
            require_own(self.log, self.log.identity())
        try:
            restored, others, now = self._restored(before, pins)
        except ConflictError as error:
            raise _writer_at_work(str(error)) from error
        ledger = self.log.identity()
        if ledger is None:
            raise NotOurStoreError("the store", "there is no ledger in it")
        published = self.hash_file.load()
        gaps = (
            *(repair for repair in restored if repair.is_gap),
            *(Repair(d.first, d.last, d.kind, None) for d in now.damage if d.stops),
        )
        given_up = self._confirmed(gaps, pins, now) if declare_gaps and gaps else ()
        declared = bool(given_up)
        lost = joined(given_up or gaps)
        mended = tuple(repair for repair in restored if not repair.is_gap)
        gone = gone_for_good(now.damage) if declare_gaps else []
        repairs = (*mended, *accepted(now.damage, mended), *gone, *lost)
        if declared:
            _check_head(now, (*mended, *lost))
            self._check_is_alone(now, pins)
            self.custody.give_up(lost)
        told = [repair for repair in repairs if declared or not repair.is_gap]
        if told and (declared or _ends_well(now, mended)):
            self._record(ledger, told, now, _seen(pins, published, ledger))
        # What stays damaged, and cannot be read, is told of in the report.
        with suppress(LedgerDamagedError):
            if declared or now.gaps:
                self._reconcile(published)
            is_whole = not any(each.kind in IN_THE_LOG for each in now.damage)
            # The hash file vouches for the head, too.
            if declared or (is_whole and _ends_well(now, mended)):
                self.rebuild()
        after = self.custody.examine(pins, read=True)
        return RepairReport(repairs, declared, after, others)

    def _restored(
        self, found: Examination, pins: Sequence[Position]
    ) -> tuple[tuple[Repair, ...], tuple[str, ...], Examination]:
        """Put back what there is, until nothing more comes of it.

        A commit that is good again tells what the one before it has to be.
        """
        repairs: tuple[Repair, ...] = ()
        others: tuple[str, ...] = ()
        seen: list[tuple[Damage, ...]] = []
        while True:
            seen.append(found.damage)
            done = self.custody.restore(found.damage)
            mended = tuple(repair for repair in done if not repair.is_gap)
            repairs += mended
            was, found = found, self.custody.examine(pins, read=True)
            others += tuple(others_restored(was.damage, found.damage))
            if not mended or found.damage in seen:
                return repairs + tuple(r for r in done if r.is_gap), others, found

    def _confirmed(
        self, gaps: Iterable[Repair], pins: Sequence[Position], now: Examination
    ) -> tuple[Repair, ...]:
        """Return what is to be given up, without what only ``pins`` accuse.

        Raises:
            RefusedError: Nothing confirms a pin behind the last commit, or there are
                commits that this program cannot read.
        """
        newer = next((d for d in now.damage if d.kind == "newer format"), None)
        if newer is not None:
            detail = "it has a newer format: update this program, then repair the log"
            raise RefusedError(f"commit {newer.first}", detail)
        found = self.custody.examine((), read=True) if pins else now
        accused = [d for d in found.damage if d.stops or d.kind in IN_THE_LOG]
        head = -1 if found.head is None else found.head.seq
        is_cut = head < 0 or any(d.last > head for d in accused)
        kept = []
        for gap in gaps:
            if gap.last > head and not is_cut:
                detail = (
                    f"it does not belong to this log, or the log's tail is lost: it"
                    f" ends at {head}, and the hash file has seen no more. Name a copy"
                    " of the tail with --from, or repair without this pin; nothing was"
                    " given up"
                )
                raise RefusedError(f"pin {gap.last}", detail)
            parts = [(d.first, d.last) for d in accused if d.first <= head]
            if is_cut:
                parts.append((head + 1, gap.last))
            both = ((max(a, gap.first), min(b, gap.last)) for a, b in parts)
            kept += [replace(gap, first=a, last=b) for a, b in both if a <= b]
        return joined(kept)

    def _check_is_alone(self, now: Examination, pins: Sequence[Position]) -> None:
        """Check that nobody has written since the log was examined.

        Raises:
            RefusedError: Somebody has, and may do so while commits are given up.
        """
        there = self.custody.examine(pins, read=False)
        if (there.head, there.commits) != (now.head, now.commits):
            raise _writer_at_work("the log has changed, and nothing was given up")

    def _record(
        self,
        ledger: str,
        repairs: Iterable[Repair],
        now: Examination,
        pins: Iterable[Position],
    ) -> None:
        """Append what was repaired, also to a log that cannot be folded any more.

        Raises:
            RefusedError: Another has appended meanwhile.
        """
        # Without the gaps the log cannot be read, so they come first.
        repairs = sorted(repairs, key=lambda repair: not repair.is_gap)
        gaps = [repair for repair in repairs if repair.is_gap]
        # In what was given up, a head that was seen outweighs what was there.
        ends = [
            pin for pin in pins if any(gap.first <= pin.seq <= gap.last for gap in gaps)
        ]
        end = max((*ends, now.head or GENESIS), key=lambda position: position.seq)
        reach = max((gap.last for gap in gaps), default=-1)
        if reach > end.seq:
            end = Position(reach, GENESIS.sha256)
        run = self.new_id()
        writer = f"{run}/0/{self.new_id()}"
        for wseq, begin in enumerate(range(0, len(repairs), MAX_EVENTS), 1):
            batch = repairs[begin : begin + MAX_EVENTS]
            commit = Commit(
                id=self.new_id(),
                ledger=ledger,
                seq=end.seq + 1,
                prev=end.sha256,
                at=self.clock.now(),
                run=run,
                writer=writer,
                wseq=wseq,
                events=tuple(LedgerRepaired(repair) for repair in batch),
            )
            try:
                end = self.log.append(commit).position
            except ConflictError as error:
                raise _writer_at_work(str(error)) from error

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


def _ends_well(now: Examination, restored: Sequence[Repair]) -> bool:
    """Return whether the end of the log is as it was, so that one may append.

    Whoever appends vouches for the head. Commits of a newer format are written by a
    program that may know more of what belongs behind them.
    """
    end = now.head.seq if now.head is not None else -1
    return not any(
        each.kind == "newer format"
        or (each.kind in IN_THE_LOG and each.last >= end)
        or _is_open(each, end, restored)
        for each in now.damage
    )


def _check_head(now: Examination, seen_to: Sequence[Repair]) -> None:
    """Check that appending does not vouch for a head of several versions.

    Raises:
        RefusedError: It would.
    """
    head = now.head.seq if now.head is not None else -1
    if any(_is_open(each, head, seen_to) for each in now.damage):
        detail = (
            "it was written more than once, and nothing tells which is right: name the"
            " right one with --pin, then repair the log; nothing was given up"
        )
        raise RefusedError(f"commit {head}", detail)


def _is_open(damage: Damage, head: int, seen_to: Sequence[Repair]) -> bool:
    """Return whether there are versions of the head, and nothing tells which is right.

    Args:
        seen_to: What was put back, or is given up.
    """
    return (
        damage.kind == "second version"
        and damage.expected is None
        and damage.first == head
        and not within(damage.first, seen_to)
    )


def _writer_at_work(found: str) -> RefusedError:
    detail = f"a writer is at work: stop it, and run the same repair again ({found})"
    return RefusedError("the repair of the log", detail)
