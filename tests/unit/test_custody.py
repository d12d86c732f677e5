from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from random import Random

import pytest

from adapters.ledger.custody import LogCopy
from adapters.ledger.hash_codec import decode_hash_file, encode_hash_file
from adapters.ledger.identity import decode_identity, encode_identity
from adapters.ledger.layout import (
    HASH_FILE,
    IDENTITY,
    IMPORTED,
    commit_key,
    document_key,
)
from domain.bottle import ObjectKey
from domain.damage import Damage
from domain.events import Position, SyncCompleted
from domain.records import Repair
from domain.state_digest import StateDigest
from ports.custody import Examination
from ports.errors import NotOurStoreError, RefusedError
from tests.support import corruption_bytes as change
from tests.support.corruption_forgeries import hash_file_of_another
from tests.support.damaged_log import DamagedLog, position_of, said_again
from tests.support.damaged_log_growth import grown_log

SEED = 3
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def make_log(*, keeps_versions: bool = False) -> DamagedLog:
    """Return a log that nobody has damaged yet."""
    log = DamagedLog(grown_log(SEED))
    log.bucket.versioning = keeps_versions
    return log


def listed(log: DamagedLog) -> Examination:
    """Look for what listings tell."""
    return log.custody().examine(log.pins, read=False)


def told(examination: Examination) -> list[tuple[str, int, int]]:
    """Return damage as short as it can be told."""
    return [(each.kind, each.first, each.last) for each in examination.damage]


def test_a_sound_log_is_counted() -> None:
    log = make_log()
    found = log.examine()
    lines = sum(body.count(b"\n") - 1 for body in log.grown.commits)
    assert (found.commits, found.events) == (log.head + 1, lines)
    assert found.head == log.pins[0]
    assert listed(log).events is None
    assert listed(log).head == found.head


def test_where_there_is_no_ledger_there_is_nothing_to_examine() -> None:
    log = make_log()
    for key in log.grown.objects:
        log.remove(key)
    for read in (True, False):
        with pytest.raises(NotOurStoreError):
            log.custody().examine(log.pins, read=read)


def test_examining_writes_nothing() -> None:
    log = make_log(keeps_versions=True)
    log.remove(commit_key(2))
    log.put(4, b"")
    before = log.bucket.versions()
    log.examine()
    listed(log)
    assert log.bucket.versions() == before


def test_a_listing_is_enough_for_gaps_keys_versions_and_the_head() -> None:
    log = make_log(keeps_versions=True)
    log.remove(commit_key(2))
    log.put(4, log.body(4))
    log.bucket.put("ledger/v1/commits/notes.txt", b"")
    last = log.bucket.get(commit_key(log.head))
    log.bucket.delete(commit_key(log.head), last.version_id)
    assert told(listed(log)) == [
        ("delete marker", 2, 2),
        ("second version", 4, 4),
        ("head behind a pin", log.head, log.head),
        ("bad key", -1, -1),
    ]


def test_a_listing_shows_a_pinned_commit_that_is_another() -> None:
    log = make_log()
    log.pin(5)
    log.put(5, log.body(5)[:-1])
    log.put(3, log.body(3)[:-1])
    assert told(listed(log)) == [("rewritten commit", 5, 5)]


def test_the_hash_file_is_a_pin_that_needs_no_naming() -> None:
    log = make_log()
    log.pins = []
    for seq in range(log.grown.published, log.head + 1):
        log.remove(commit_key(seq))
    assert told(log.examine()) == [
        ("head behind a pin", log.grown.published, log.grown.published)
    ]


def test_a_pin_that_somebody_names_outweighs_the_hash_file() -> None:
    log = make_log()
    ledger = decode_hash_file(log.grown.objects[HASH_FILE])
    ledger.position = Position(log.head, "ab" * 32)
    log.bucket.put(HASH_FILE, encode_hash_file(ledger))
    assert [d.kind for d in log.examine().damage if d.first >= 0] == []


def test_the_hash_file_of_another_ledger_is_no_pin_and_is_told_of() -> None:
    log = make_log()
    hash_file_of_another(log, Random(0))
    for found in (log.examine(), listed(log)):
        assert told(found) == [("hash file damaged", -1, -1)]
        assert "a replay, rebuilds it" in found.damage[0].detail


def test_the_name_of_another_ledger_over_the_log_is_damage_of_the_name() -> None:
    log = make_log()
    change.identity_of_another(log, Random(0))
    assert told(log.examine()) == [("identity damaged", -1, -1)]
    assert told(listed(log)) == [("identity damaged", -1, -1)]


def test_damage_says_where_good_copies_are() -> None:
    log = make_log(keeps_versions=True)
    log.put(4, b"")
    copies = [
        LogCopy("bad", lambda _: b"something else"),
        LogCopy("none", lambda _: None),
    ]
    truncated, _ = log.custody(copies).examine(log.pins, read=True).damage
    assert truncated.sources == ("version null",)
    assert truncated.expected == log.grown.position(4).sha256


def test_a_name_is_restored_from_a_copy_byte_for_byte() -> None:
    log = make_log()
    whole = log.grown.objects[IDENTITY]
    log.bucket.put(IDENTITY, b"{}")
    copies = [LogCopy("bad", lambda _: b"{}"), LogCopy("stick", lambda _: whole)]
    restore(log, copies)
    assert log.bucket.get(IDENTITY).body == whole


def test_without_a_copy_the_name_is_what_the_commits_say() -> None:
    log = make_log()
    log.remove(IDENTITY)
    log.remove(commit_key(0))
    restore(log)
    assert decode_identity(log.bucket.get(IDENTITY).body).ledger == log.grown.ledger


def test_that_the_name_of_a_follower_may_be_lost_is_told_before_one_is_made() -> None:
    log = make_log()
    log.remove(IDENTITY)
    (damage,) = log.examine().damage
    assert damage.sources == ("what its commits say, as of a mirror that records them",)
    assert "nothing tells whether they came by bottles import" in damage.detail
    assert "--from" in damage.detail


@pytest.mark.parametrize("is_left", [True, False])
def test_a_follower_is_one_again_by_what_is_left_of_its_name(*, is_left: bool) -> None:
    log = make_log()
    own = encode_identity(log.grown.ledger, NOON, follows=NOON)
    log.bucket.put(IDENTITY, own[:-3])
    if not is_left:
        log.remove(IDENTITY)
        log.bucket.put(IMPORTED, b"{}")
    (damage,) = log.examine().damage
    assert damage.sources == ("what its commits and imports say",)
    assert "nothing tells" not in damage.detail
    restore(log, [LogCopy("the recorder", lambda _: log.grown.objects[IDENTITY])])
    assert decode_identity(log.bucket.get(IDENTITY).body).follows is not None


def test_a_document_is_restored_from_an_older_version() -> None:
    log = make_log(keeps_versions=True)
    log.bucket.put(document_key(min(log.grown.documents)), b"something else")
    assert told(log.examine())[0][0] == "document changed"
    restore(log)
    assert log.examine().ok


def test_behind_all_that_was_seen_a_copy_that_fits_is_enough() -> None:
    log = make_log(keeps_versions=True)
    log.pins = []
    log.remove(HASH_FILE)
    for seq in (log.head - 1, log.head):
        log.put(seq, b"")
    while restore(log):
        pass
    assert log.examine().head == log.grown.position(log.head)


def test_what_fits_does_not_replace_a_commit_that_fits_as_well() -> None:
    log = make_log()
    log.pins = []
    log.remove(HASH_FILE)
    other = said_again(log.body(log.head), log.head, run="another")
    log.custody([LogCopy("stick", {commit_key(log.head): other}.get)])
    assert restore(log, [LogCopy("stick", lambda _: other)]) == ()
    assert log.bucket.get(commit_key(log.head)).body == log.body(log.head)


def test_of_several_copies_that_fit_none_is_taken() -> None:
    log = make_log()
    log.pins = []
    log.remove(HASH_FILE)
    whole, key = log.body(log.head), commit_key(log.head)
    log.put(log.head, whole[:100])
    other = said_again(whole, log.head, run="another")
    copies = [
        LogCopy(name, {key: body}.get)
        for name, body in (("one", whole), ("two", other), ("three", whole))
    ]
    custody = log.custody(copies)
    (damage,) = custody.examine(log.pins, read=True).damage
    assert damage.sources == ()
    assert "2 copies fit, and nothing tells which is right" in damage.detail
    assert [repair.source for repair in custody.restore([damage])] == [None]
    assert log.bucket.get(key).body == whole[:100]
    assert restore(log, [copies[0], copies[2]]) == (
        replace(damage, sources=("one",), detail=damage.detail.split("; 2 copies")[0]),
    )
    assert log.bucket.get(key).body == whole


def test_a_pin_and_a_copy_of_another_mirror_put_nothing_back() -> None:
    log = make_log()
    theirs = said_again(log.body(4), 4, ledger="00000000-0000-4000-8000-000000000000")
    log.pins = [Position(4, sha256(theirs).hexdigest())]
    log.remove(HASH_FILE)
    restore(log, [LogCopy("theirs", {commit_key(4): theirs}.get)])
    assert log.bucket.get(commit_key(4)).body == log.body(4)


def test_a_pin_that_is_far_off_takes_no_time() -> None:
    log = make_log()
    log.pins = [Position(10**15, "ab" * 32)]
    damage = log.examine().damage
    assert told(log.examine()) == [("head behind a pin", log.head + 1, 10**15)]
    (repair,) = log.custody().restore(damage)
    assert (repair.first, repair.last, repair.source) == (log.head + 1, 10**15, None)


def test_a_copy_that_is_another_when_it_is_read_again_is_not_put_back() -> None:
    log = make_log()
    log.put(4, b"")
    read = iter([log.body(4), b"another"])
    custody = log.custody([LogCopy("stick", lambda _: next(read))])
    damage = custody.examine(log.pins, read=True).damage
    with pytest.raises(RefusedError, match="not what it was a moment ago"):
        custody.restore(damage)
    assert log.bucket.get(commit_key(4)).body == b""


def restore(log: DamagedLog, copies: list[LogCopy] | None = None) -> tuple[Damage, ...]:
    """Restore what can be, and return the damage that there was."""
    custody = log.custody(copies or [])
    damage = custody.examine(log.pins, read=True).damage
    custody.restore(damage)
    return tuple(each for each in damage if each.sources)


def test_keys_are_asked_for_as_the_store_has_them() -> None:
    log = make_log()
    log.remove(commit_key(4))
    asked: list[ObjectKey] = []

    def get(key: ObjectKey) -> None:
        asked.append(key)

    log.custody([LogCopy("stick", get)]).examine(log.pins, read=True)
    assert asked == [commit_key(4)]


def last_alone(log: DamagedLog, **changes: object) -> Examination:
    """Say something else in the last commit, which nobody has seen, and examine."""
    log.pins = []
    log.remove(HASH_FILE)
    log.put(log.head, said_again(log.body(log.head), log.head, **changes))
    return log.examine()


def test_a_writer_s_commit_that_was_left_out_shows_in_its_count() -> None:
    log = make_log()
    found = last_alone(log, wseq=90)
    assert told(found) == [("count of a writer", log.head, log.head)]
    assert "it is commit 90 of" in found.damage[0].detail


def test_a_state_that_the_commits_do_not_give_is_told_of() -> None:
    log = make_log()
    wrong = SyncCompleted("run-1", "complete", None, {}, StateDigest(99, 99, 99))
    found = last_alone(log, events=(wrong,))
    assert told(found) == [("state differs", log.head, log.head)]


def test_behind_damage_a_fold_tells_nothing() -> None:
    log = make_log()
    log.put(2, said_again(log.body(2), 2, wseq=90))
    assert told(log.examine()) == [("rewritten commit", 2, 2)]


def test_what_lies_where_only_documents_may_lie_is_told_of() -> None:
    log = make_log()
    log.bucket.put("ledger/v1/documents/notes.txt", b"")
    (damage,) = log.examine().damage
    assert (damage.kind, damage.first) == ("bad key", -1)


def test_what_was_given_up_is_kept_as_a_document_and_leaves_its_place() -> None:
    log = make_log()
    other = said_again(log.body(4), 4, run="another")
    log.put(4, other)
    custody = log.custody()
    custody.examine(log.pins, read=True)
    custody.give_up([Repair(4, 4, "rewritten commit", None)])
    kept = log.bucket.get(document_key(sha256(other).hexdigest()))
    assert kept.body == other
    assert told(log.examine()) == [("gap", 4, 4)]


def test_what_cannot_be_read_anyway_stays_where_it_is_when_it_is_given_up() -> None:
    log = make_log()
    log.put(4, b"cut")
    custody = log.custody()
    custody.examine(log.pins, read=True)
    custody.give_up([Repair(4, 4, "truncated", None)])
    assert log.bucket.get(commit_key(4)).body == b"cut"


def test_a_copy_that_changes_while_it_is_put_back_is_not() -> None:
    log = make_log()
    good = log.body(2)
    log.remove(commit_key(2))
    answers = iter([good])
    copy = LogCopy("fickle", lambda _: next(answers, b"another"))
    custody = log.custody([copy])
    found = custody.examine(log.pins, read=True)
    with pytest.raises(RefusedError, match="not what it was a moment ago"):
        custody.restore(found.damage)
    assert told(log.examine()) == [("gap", 2, 2)]


@pytest.mark.parametrize("rubbish", [b"no commit\n", b"\xff\n"], ids=["text", "bytes"])
def test_what_a_pin_asks_for_is_not_put_back_unless_it_is_a_commit(
    rubbish: bytes,
) -> None:
    log = make_log()
    log.remove(commit_key(log.head))
    log.pins = [position_of(log.head, rubbish)]
    custody = log.custody([LogCopy("replica", lambda _: rubbish)])
    found = custody.examine(log.pins, read=True)
    custody.restore(found.damage)
    behind = [("head behind a pin", log.head, log.head)]
    assert told(found) == told(log.examine()) == behind


def test_what_many_commits_were_restored_from_is_said_in_few_words() -> None:
    log = make_log()
    # Of this one no version is good.
    log.put(7, b"damaged")
    log.bucket.versioning = True
    for seq in range(2, 7):
        log.put(seq, log.body(seq))
        log.put(seq, b"damaged")
    whole = log.body(7)
    stick = LogCopy("stick", lambda key: whole if key == commit_key(7) else None)
    custody = log.custody([stick])
    found = custody.examine(log.pins, read=True)
    (repair,) = custody.restore(found.damage)
    assert (repair.first, repair.last) == (2, 7)
    assert repair.source == "older versions, stick"
    assert log.examine().damage[0].kind == "second version"


def test_what_few_commits_were_restored_from_is_named() -> None:
    log = make_log(keeps_versions=True)
    for seq in (2, 3):
        log.put(seq, log.body(seq))
        log.put(seq, b"damaged")
    custody = log.custody()
    (repair,) = custody.restore(custody.examine(log.pins, read=True).damage)
    assert repair.source is not None
    assert repair.source.count("version ") == 2
