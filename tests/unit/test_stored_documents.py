"""Documents, over a line on which answers get lost, and of other forms."""

from __future__ import annotations

import hashlib
import json

import pytest

from adapters.ledger.documents import StoredDocuments
from adapters.ledger.layout import document_key
from adapters.ledger.work_codec import decode_work, encode_work
from adapters.memory.clock import ManualClock
from adapters.memory.store import MemoryStore
from adapters.retry import Backoff
from domain.bottle import Bottle, Digest
from domain.tags import Tag
from domain.work import Load, Work
from ports.errors import MalformedError
from ports.store import Store
from tests.support.flaky_store import Fault, FlakyStore

_BOTTLE = Bottle("gtk+3", "3.24.43", 1, Tag("arm64_tahoe"), Digest("a" * 64))
WORK = Work(loads=(Load(_BOTTLE.digest, 1234, (_BOTTLE,)),))


def over(store: Store) -> StoredDocuments:
    return StoredDocuments(store, ManualClock(), Backoff(3), chance=lambda: 0.5)


@pytest.mark.parametrize(
    "fault", [Fault.LOST, Fault.LANDED, Fault.LATE, Fault.UNAVAILABLE]
)
def test_work_is_saved_though_the_answer_is_lost(fault: Fault) -> None:
    line = FlakyStore(MemoryStore(), {"create": [fault]})
    sha256 = over(line).save_work(WORK)
    line.settle()
    assert over(line).load_work(sha256) == WORK


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "not JSON"),
        (b"{}", "loads: Missing"),
        (b'{"v":2}', "made by a newer version of this program: update it"),
        (b'{"loads":[],"superseded":[["jq"]],"v":1}', "superseded"),
        (
            b'{"loads":[{"bottles":[],"sha256":"%s"}],"superseded":[],"v":1}'
            % (b"a" * 64),
            "bottles of a load",
        ),
    ],
)
def test_a_document_of_another_form_is_refused(body: bytes, words: str) -> None:
    store = MemoryStore()
    sha256 = hashlib.sha256(body).hexdigest()
    store.create(document_key(sha256), body)
    with pytest.raises(MalformedError, match=words):
        over(store).load_work(sha256)


def test_a_guess_is_written_only_where_there_is_one() -> None:
    guessed = Work((Load(_BOTTLE.digest, None, (_BOTTLE,), estimate=7),))
    said = json.loads(encode_work(guessed))
    assert said["loads"][0]["estimate"] == 7
    assert b"estimate" not in encode_work(WORK)


def test_a_guess_beside_a_size_is_refused() -> None:
    said = json.loads(encode_work(WORK))
    said["loads"][0]["estimate"] = 7
    with pytest.raises(MalformedError, match="estimate of a load"):
        decode_work("document", json.dumps(said).encode())
