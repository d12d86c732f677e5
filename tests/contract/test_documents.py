"""What all documents promise, on every store."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest

from adapters.ledger.documents import StoredDocuments
from adapters.ledger.layout import document_key
from adapters.memory.clock import ManualClock
from adapters.retry import Backoff
from domain.bottle import Bottle, Digest, ObjectKey
from domain.plan import Load, Work
from domain.tags import Tag
from ports.documents import Documents
from ports.errors import MalformedError, NotFoundError
from ports.store import Store
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
