"""A hash file that a newer version published, with more in its state than we fold."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from adapters.ledger.canonical_json import written
from adapters.ledger.event_log import StoredEventLog
from adapters.ledger.examination import Examiner
from adapters.ledger.hash_codec import decode_hash_file, encode_hash_file
from adapters.ledger.hash_file import StoredHashFile
from adapters.ledger.layout import HASH_FILE, IDENTITY, commit_key
from adapters.memory.clock import ManualClock
from adapters.memory.history import MemoryHistory
from adapters.memory.store import MemoryStore
from adapters.retry import ONCE
from application.opened_ledger import open_ledger
from domain.bottle import ObjectKey
from domain.errors import LedgerDamagedError
from ports.errors import MalformedError
from tests.support.damaged_log import no_chance

GOLDEN = Path(__file__).parents[1] / "golden"
BODY = (GOLDEN / HASH_FILE).read_bytes()


def saying(**fields: object) -> bytes:
    """Return the hash file with fields changed, its sum put right."""
    said: dict[str, Any] = {**json.loads(BODY), **fields}
    del said["sum"]
    summed = written(said)[:-1].encode()
    return b'%s,"sum":"%s"}\n' % (summed, sha256(summed).hexdigest().encode())


@pytest.fixture
def store() -> MemoryStore:
    """Return a store in which a newer version has recorded what we do not know."""
    store = MemoryStore()
    for path in sorted((GOLDEN / "ledger").rglob("*.json*")):
        key = ObjectKey(path.relative_to(GOLDEN).as_posix())
        store.create(key, path.read_bytes())
    head = json.loads(BODY)["ledger"]["seq"]
    last = store.get(commit_key(head)).body
    event = {"id": "b2fa8c0c-8844-42d7-9a1c-4c2e130fccff", "t": "BottlePinned", "v": 1}
    line = f"{written(event)}\n".encode()
    header = json.loads(last.partition(b"\n")[0])
    header |= {"seq": head + 1, "prev": sha256(last).hexdigest(), "n": 1}
    header |= {"body": sha256(line).hexdigest(), "wseq": header["wseq"] + 1}
    commit = f"{written(header)}\n".encode() + line
    store.create(commit_key(head + 1), commit)
    position = json.loads(BODY)["ledger"]
    position |= {"seq": head + 1, "sha256": sha256(commit).hexdigest()}
    state = json.loads(BODY)["state"] | {"pinned": ["jq"]}
    store.create(HASH_FILE, saying(format=2, ledger=position, state=state))
    return store


def log_over(store: MemoryStore) -> StoredEventLog:
    return StoredEventLog(store, ManualClock(), ONCE, no_chance, readers=1)


def test_is_no_place_to_go_on_from(store: MemoryStore) -> None:
    hash_file = StoredHashFile(store, ManualClock(), ONCE, no_chance)
    with pytest.raises(LedgerDamagedError, match="BottlePinned"):
        open_ledger(log_over(store), hash_file)


@pytest.mark.parametrize("more", [{}, {"bottles": []}, {"state": {}}])
def test_asks_for_an_update(more: dict[str, object]) -> None:
    with pytest.raises(MalformedError, match="format 2 was made by a newer version"):
        decode_hash_file(saying(format=2, **more))


def test_is_told_of_as_such_when_damage_is_looked_for(store: MemoryStore) -> None:
    examiner = Examiner(store, MemoryHistory(store), log_over(store), [], readers=1)
    kinds = {each.kind for each in examiner.list_only().damage}
    assert kinds == {"newer format"}
    assert store.info(IDENTITY) is not None


def test_of_our_own_format_may_say_so() -> None:
    assert decode_hash_file(saying(format=1)) == decode_hash_file(BODY)
    assert encode_hash_file(decode_hash_file(saying(format=1))) == BODY


@pytest.mark.parametrize("wrong", [0, -1, "2", None, True, 1.5])
def test_of_no_format_is_damaged(wrong: object) -> None:
    body = (
        saying(format=wrong)
        if wrong != 1.5
        else BODY.replace(b'"last_updated"', b'"format":1.5,"last_updated"')
    )
    with pytest.raises(MalformedError, match="Invalid hash file format"):
        decode_hash_file(body)
