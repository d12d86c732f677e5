"""The hash file, over a line on which answers get lost, and damaged."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from adapters.ledger.hash_codec import decode_hash_file, encode_hash_file
from adapters.ledger.hash_file import StoredHashFile
from adapters.ledger.layout import HASH_FILE
from adapters.memory.clock import ManualClock
from adapters.memory.store import MemoryStore
from adapters.retry import Backoff
from domain.bottle import ObjectKey
from domain.events import RecordedCommit
from domain.ledger import Ledger
from ports.errors import ConflictError, UnavailableError
from ports.hash_file import DamagedHashFile, PublishedLedger
from ports.store import Store
from tests.support.flaky_store import Fault, FlakyStore
from tests.support.log_writing import commit_after, mirrored

UNTOLD = [Fault.LOST, Fault.LANDED, Fault.LATE, Fault.UNAVAILABLE]


def over(store: Store) -> StoredHashFile:
    return StoredHashFile(store, ManualClock(), Backoff(3), chance=lambda: 0.5)


def ledger_of(bottles: int) -> Ledger:
    ledger = Ledger()
    commit = commit_after(ledger.position, *map(mirrored, range(bottles)))
    ledger.apply(RecordedCommit(commit, f"{bottles:064x}"))
    return ledger


def published(store: Store) -> PublishedLedger:
    found = over(store).load()
    assert isinstance(found, PublishedLedger)
    return found


def damage(body: bytes) -> str:
    store = MemoryStore()
    store.create(HASH_FILE, body)
    found = over(store).load()
    assert isinstance(found, DamagedHashFile)
    return found.reason


class TestAnAnswerThatIsLost:
    @pytest.mark.parametrize("fault", UNTOLD)
    def test_publishes_once(self, fault: Fault) -> None:
        line = FlakyStore(MemoryStore(), {"create": [fault], "replace": [fault]})
        over(line).publish(ledger_of(1), None)
        line.settle()
        assert published(line).ledger == ledger_of(1)
        over(line).publish(ledger_of(2), published(line).version)
        line.settle()
        assert published(line).ledger == ledger_of(2)

    @pytest.mark.parametrize("fault", UNTOLD)
    def test_does_not_hide_that_another_was_first(self, fault: Fault) -> None:
        store = MemoryStore()
        over(store).publish(ledger_of(1), None)
        seen = published(store).version
        over(store).publish(ledger_of(2), seen)
        line = FlakyStore(store, {"create": [fault], "replace": [fault]})
        for version in (None, seen):
            with pytest.raises(ConflictError):
                over(line).publish(ledger_of(3), version)
        line.settle()
        assert published(store).ledger == ledger_of(2)

    def test_is_told_when_no_answer_ever_comes(self) -> None:
        line = FlakyStore(MemoryStore(), {"create": [Fault.LOST] * 3})
        with pytest.raises(UnavailableError, match="not known whether"):
            over(line).publish(ledger_of(1), None)


@pytest.mark.parametrize("odd", ["\u00e9", "\x7f", "a\\b", "\n"])
def test_what_is_not_plain_is_written_as_everything_else_is(odd: str) -> None:
    ledger = Ledger()
    event = replace(mirrored(0), object_key=ObjectKey(f"2026-11-22/{odd}"))
    ledger.apply(RecordedCommit(commit_after(ledger.position, event), f"{1:064x}"))
    body = encode_hash_file(ledger)
    assert json.dumps(odd)[1:-1].encode() in body
    assert decode_hash_file(body) == ledger


def test_a_table_of_many_bottles_is_written_as_one_of_few() -> None:
    body = encode_hash_file(ledger_of(2_500))
    said = json.loads(body)
    assert (
        body == f"{json.dumps(said, sort_keys=True, separators=(',', ':'))}\n".encode()
    )
    assert len(said["bottles"]) == 2_500
    assert decode_hash_file(body) == ledger_of(2_500)


class TestADamagedHashFile:
    @pytest.mark.parametrize(
        ("body", "words"),
        [
            (b"", "not JSON"),
            (b"\xff", "not UTF-8"),
            (b"[]\n", "Invalid input type"),
            (b'{"bottles":{}}\n', "ledger: Missing data for required field"),
        ],
    )
    def test_says_what_is_wrong_with_it(self, body: bytes, words: str) -> None:
        reason = damage(body)
        assert reason.startswith("Invalid hash file format: bottles_hash.json: ")
        assert words in reason

    @pytest.mark.parametrize(
        ("old", "new", "words"),
        [
            (b'"file_size":101', b'"file_size":"101"', "file_size: Not a valid int"),
            (b'"file_size":101', b'"file_size":102', "digest: Is not that of"),
            (b'"rebuild":0', b'"rebuild":1', "Is made of the parts of"),
            (b'"name":"jq"', b'"name":"../jq"', "formula name"),
            (
                b'"object_key":"2026-11-22',
                b'"object_key":"2026-11-23',
                "sum differs",
            ),
            (
                b'"download_date":"2026-11-22',
                b'"download_date":"2026-11-23',
                "sum differs",
            ),
            (b'"seq":0', b'"seq":1', "sum differs"),
            (b'{"bottles"', b'{ "bottles"', "sum differs"),
            (b'"sum":"', b'"more":1,"sum":"', "sum differs"),
            (b'"sum":"', b'"sum":"0', "sum: Not 64 lower-case hex digits"),
        ],
    )
    def test_that_was_edited_by_hand_is_noticed(
        self, old: bytes, new: bytes, words: str
    ) -> None:
        body = encode_hash_file(ledger_of(3))
        edited = body.replace(old, new)
        assert edited != body
        assert words in damage(edited)
