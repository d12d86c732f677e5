from __future__ import annotations

import pytest

from adapters.ledger.hash_codec import encode_hash_file
from adapters.ledger.layout import HASH_FILE, IDENTITY, commit_key
from domain.errors import LedgerDamagedError
from domain.events import Position
from domain.ledger import Ledger, replay
from ports.errors import NotOurStoreError
from tests.support.catalogs import make_bottle
from tests.support.chain import mirrored
from tests.support.mirror import Mirror
from tests.support.watched import Call, is_write


@pytest.fixture
def mirror() -> Mirror:
    """Return a mirror that was synced twice."""
    mirror = Mirror()
    mirror.offer("jq")
    mirror.sync()
    mirror.offer("curl")
    mirror.sync()
    return mirror


def publish(mirror: Mirror, ledger: Ledger) -> None:
    """Put the hash file of ``ledger`` in place of the one that is there."""
    mirror.damage(HASH_FILE, encode_hash_file(ledger))


def at(mirror: Mirror, seq: int) -> Ledger:
    """Return the ledger as it was after a commit."""
    return replay(mirror.commits()[: seq + 1])


def test_an_empty_store_has_no_ledger_and_is_left_empty() -> None:
    mirror = Mirror()
    opened = mirror.process().open()
    assert opened.identity is None
    assert opened.ledger == Ledger()
    assert list(mirror.disk.list("")) == []


def test_a_sound_hash_file_spares_the_replay(mirror: Mirror) -> None:
    process = mirror.process()
    opened = process.open()
    assert opened.ledger == mirror.ledger()
    assert opened.notes == ()
    assert [call.what for call in process.watch.calls] == ["get", "get", "get", "list"]


def test_a_hash_file_that_is_behind_is_folded_on(mirror: Mirror) -> None:
    publish(mirror, at(mirror, 1))
    opened = mirror.process().open()
    assert opened.ledger == mirror.ledger()
    assert opened.notes == ()


def test_a_missing_hash_file_costs_a_replay(mirror: Mirror) -> None:
    mirror.damage(HASH_FILE)
    opened = mirror.process().open()
    assert opened.ledger == mirror.ledger()
    assert opened.version is None


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"not JSON", b'{"bottles": {}}', b"\xff\xfe", b"[" * 100_000]
)
def test_a_damaged_hash_file_is_told_of_and_costs_a_replay(
    mirror: Mirror, body: bytes
) -> None:
    mirror.damage(HASH_FILE, body)
    opened = mirror.process().open()
    assert opened.ledger == mirror.ledger()
    (note,) = opened.notes
    assert note.startswith("Invalid hash file format: bottles_hash.json")
    assert note.endswith("it is rebuilt from the log")


def test_a_hash_file_whose_entries_were_changed_by_hand_is_not_believed(
    mirror: Mirror,
) -> None:
    changed = mirror.hash_file().replace(b'"file_size":', b'"file_size":9')
    mirror.damage(HASH_FILE, changed)
    opened = mirror.process().open()
    assert opened.ledger == mirror.ledger()
    assert len(opened.notes) == 1


def test_a_hash_file_of_another_ledger_is_told_of_and_costs_a_replay(
    mirror: Mirror,
) -> None:
    other = Mirror()
    for _ in range(100):
        other.new_id()
    other.offer("bat")
    other.sync()
    mirror.damage(HASH_FILE, other.hash_file())
    opened = mirror.process().open()
    assert opened.ledger == mirror.ledger()
    (note,) = opened.notes
    assert f"it is of ledger {other.ledger().id}, not {mirror.ledger().id}" in note


def test_a_log_that_ends_before_what_the_hash_file_has_seen_is_damaged(
    mirror: Mirror,
) -> None:
    last = mirror.commits()[-1].commit.seq
    mirror.damage(commit_key(last))
    with pytest.raises(LedgerDamagedError, match="the log ends before it"):
        mirror.process().open()


def test_a_log_that_was_written_anew_is_damaged(mirror: Mirror) -> None:
    head = mirror.commits()[-1]
    journal = mirror.process().journal(at(mirror, head.commit.seq - 1))
    mirror.damage(commit_key(head.commit.seq))
    journal.record([mirrored(make_bottle("forged"))])
    with pytest.raises(LedgerDamagedError) as caught:
        mirror.process().open()
    assert caught.value.seq == head.commit.seq
    assert "not the commit that bottles_hash.json was made from" in str(caught.value)


def test_a_hash_file_that_names_another_commit_is_evidence_against_the_log(
    mirror: Mirror,
) -> None:
    ledger = mirror.ledger()
    ledger.position = Position(ledger.position.seq, "ab" * 32)
    publish(mirror, ledger)
    with pytest.raises(LedgerDamagedError):
        mirror.process().open()


@pytest.mark.parametrize("damaged", [None, b"{}"], ids=["sound", "damaged"])
def test_a_hash_file_without_any_ledger_is_not_ours_to_replace(
    mirror: Mirror, damaged: bytes | None
) -> None:
    body = damaged or mirror.hash_file()
    stray = Mirror()
    stray.disk.create(HASH_FILE, body)
    with pytest.raises(NotOurStoreError) as caught:
        stray.process().open()
    assert "ledger" in str(caught.value)
    assert [info.key for info in stray.disk.list("")] == [HASH_FILE]


def test_a_gap_in_the_log_is_damage(mirror: Mirror) -> None:
    mirror.damage(HASH_FILE)
    mirror.damage(commit_key(1))
    with pytest.raises(LedgerDamagedError) as caught:
        mirror.process().open()
    assert caught.value.seq == 1


def test_a_gap_behind_a_sound_hash_file_is_damage(mirror: Mirror) -> None:
    publish(mirror, at(mirror, 1))
    mirror.damage(commit_key(2))
    with pytest.raises(LedgerDamagedError) as caught:
        mirror.process().open()
    assert caught.value.seq == 2


@pytest.mark.parametrize("moment", [HASH_FILE, IDENTITY])
def test_a_store_that_another_founds_meanwhile_is_opened_all_the_same(
    moment: str,
) -> None:
    mirror = Mirror()
    mirror.offer("jq")
    process = mirror.process()
    others = iter([mirror.process()])

    def another_syncs(call: Call) -> None:
        if call.key == moment and (other := next(others, None)) is not None:
            other.sync()

    process.watch.before = another_syncs
    opened = process.open()
    assert opened.ledger == mirror.ledger()
    assert process.sync().outcome == "complete"


def test_reading_writes_nothing(mirror: Mirror) -> None:
    mirror.damage(HASH_FILE, b"{}")
    process = mirror.process()
    process.open()
    assert not any(map(is_write, process.watch.calls))
