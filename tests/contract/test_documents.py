"""What all documents promise, on every store."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import date

import pytest

from adapters.ledger.documents import StoredDocuments, read_import
from adapters.ledger.layout import document_key
from adapters.memory.clock import ManualClock
from adapters.retry import Backoff
from domain.bottle import Bottle, BottleKey, Digest, ObjectKey
from domain.records import Elsewhere
from domain.tags import Tag
from domain.work import Load, Work
from ports.documents import Documents
from ports.errors import MalformedError, NotFoundError
from ports.store import ObjectInfo, Store
from tests.support.crowd import CROWD, all_at_once
from tests.support.stores import RACING

_DIGEST = Digest("a" * 64)
_BOTTLE = Bottle("gtk+3", "3.24.43", 1, Tag("arm64_tahoe"), _DIGEST)
_SAME = replace(_BOTTLE, tag=Tag("x86_64_linux"))
WORK = Work(
    loads=(
        Load(_DIGEST, 1234, (_BOTTLE, _SAME)),
        Load(Digest("b" * 64), None, (replace(_BOTTLE, digest=Digest("b" * 64)),)),
        Load(_DIGEST, 1234, (_SAME,), ObjectKey("2026-11-22/gtk+3.tar.gz")),
    ),
    superseded=((_BOTTLE.key, _DIGEST),),
)
ENTRIES = {
    _BOTTLE.key: Elsewhere(_DIGEST, 0, date(2025, 7, 21)),
    _SAME.key: Elsewhere(Digest("b" * 64), 2**40, date(2026, 11, 22)),
}


def over(store: Store) -> Documents:
    return StoredDocuments(store, ManualClock(), Backoff(3), chance=lambda: 0.5)


@pytest.fixture
def documents(store: Store) -> Documents:
    return over(store)


class TestDocumentsContract:
    def test_give_back_what_was_saved(self, store: Store, documents: Documents) -> None:
        sha256 = documents.save_work(WORK)
        assert documents.save_work(WORK) == sha256
        assert over(store).load_work(sha256) == WORK
        assert documents.sha256_of(WORK) == sha256
        body = store.get(document_key(sha256)).body
        assert hashlib.sha256(body).hexdigest() == sha256

    @pytest.mark.parametrize("store", RACING, indirect=True)
    def test_may_be_saved_by_many_at_once(self, documents: Documents) -> None:
        def save(_: int) -> None:
            documents.save_work(WORK)

        assert all_at_once(save) == [None] * CROWD
        assert documents.load_work(documents.sha256_of(WORK)) == WORK

    def test_that_were_never_saved_are_not_found(self, documents: Documents) -> None:
        for name in ("0" * 64, "", "../ledger", "A" * 64):
            with pytest.raises(NotFoundError):
                documents.load_work(name)

    def test_that_are_not_what_their_name_says_are_refused(
        self, store: Store, documents: Documents
    ) -> None:
        sha256 = documents.sha256_of(WORK)
        store.create(document_key(sha256), b'{"loads":[],"superseded":[],"v":1}\n')
        with pytest.raises(MalformedError, match="not what its name says"):
            documents.load_work(sha256)

    def test_that_are_not_what_their_name_says_are_made_right_by_saving_them(
        self, store: Store, documents: Documents
    ) -> None:
        sha256 = documents.sha256_of(WORK)
        store.create(document_key(sha256), b"{}\n")
        assert documents.save_work(WORK) == sha256
        assert documents.load_work(sha256) == WORK

    def test_list_the_work_of_every_plan_that_can_be_read(
        self, store: Store, documents: Documents
    ) -> None:
        other = replace(WORK, superseded=())
        for work in (WORK, other):
            documents.save_work(work)
        documents.save_import(ENTRIES)
        documents.save_findings([])
        store.create(document_key(Digest("0" * 64)), b"damaged")
        store.create(ObjectKey("ledger/v1/documents/readme.txt"), b"hello")
        works = list(over(store).works())
        assert sorted(map(documents.sha256_of, works)) == sorted(
            map(documents.sha256_of, (WORK, other))
        )

    def test_of_an_empty_store_list_no_work(self, documents: Documents) -> None:
        assert list(documents.works()) == []


class TestImports:
    @pytest.mark.parametrize("entries", [ENTRIES, {}], ids=["some", "none"])
    def test_come_back_as_they_were_saved(
        self, store: Store, documents: Documents, entries: dict[BottleKey, Elsewhere]
    ) -> None:
        sha256 = documents.save_import(entries)
        assert documents.save_import(entries) == sha256
        assert read_import(store, sha256) == entries
        body = store.get(document_key(Digest(sha256))).body
        assert hashlib.sha256(body).hexdigest() == sha256

    def test_are_one_document_in_whatever_order(self, documents: Documents) -> None:
        backwards = dict(reversed(ENTRIES.items()))
        assert documents.save_import(ENTRIES) == documents.save_import(backwards)

    def test_that_were_never_saved_are_not_found(self, store: Store) -> None:
        for name in ("0" * 64, "", "../ledger"):
            with pytest.raises(NotFoundError):
                read_import(store, name)

    def test_are_no_plans_and_plans_no_imports(
        self, store: Store, documents: Documents
    ) -> None:
        with pytest.raises(MalformedError, match="bottles"):
            read_import(store, documents.save_work(WORK))
        with pytest.raises(MalformedError, match="loads"):
            documents.load_work(documents.save_import(ENTRIES))


def test_findings_say_what_lay_where(store: Store, documents: Documents) -> None:
    found = [
        ObjectInfo(ObjectKey("2026-11-22/b"), 2, _DIGEST),
        ObjectInfo(ObjectKey("2026-11-22/a"), 1),
    ]
    sha256 = documents.save_findings(found)
    assert documents.save_findings(reversed(found)) == sha256
    body = store.get(document_key(Digest(sha256))).body
    assert hashlib.sha256(body).hexdigest() == sha256
    assert json.loads(body) == {
        "objects": {
            "2026-11-22/a": {"size": 1},
            "2026-11-22/b": {"sha256": _DIGEST, "size": 2},
        },
        "v": 1,
    }
