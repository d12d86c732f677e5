"""What a commit has to be to come next: the conditions under which a fold goes on."""

from __future__ import annotations

from collections.abc import Collection

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
    commit: Commit, position: Position, known: Collection[Repair]
) -> None:
    """Check that what was folded up to ``position`` is still in the log.

    Args:
        known: Repairs that the fold knows of, gaps that it has crossed among them.

    Raises:
        OutdatedLedgerError: The commit declares a gap where there was none.
    """
    for event in commit.events:
        if not isinstance(event, LedgerRepaired):
            continue
        lost = event.repair
        if lost.is_gap and lost.first <= position.seq and lost not in known:
            raise OutdatedLedgerError(
                commit.seq,
                f"it declares a gap from commit {lost.first} to {lost.last}, which had"
                " been read before: the log must be read anew, from its beginning",
            )


def check_assertions(commit: Commit, state: StateDigest) -> None:
    """Check what a commit says of the state before it.

    Raises:
        LedgerDamagedError: It is another than the commits before it give.
    """
    for event in commit.events:
        if isinstance(event, SyncCompleted) and event.state != state:
            raise LedgerDamagedError(
                commit.seq,
                f"it asserts {event.state.bottles} bottles of {event.state.bytes}"
                f" bytes, and the commits before it give {state.bottles} of"
                f" {state.bytes} (state digests differ)",
            )
