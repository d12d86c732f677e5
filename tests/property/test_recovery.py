"""Whenever there is a good copy, the log is as it was; where there is none, it says so.

A failure prints the operator and the seed of ``Random`` that it was given.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from adapters.ledger.custody import LogCopy
from adapters.ledger.layout import COMMITS, HASH_FILE, commit_key, commit_seq
from domain.bottle import ObjectKey
from domain.damage import IN_THE_LOG
from tests.property.test_corruption import OPERATORS
from tests.support import corruption_forgeries as forgeries
from tests.support import corruption_places as places
from tests.support.corruption import Named, Operator
from tests.support.corruption_bytes import (
    bad_key,
    document_changed,
    document_missing,
    flipped,
    several_bytes,
    truncated,
)
from tests.support.damaged_log import said_again
from tests.support.damaged_mirror import (
    REPLICA,
    DamagedMirror,
    check_it_goes_on,
    grown_mirror,
    held,
)

SEEDS = range(2)
# What lies where nothing may lie is for a person to move away.
MENDED = tuple(each for each in OPERATORS if each is not bad_key)
HOPELESS: tuple[Operator, ...] = (
    truncated,
    several_bytes,
    places.dropped,
    places.dropped_range,
    places.cut_tail,
    forgeries.forged_last,
    forgeries.rewritten,
    forgeries.rewritten_suffix,
    document_missing,
    document_changed,
)
each_operator = pytest.mark.parametrize("operator", MENDED, ids=lambda e: e.__name__)
each_hopeless = pytest.mark.parametrize("operator", HOPELESS, ids=lambda e: e.__name__)


def damaged(
    operator: Operator, seed: int, *, keeps_versions: bool = False
) -> tuple[DamagedMirror, tuple[Named, ...]]:
    """Return a mirror whose log an operator has damaged, and the damage's names."""
    mirror = DamagedMirror(keeps_versions=keeps_versions)
    return mirror, operator(mirror, Random(f"{operator.__name__} {seed}"))


@pytest.mark.parametrize("source", ["older versions", "replica"])
@each_operator
def test_what_has_a_good_copy_is_as_it_was(operator: Operator, source: str) -> None:
    for seed in SEEDS:
        mirror, names = damaged(
            operator, seed, keeps_versions=source == "older versions"
        )
        copies = [REPLICA] if source == "replica" else []
        # Behind the old head there is nothing of which there could be a copy.
        beyond = any(name.last > mirror.head for name in names)
        report = mirror.repair(copies, declare_gaps=beyond)
        assert report.after.ok, f"seed {seed}: {report}"
        assert mirror.is_as_it_was(), f"seed {seed}: {report.repairs}"
        assert beyond == any(repair.is_gap for repair in report.repairs)
        check_it_goes_on(mirror.mirror())


@each_hopeless
def test_what_has_no_copy_is_left_alone_and_told_of(operator: Operator) -> None:
    for seed in SEEDS:
        mirror, names = damaged(operator, seed)
        before, found = mirror.stored(), mirror.examine()
        report = mirror.repair()
        assert mirror.stored() == before
        assert not report.declared
        assert report.after.damage == found.damage
        assert {name.kind for name in names} <= {d.kind for d in report.after.damage}


@each_operator
def test_what_is_given_up_is_a_gap_and_the_ledger_says_what_is_held(
    operator: Operator,
) -> None:
    for seed in SEEDS:
        mirror, _ = damaged(operator, seed)
        was = held(DamagedMirror().mirror().ledger())
        report = mirror.repair(declare_gaps=True)
        assert report.after.ok, f"seed {seed}: {report}"
        assert report.declared == bool(report.after.gaps)
        after = mirror.mirror()
        ledger = after.ledger()
        assert ledger.reconciled
        assert held(ledger) == was, f"seed {seed}"
        check_it_goes_on(after)
        # What is declared is declared for ever, and is no damage again.
        again = DamagedMirror.examined(after)
        assert again.ok
        assert again.gaps == report.after.gaps


def test_of_what_is_given_up_the_evidence_is_kept() -> None:
    mirror, _ = damaged(forgeries.forged_last, 0)
    forged = mirror.bucket.get(commit_key(mirror.head)).body
    mirror.repair(declare_gaps=True)
    assert forged in mirror.stored().values()


def test_with_the_hash_file_gone_too_the_plans_tell_what_is_held() -> None:
    mirror = DamagedMirror()
    was = held(mirror.mirror().ledger())
    mirror.remove(HASH_FILE)
    for seq in range(mirror.head + 1):
        mirror.remove(commit_key(seq))
    assert mirror.repair(declare_gaps=True).after.ok
    after = mirror.mirror()
    assert {key for key, *_ in held(after.ledger())} == {key for key, *_ in was}
    check_it_goes_on(after)


def test_a_copy_of_one_of_three_brings_back_that_one() -> None:
    mirror = DamagedMirror()
    for seq in (4, 5, 6):
        mirror.remove(commit_key(seq))
    some = LogCopy("stick", {commit_key(6): mirror.body(6)}.get)
    report = mirror.repair([some])
    assert [(r.first, r.last, r.source) for r in report.repairs] == [
        (6, 6, "stick"),
        (4, 5, None),
    ]
    assert [(d.kind, d.first, d.last) for d in report.after.damage] == [("gap", 4, 5)]
    declared = mirror.repair([some], declare_gaps=True)
    assert [(gap.first, gap.last) for gap in declared.after.gaps] == [(4, 5)]
    assert mirror.log_bytes().keys() == set(range(mirror.head + 1)) - {4, 5}
    check_it_goes_on(mirror.mirror())


def test_the_last_of_three_copies_does_not_vouch_for_those_before_it() -> None:
    mirror = DamagedMirror()
    for seq in (4, 5, 6):
        mirror.remove(commit_key(seq))
    known = {commit_key(4): mirror.body(4), commit_key(5): mirror.body(5)}
    report = mirror.repair([LogCopy("stick", known.get)])
    # Nothing tells what commit 5 was, for commit 6 is gone.
    assert [(d.kind, d.first, d.last) for d in report.after.damage] == [("gap", 4, 6)]


_ANOTHER = "00000000-0000-4000-8000-000000000000"
_WRONG: dict[str, Callable[[bytes, int], bytes]] = {
    "cut": lambda body, _: body[:-10],
    "turned": lambda body, _: flipped(body, 8 * 300),
    "another": lambda body, seq: said_again(body, seq, id=_ANOTHER),
    "empty": lambda _body, _seq: b"",
}


@pytest.mark.parametrize("wrong", _WRONG)
@pytest.mark.parametrize(
    "operator", [places.dropped, places.cut_tail, truncated, forgeries.rewritten_suffix]
)
def test_the_chain_decides_which_copy_is_right(operator: Operator, wrong: str) -> None:
    def get(key: ObjectKey) -> bytes | None:
        body = grown_mirror().objects.get(key)
        seq = commit_seq(key)
        return body if body is None or seq is None else _WRONG[wrong](body, seq)

    bad = LogCopy("bad", get)
    mirror, _ = damaged(operator, 0)
    before = mirror.stored()
    assert not mirror.repair([bad]).after.ok
    assert mirror.stored() == before
    report = mirror.repair([bad, REPLICA])
    assert report.after.ok
    assert {repair.source for repair in report.repairs} == {"replica"}
    assert mirror.is_as_it_was()


def test_a_deletion_is_taken_back_and_not_written_over() -> None:
    mirror = DamagedMirror(keeps_versions=True)
    key = commit_key(5)
    before = mirror.bucket.versions(key)
    # Whoever deletes twice leaves two markers.
    mirror.remove(key)
    mirror.remove(key)
    report = mirror.repair()
    assert report.after.ok
    assert mirror.bucket.versions(key) == before


def test_what_lies_where_only_commits_may_lie_is_left_for_a_person() -> None:
    mirror, _ = damaged(bad_key, 0)
    before = mirror.stored()
    report = mirror.repair([REPLICA], declare_gaps=True)
    assert mirror.stored() == before
    assert [d.kind for d in report.after.damage] == ["bad key"]
    assert not {d.kind for d in report.after.damage} & IN_THE_LOG
    assert "move it away" in report.after.damage[0].detail
    assert [key for key in before if key.startswith(COMMITS)]
