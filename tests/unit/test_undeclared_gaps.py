"""Gaps that were crossed, and of which the log tells only further on."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from adapters.ledger.hash_codec import decode_hash_file, encode_hash_file
from domain.events import LedgerRepaired, RecordedCommit, StoreReconciled
from domain.ledger import Ledger, replay
from domain.records import Repair
from tests.support.catalogs import make_bottle
from tests.support.chain import Chain, completed, mirrored

FIRST, SECOND = Repair(2, 2, "gap", None), Repair(0, 0, "gap", None)
RECONCILED = StoreReconciled("f0" * 32)


@pytest.fixture
def chain() -> Chain:
    """Return a log with a gap that was reconciled, and a lost beginning.

    Of commit 0 nobody knew that it would be lost when 3 and 4 were written.
    """
    chain = Chain()
    chain.add(mirrored(make_bottle("bat")))
    chain.add(mirrored(make_bottle("jq")))
    chain.add(mirrored(make_bottle("curl")))
    chain.add(LedgerRepaired(FIRST))
    chain.add(RECONCILED)
    held = Chain(commits=[chain.commits[0], chain.commits[1]]).replay()
    chain.add(completed(held.state))
    chain.add(LedgerRepaired(SECOND))
    return chain


def left(chain: Chain) -> list[RecordedCommit]:
    """Return the commits that are left, as they are read."""
    gaps = {1: SECOND, 3: FIRST}
    return [
        replace(one, gap=gaps.get(one.commit.seq))
        for one in chain.commits
        if one.commit.seq not in {0, 2}
    ]


def test_are_not_reconciled_by_who_knew_nothing_of_them(chain: Chain) -> None:
    ledger = replay(left(chain))
    assert ledger.gaps == (SECOND, FIRST)
    assert not ledger.reconciled


def test_are_reconciled_once_they_are_declared(chain: Chain) -> None:
    chain.add(RECONCILED)
    ledger = replay(left(chain))
    assert ledger.undeclared == ()
    assert ledger.reconciled


def test_are_known_wherever_the_fold_begins(chain: Chain) -> None:
    commits = left(chain)
    for cut in range(len(commits)):
        published = encode_hash_file(replay(commits[:cut], Ledger()))
        assert replay(commits[cut:], decode_hash_file(published)) == replay(commits)


@pytest.mark.parametrize(
    ("declared", "undeclared"),
    [
        (Repair(2, 6, "gap", None), []),
        (Repair(0, 9, "gap", None), []),
        (Repair(2, 3, "gap", None), [(4, 6)]),
        (Repair(5, 7, "gap", None), [(2, 4)]),
        (Repair(4, 4, "gap", None), [(2, 3), (5, 6)]),
        (Repair(0, 1, "gap", None), [(2, 6)]),
        (Repair(7, 9, "gap", None), [(2, 6)]),
        (Repair(2, 6, "gap", "a copy"), [(2, 6)]),
    ],
)
def test_are_declared_part_by_part(
    declared: Repair, undeclared: list[tuple[int, int]]
) -> None:
    chain = Chain()
    for number in range(8):
        chain.add(mirrored(make_bottle(content=str(number)), day=date(2026, 8, 22)))
    chain.add(LedgerRepaired(declared))
    gap = Repair(2, 6, "gap", None)
    commits = [
        replace(one, gap=gap if one.commit.seq == 7 else None)
        for one in chain.commits
        if not 2 <= one.commit.seq <= 6
    ]
    ledger = replay(commits)
    assert [(part.first, part.last) for part in ledger.undeclared] == undeclared
