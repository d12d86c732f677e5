"""Looking for damage where little is left, or where it changes while one looks."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256

import pytest

from adapters.ledger.codec import decode_commit, encode_commit
from adapters.ledger.event_log import StoredEventLog
from adapters.ledger.examination import Examiner
from adapters.ledger.layout import HASH_FILE, IDENTITY, commit_key
from adapters.memory.clock import ManualClock
from adapters.retry import ONCE
from domain.bottle import ObjectKey
from domain.damage import Damage
from domain.events import Event, HashFileImported, LedgerRepaired
from domain.records import Repair
from ports.custody import Examination
from tests.fake_s3.faults import NO_FAULT, Fault, Line, Request
from tests.fake_s3.store import FakeStore
from tests.support.damaged_log import DamagedLog, no_chance
from tests.support.damaged_log_growth import grown_log
from tests.support.fake_history import FakeHistory

SEED = 3


def make_log() -> DamagedLog:
    """Return a log that nobody has damaged, with no hash file and no pins."""
    log = DamagedLog(grown_log(SEED))
    log.remove(HASH_FILE)
    log.pins.clear()
    return log


def say(log: DamagedLog, *events: Event) -> None:
    """Append a commit of somebody who has not written before."""
    last = decode_commit(log.body(log.head), log.head)
    commit = replace(
        last,
        seq=log.head + 1,
        prev=sha256(log.body(log.head)).hexdigest(),
        id="6b1f5d7c-3d0e-4c6e-9d55-2f6c1c9f0a11",
        run="new",
        writer="new/0/process",
        wseq=1,
        events=events,
    )
    log.put(commit.seq, encode_commit(commit))


def told(damage: tuple[Damage, ...]) -> list[tuple[str, int, int]]:
    """Return damage as short as it can be told."""
    return [(each.kind, each.first, each.last) for each in damage]


def test_a_log_without_commits_has_no_head() -> None:
    log = make_log()
    for seq in range(log.head + 1):
        log.remove(commit_key(seq))
    for read in (False, True):
        found = log.custody().examine((), read=read)
        assert (found.head, found.commits, found.damage) == (None, 0, ())


def test_a_commit_that_goes_while_one_looks_is_a_gap() -> None:
    log = make_log()
    gone = commit_key(2)

    def remove(request: Request) -> Fault:
        if (request.operation, request.key) == ("GetObject", gone):
            log.remove(gone)
        return NO_FAULT

    store = FakeStore(log.bucket, Line(remove))
    examiner = Examiner(
        store,
        FakeHistory(log.bucket),
        StoredEventLog(store, ManualClock(), ONCE, no_chance, readers=1),
        (),
        readers=1,
    )
    assert told(examiner.read_all().damage) == [("gap", 2, 2)]


def test_an_import_whose_entries_are_gone_is_a_document_that_is_missing() -> None:
    log = make_log()
    say(log, HashFileImported("./old.json", "ab" * 32, 1, None))
    seq = log.head + 1
    assert told(log.examine().damage) == [("document missing", seq, seq)]


def test_a_gap_that_begins_with_commits_that_are_still_there_is_one() -> None:
    log = make_log()
    log.remove(commit_key(4))
    say(log, LedgerRepaired(Repair(2, 4, "gap", None)))
    found = log.examine()
    # Of a gap that nobody reconciled the ledger after.
    assert [each.kind for each in found.damage] == ["not reconciled"]
    assert [(gap.first, gap.last) for gap in found.gaps] == [(2, 4)]


def test_a_line_of_rubbish_is_no_end_that_was_cut_off() -> None:
    log = make_log()
    seq, body = next(
        (seq, body)
        for seq, body in enumerate(log.grown.commits)
        if body.count(b"\n") > 3
    )
    head, first, _, *rest = body.splitlines(keepends=True)
    log.put(seq, b"".join((head, b"\xff" + first, *rest)))
    assert [(each.kind, each.first) for each in log.examine().damage] == [
        ("bit-flipped", seq)
    ]


def test_what_lies_beside_a_commit_is_no_version_of_it() -> None:
    log = make_log()
    log.bucket.put(f"{commit_key(2)}.old", log.body(2))
    log.remove(commit_key(2))
    gap = next(each for each in log.examine().damage if each.kind == "gap")
    assert (gap.first, gap.sources) == (2, ())


def test_a_name_that_nothing_tells_is_not_made_up() -> None:
    log = make_log()
    for seq in range(log.head + 1):
        log.put(seq, b"rubbish")
    log.remove(IDENTITY)
    custody = log.custody()
    found = custody.examine((), read=True)
    assert "identity damaged" in {each.kind for each in found.damage}
    custody.restore(found.damage)
    keys = {version.key for version in log.bucket.versions()}
    assert ObjectKey(IDENTITY) not in keys


def repeat(log: DamagedLog, *events: Event) -> Examination:
    """Append a commit with the count of the last one, and look for damage."""
    last = decode_commit(log.body(log.head), log.head)
    prev = sha256(log.body(log.head)).hexdigest()
    again = replace(last, seq=log.head + 1, prev=prev, events=events)
    log.put(again.seq, encode_commit(again))
    return log.examine()


def test_a_commit_that_was_delivered_twice_is_no_damage() -> None:
    log = make_log()
    assert repeat(log, *decode_commit(log.body(log.head), log.head).events).ok


def test_a_sign_of_life_that_has_the_count_of_another_commit_is_no_damage() -> None:
    assert repeat(make_log()).ok


def test_a_commit_that_is_passed_over_for_another_of_its_count_is_told_of() -> None:
    log = make_log()
    found = repeat(log, LedgerRepaired(Repair(0, 0, "bit-flipped", "a copy")))
    assert told(found.damage) == [("count of a writer", log.head + 1, log.head + 1)]
    assert f"as commit {log.head} is, and says something else" in found.damage[0].detail


@pytest.mark.parametrize("far", [10**19, 10**6])
@pytest.mark.parametrize("read", [True, False])
def test_what_is_numbered_far_behind_all_commits_is_none(
    far: int, *, read: bool
) -> None:
    log = make_log()
    log.put(far, b"a stray")
    log.put(far + 1, log.body(log.head))
    found = log.custody().examine([], read=read)
    assert {each.kind for each in found.damage} == {"bad key"}
    assert commit_key(far) in found.damage[0].detail
    assert len(found.damage) == 2
    assert found.head is not None
    assert found.head.seq == log.head


def test_what_is_numbered_a_little_behind_all_commits_shows_how_many_are_gone() -> None:
    log = make_log()
    log.put(50_000, log.body(log.head))
    found = log.custody().examine([], read=False)
    assert told(found.damage) == [("gap", log.head + 1, 49_999)]


def test_a_gap_that_is_declared_without_end_ends_where_commits_may_be() -> None:
    log = make_log()
    say(log, LedgerRepaired(Repair(log.head + 2, 10**19, "gap", None)))
    log.remove(commit_key(2))
    found = log.custody().examine([], read=False)
    assert told(found.damage) == [("gap", 2, 2)]
    assert told(log.examine().damage) == [("gap", 2, 2)]
