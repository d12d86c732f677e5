"""What a commit has to be to come next: the conditions under which a fold goes on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from domain.errors import LedgerDamagedError, OutdatedLedgerError
from domain.events import (
    Commit,
    LedgerRepaired,
    Position,
    RecordedCommit,
    SyncCompleted,
)
from domain.records import Repair
from domain.state_digest import StateDigest


def check_follows(recorded: RecordedCommit, ledger: str, position: Position) -> None:
    """Check that a commit stands right behind ``position`` in a ledger's log.

    Args:
        ledger: The ledger's UUID; empty when any will do.

    Raises:
        LedgerDamagedError: It is another's, or one is missing or was changed.
    """
    commit, gap = recorded.commit, recorded.gap
    due = position.seq + 1
    if gap is not None and gap.first == due:
        due = gap.last + 1
    if commit.seq != due:
        raise LedgerDamagedError(due, f"missing; commit {commit.seq} comes next")
    if gap is None and commit.prev != position.sha256:
        raise LedgerDamagedError(
            commit.seq, "it does not follow the commit before it (prev differs)"
        )
    if ledger and commit.ledger != ledger:
        raise LedgerDamagedError(
            commit.seq, f"it belongs to ledger {commit.ledger}, not {ledger}"
        )


def check_nothing_is_gone(
    commit: Commit, start: Position, known: Collection[Repair]
) -> None:
    """Check that what was folded before the log was read on is still in it.

    Args:
        start: From where it is read; what comes behind it was read just now.
        known: Repairs that the fold knows of, gaps that it has crossed among them.

    Raises:
        OutdatedLedgerError: The commit declares a gap where there was none.
    """
    if not commit.has(LedgerRepaired):
        return
    for event in commit.events:
        if not isinstance(event, LedgerRepaired):
            continue
        lost = event.repair
        if lost.is_gap and lost.first <= start.seq and not is_known(lost, known):
            raise OutdatedLedgerError(commit.seq, gone_for_good(lost))


def gone_for_good(gap: Repair) -> str:
    """Return what is to be done about a gap that was read before it was declared."""
    commits = f"commit {gap.first}"
    if gap.last > gap.first:
        commits = f"commits {gap.first} to {gap.last}"
    return (
        f"a gap was declared, {commits}, which had been read before: the log must be"
        " read anew, from its beginning"
    )


def is_known(repair: Repair, known: Iterable[Repair]) -> bool:
    """Return whether a repair is known, or is part of a gap that is."""
    return any(
        repair == other
        or (
            repair.is_gap
            and other.is_gap
            and other.first <= repair.first
            and repair.last <= other.last
        )
        for other in known
    )


def joined(gaps: Iterable[Repair]) -> tuple[Repair, ...]:
    """Return gaps in their order, those that touch or overlap made one."""
    whole: list[Repair] = []
    for gap in sorted(gaps, key=lambda gap: (gap.first, gap.last)):
        before = whole[-1] if whole else None
        if before is None or gap.first > before.last + 1:
            whole.append(gap)
        elif gap.last > before.last:
            causes = dict.fromkeys([*before.cause.split(", "), gap.cause])
            cause = ", ".join(causes)
            whole[-1] = replace(before, last=gap.last, cause=cause)
    return tuple(whole)


def without(declared: Repair, gaps: Iterable[Repair]) -> Iterator[Repair]:
    """Yield what is left of ``gaps`` without a repair that is one itself."""
    for gap in gaps:
        apart = declared.last < gap.first or gap.last < declared.first
        if apart or not declared.is_gap:
            yield gap
            continue
        if gap.first < declared.first:
            yield replace(gap, last=declared.first - 1)
        if declared.last < gap.last:
            yield replace(gap, first=declared.last + 1)


def check_assertions(commit: Commit, state: StateDigest) -> None:
    """Check what a commit says of the state before it.

    Raises:
        LedgerDamagedError: It is another than the commits before it give.
    """
    if not commit.has(SyncCompleted):
        return
    for event in commit.events:
        if isinstance(event, SyncCompleted) and event.state != state:
            raise LedgerDamagedError(
                commit.seq,
                f"it asserts {event.state.bottles} bottles of {event.state.bytes}"
                f" bytes, and the commits before it give {state.bottles} of"
                f" {state.bytes} (state digests differ)",
            )
