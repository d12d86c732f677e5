"""A repair that is cut off, that others disturb, or that has little to do."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest

from adapters.ledger.custody import LogCopy
from adapters.ledger.hash_codec import encode_hash_file
from adapters.ledger.layout import HASH_FILE, IDENTITY, commit_key, document_key
from application import repair_ledger
from application.opened_ledger import open_ledger
from domain.damage import IN_THE_LOG
from domain.events import LedgerRepaired, Position
from domain.records import Repair
from ports.errors import NotOurStoreError, RefusedError
from tests.support.corruption_bytes import flipped
from tests.support.damaged_log import rechained, said_again
from tests.support.damaged_mirror import (
    REPLICA,
    DamagedMirror,
    check_it_goes_on,
    held,
)
from tests.support.mirror import Mirror
from tests.support.watched import Call, Killed, Watch, at_call, is_write


def _drop_and_cut(mirror: DamagedMirror) -> None:
    mirror.remove(commit_key(3))
    mirror.put(6, mirror.body(6)[:100])
    mirror.put(9, flipped(mirror.body(9), 8 * 200))
    mirror.put(11, said_again(mirror.body(11), 11, run="another"))
    mirror.remove(commit_key(mirror.head))


def _rewrite_the_end(mirror: DamagedMirror) -> None:
    body = said_again(mirror.body(10), 10, run="another")
    for seq, each in enumerate(rechained(mirror.grown, 10, body), 10):
        mirror.put(seq, each)


_INTERRUPTED: dict[str, tuple[bool, list[LogCopy], bool]] = {
    "versions": (True, [], False),
    "replica": (False, [REPLICA], False),
    "given up": (False, [], True),
}


def _changes_something(call: Call) -> bool:
    return is_write(call) or call.what in {"restore", "remove_marker"}


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("means", _INTERRUPTED)
@pytest.mark.parametrize("damage", [_drop_and_cut, _rewrite_the_end])
def test_a_repair_that_was_cut_off_ends_the_same_when_it_is_run_again(
    damage: Callable[[DamagedMirror], None], means: str, *, done: bool
) -> None:
    keeps_versions, copies, declare = _INTERRUPTED[means]
    # What is only read leaves no trace: a death there is one before the next change.
    was = held(DamagedMirror().mirror().ledger())
    steps = 0
    while True:
        steps += 1
        mirror = DamagedMirror(keeps_versions=keeps_versions)
        damage(mirror)
        watch = Watch()
        watch.interfere(at_call(steps, watch.kill, _changes_something), done=done)
        with suppress(Killed):
            mirror.repair(copies, declare_gaps=declare, watch=watch)
            break
        report = mirror.repair(copies, declare_gaps=declare)
        assert report.after.ok, f"step {steps}: {report}"
        assert mirror.is_as_it_was() or declare, f"step {steps}"
        after = mirror.mirror()
        assert after.ledger().reconciled, f"step {steps}"
        assert held(after.ledger()) == was, f"step {steps}"
        check_it_goes_on(after)
    assert steps > 5


def _another_writes(mirror: DamagedMirror, seq: int) -> Callable[[Call], None]:
    """Return what writes a commit of another's just before the repair would."""
    body = said_again(
        mirror.body(mirror.head).replace(
            f'"seq":{mirror.head},'.encode(), f'"seq":{seq},'.encode()
        ),
        seq,
        prev=mirror.grown.position(seq - 1).sha256,
        run="another",
        writer="another/0/process",
        wseq=1,
        events=(),
    )

    def write() -> None:
        mirror.bucket.put(commit_key(seq), body)

    return at_call(
        1, write, lambda call: (call.what, call.key) == ("create", commit_key(seq))
    )


def test_a_writer_who_appends_meanwhile_loses_nothing() -> None:
    mirror = DamagedMirror()
    mirror.remove(commit_key(4))
    watch = Watch()
    watch.before = _another_writes(mirror, mirror.head + 1)
    with pytest.raises(RefusedError, match="a writer is at work: stop it"):
        mirror.repair([REPLICA], watch=watch)
    theirs = mirror.bucket.get(commit_key(mirror.head + 1)).body
    assert mirror.is_as_it_was()
    report = mirror.repair([REPLICA])
    assert report.after.ok
    assert mirror.bucket.get(commit_key(mirror.head + 1)).body == theirs
    check_it_goes_on(mirror.mirror())


def test_a_writer_who_takes_an_open_place_at_the_end_is_not_written_over() -> None:
    mirror = DamagedMirror()
    mirror.pin(mirror.head - 1)
    mirror.remove(commit_key(mirror.head))
    watch = Watch()
    watch.before = _another_writes(mirror, mirror.head)
    with pytest.raises(RefusedError, match="a writer is at work: stop it"):
        mirror.repair([REPLICA], watch=watch)
    assert b'"run":"another"' in mirror.bucket.get(commit_key(mirror.head)).body
    assert [d.kind for d in mirror.examine().damage] == ["forged tail"]


def last_repairs(mirror: Mirror) -> list[Repair]:
    """Return what the last commit says was repaired."""
    events = mirror.commits()[-1].commit.events
    return [event.repair for event in events if isinstance(event, LedgerRepaired)]


def test_a_sound_ledger_is_left_as_it_is() -> None:
    mirror = DamagedMirror()
    before, found = mirror.stored(), mirror.examine()
    report = mirror.repair([REPLICA], declare_gaps=True)
    assert found.ok
    assert report.after == found
    assert report.repairs == ()
    assert not report.declared
    assert mirror.stored() == before


def test_what_was_repaired_is_recorded_by_range_and_source() -> None:
    mirror = DamagedMirror()
    for seq in (3, 4):
        mirror.remove(commit_key(seq))
    report = mirror.repair([REPLICA])
    assert last_repairs(mirror.mirror()) == [Repair(3, 4, "gap", "replica")]
    assert report.repairs == (Repair(3, 4, "gap", "replica"),)


def test_a_commit_that_was_written_again_unchanged_is_accepted_once() -> None:
    mirror = DamagedMirror(keeps_versions=True)
    mirror.put(4, mirror.body(4))
    report = mirror.repair()
    (accepted,) = report.repairs
    assert (accepted.first, accepted.last) == (4, 4)
    assert accepted.cause == "second version"
    assert report.after.ok
    assert mirror.repair().repairs == ()


def test_versions_of_a_head_that_nobody_has_seen_are_left_for_a_pin() -> None:
    mirror = DamagedMirror(keeps_versions=True)
    pins, mirror.pins = mirror.pins, []
    mirror.remove(HASH_FILE)
    mirror.put(mirror.head, said_again(mirror.body(mirror.head), mirror.head, run="x"))
    before = mirror.stored()
    report = mirror.repair()
    assert (report.repairs, mirror.stored()) == ((), before)
    (damage,) = report.after.damage
    assert (damage.kind, damage.first) == ("second version", mirror.head)
    assert "a pin of it decides (--pin)" in damage.detail
    mirror.pins = pins
    assert mirror.repair().after.ok
    assert mirror.is_as_it_was()


def test_nothing_is_declared_behind_a_head_of_several_versions() -> None:
    mirror = DamagedMirror(keeps_versions=True)
    pins, mirror.pins = mirror.pins, []
    mirror.remove(HASH_FILE)
    mirror.put(mirror.head, mirror.body(mirror.head))
    gone = mirror.bucket.get(commit_key(4))
    mirror.bucket.delete(commit_key(4), gone.version_id)
    before = mirror.stored()
    with pytest.raises(RefusedError, match="name the right one with --pin"):
        mirror.repair(declare_gaps=True)
    assert mirror.stored() == before
    mirror.pins = pins
    assert mirror.repair(declare_gaps=True).after.ok


def test_a_pin_that_vouches_for_the_head_is_enough_to_accept_it() -> None:
    mirror = DamagedMirror(keeps_versions=True)
    mirror.remove(HASH_FILE)
    mirror.put(mirror.head, mirror.body(mirror.head))
    report = mirror.repair()
    assert report.after.ok
    (accepted,) = report.repairs
    assert accepted.source == "looked at, left as it is"


def _elsewhere(seq: int) -> Position:
    """Return a head of some other mirror."""
    return Position(seq, "ab" * 32)


@pytest.mark.parametrize("back", [0, 3])
def test_what_only_a_pin_accuses_is_told_of_and_not_given_up(back: int) -> None:
    mirror = DamagedMirror()
    mirror.remove(HASH_FILE)
    mirror.pins = [_elsewhere(mirror.head - back)]
    report = mirror.repair(declare_gaps=True)
    assert not report.declared
    assert mirror.is_as_it_was()
    assert commit_key(mirror.head + 1) not in mirror.stored()
    told, *_ = [d for d in report.after.damage if d.kind in IN_THE_LOG]
    assert (told.last, told.expected) == (mirror.head - back, "ab" * 32)


def test_beside_a_pin_of_another_mirror_a_real_gap_is_declared_alone() -> None:
    mirror = DamagedMirror()
    mirror.pins = [_elsewhere(3)]
    mirror.put(4, b"")
    report = mirror.repair(declare_gaps=True)
    assert report.after.gaps == (Repair(4, 4, "truncated", None),)
    assert mirror.bucket.get(commit_key(3)).body == mirror.body(3)


def test_a_pin_behind_the_head_that_nothing_confirms_is_refused() -> None:
    mirror = DamagedMirror()
    mirror.pins = [_elsewhere(10**15)]
    mirror.put(4, b"")
    before = mirror.stored()
    with pytest.raises(RefusedError, match="it does not belong to this log, or"):
        mirror.repair(declare_gaps=True)
    assert mirror.stored() == before
    assert not mirror.repair().after.ok


def test_a_lost_tail_that_the_hash_file_has_seen_is_given_up_to_the_pin() -> None:
    mirror = DamagedMirror()
    mirror.pins = [_elsewhere(mirror.head + 2)]
    mirror.remove(commit_key(mirror.head))
    report = mirror.repair(declare_gaps=True)
    assert report.after.ok
    assert [(gap.first, gap.last) for gap in report.after.gaps] == [
        (mirror.head, mirror.head + 2)
    ]
    check_it_goes_on(mirror.mirror())


def test_many_repairs_are_recorded_in_commits_that_follow_one_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(repair_ledger, "MAX_EVENTS", 2)
    mirror = DamagedMirror()
    for seq in (2, 4, 6, 8, 10):
        mirror.remove(commit_key(seq))
    known = {commit_key(4): mirror.body(4)}
    report = mirror.repair([LogCopy("stick", known.get)], declare_gaps=True)
    assert report.after.ok
    assert [gap.first for gap in report.after.gaps] == [2, 6, 8, 10]
    after = mirror.mirror()
    told = [
        recorded.commit
        for recorded in after.commits()
        if any(isinstance(event, LedgerRepaired) for event in recorded.commit.events)
    ]
    assert [(len(one.events), one.wseq) for one in told] == [(2, 1), (2, 2), (1, 3)]
    assert len({one.writer for one in told}) == 1
    check_it_goes_on(after)


def test_nothing_is_given_up_while_a_writer_is_at_work() -> None:
    mirror = DamagedMirror()
    mirror.put(4, said_again(mirror.body(4), 4, run="another"))
    watch = Watch()
    # They come after the log was examined, when the hash file is asked for.
    head = mirror.head
    theirs = said_again(
        mirror.body(head).replace(f'"seq":{head},'.encode(), b'"seq":%d,' % (head + 1)),
        head + 1,
        prev=mirror.grown.position(head).sha256,
        events=(),
    )

    def write() -> None:
        mirror.bucket.put(commit_key(head + 1), theirs)

    watch.before = at_call(
        3, write, lambda call: (call.what, call.key) == ("get", HASH_FILE)
    )
    before = mirror.stored()
    with pytest.raises(RefusedError, match="and nothing was given up"):
        mirror.repair(declare_gaps=True, watch=watch)
    assert mirror.stored() == before | {commit_key(head + 1): theirs}


def test_nothing_is_appended_behind_a_commit_of_a_newer_format() -> None:
    mirror = DamagedMirror()
    mirror.pins = []
    mirror.remove(HASH_FILE)
    newer = mirror.body(mirror.head).replace(b'"v":1', b'"v":2', 1)
    mirror.put(mirror.head, newer)
    whole = mirror.stored()
    mirror.remove(commit_key(4))
    with pytest.raises(RefusedError, match="newer format: update this program"):
        mirror.repair(declare_gaps=True)
    found = mirror.examine()
    mirror.repair([REPLICA])
    assert [damage.kind for damage in found.damage] == ["gap", "newer format"]
    assert mirror.stored() == whole


def test_what_else_was_restored_is_told_of() -> None:
    mirror = DamagedMirror()
    document = min(mirror.grown.documents)
    mirror.remove(document_key(document))
    mirror.remove(IDENTITY)
    report = mirror.repair([REPLICA])
    assert report.after.ok
    assert report.repairs == ()
    assert report.others == (
        f"document {document} restored from replica",
        "the ledger's identity restored from replica",
    )
    mirror.remove(IDENTITY)
    (told,) = mirror.repair().others
    assert told == (
        "the ledger's identity restored from what its commits say, as of a mirror that"
        " records them"
    )


def test_a_document_that_nothing_needs_may_be_gone_for_good() -> None:
    mirror = DamagedMirror()
    document = min(mirror.grown.documents)
    mirror.remove(document_key(document))
    assert [d.kind for d in mirror.repair().after.damage] == ["document missing"]
    report = mirror.repair(declare_gaps=True)
    assert report.after.ok
    assert (report.declared, report.after.gaps) == (False, ())
    seq = mirror.grown.documents[document]
    (told,) = last_repairs(mirror.mirror())
    source = "none is left, and nothing needs it"
    assert told == Repair(seq, seq, "document missing", source)
    check_it_goes_on(mirror.mirror())


def test_gaps_that_meet_are_declared_as_one() -> None:
    mirror = DamagedMirror()
    mirror.put(5, b"")
    mirror.remove(commit_key(6))
    report = mirror.repair(declare_gaps=True)
    assert report.after.gaps == (Repair(5, 6, "truncated, gap", None),)
    assert report.after.ok


def test_a_gap_beside_one_that_was_declared_before_can_be_declared_too() -> None:
    mirror = DamagedMirror()
    for seq in (6, 5, 7):
        mirror.remove(commit_key(seq))
        assert mirror.repair(declare_gaps=True).after.ok
    after = mirror.mirror()
    assert after.hash_file() == encode_hash_file(after.ledger())
    assert held(after.ledger()) == held(DamagedMirror().mirror().ledger())


def test_a_damaged_hash_file_alone_is_rebuilt_and_nothing_is_recorded() -> None:
    mirror = DamagedMirror()
    mirror.bucket.put(HASH_FILE, b"not JSON")
    found = mirror.examine()
    report = mirror.repair()
    assert [damage.kind for damage in found.damage] == ["hash file damaged"]
    assert report.after.ok
    assert mirror.stored() == DamagedMirror().stored()


def test_a_damaged_log_is_not_published() -> None:
    mirror = DamagedMirror()
    mirror.remove(commit_key(mirror.head))
    published = mirror.stored()[HASH_FILE]
    mirror.repair()
    assert mirror.stored()[HASH_FILE] == published


def test_where_there_is_no_ledger_there_is_nothing_to_repair() -> None:
    mirror = DamagedMirror()
    mirror.pins = []
    for key in mirror.stored():
        mirror.bucket.delete(key)
    with pytest.raises(NotOurStoreError):
        mirror.repair()


def test_a_ledger_without_its_name_is_given_it_again() -> None:
    mirror = DamagedMirror()
    mirror.remove(IDENTITY)
    report = mirror.repair([LogCopy("stick", lambda _: None)])
    assert report.after.ok
    assert mirror.mirror().process().open().identity == mirror.grown.ledger


def test_a_hash_file_from_before_a_gap_is_told_of_and_read_past() -> None:
    mirror = DamagedMirror()
    published = mirror.stored()[HASH_FILE]
    mirror.put(5, b"")
    mirror.repair(declare_gaps=True)
    # Whoever had the old hash file still, has folded what is gone.
    mirror.bucket.put(HASH_FILE, published)
    after = mirror.mirror()
    process = after.process()
    opened = open_ledger(process.log, process.published)
    assert opened.ledger == after.ledger()
    (note,) = opened.notes
    assert "made before a repair" in note
    assert after.sync().outcome == "complete"
    after.check()
