"""What the objects of every ledger promise to who copies them, on every store."""

from __future__ import annotations

from datetime import UTC, datetime
from hashlib import sha256

import pytest

from adapters.ledger.event_log import StoredEventLog
from adapters.ledger.layout import IDENTITY, IMPORTED, commit_key, document_key
from adapters.ledger.ledger_objects import StoredLedgerObjects
from adapters.memory.clock import ManualClock
from adapters.retry import Backoff
from domain.bottle import ObjectKey
from domain.events import Position
from ports.errors import ConflictError, NotOurStoreError
from ports.ledger_objects import Imported, LedgerObjects
from ports.store import Store
from tests.support.log_writing import fill
from tests.support.strategies import LEDGER

BEGAN = datetime(2026, 11, 22, 4, 11, tzinfo=UTC)
LATER = datetime(2026, 12, 1, tzinfo=UTC)


def log_in(store: Store) -> StoredEventLog:
    return StoredEventLog(store, ManualClock(), Backoff(), chance=lambda: 0.5)


@pytest.fixture
def objects(store: Store) -> LedgerObjects:
    return StoredLedgerObjects(store, ManualClock(), Backoff(3), chance=lambda: 0.5)


class TestLedgerObjectsContract:
    def test_there_are_none_in_an_empty_store(self, objects: LedgerObjects) -> None:
        with pytest.raises(NotOurStoreError):
            objects.identity()
        with pytest.raises(NotOurStoreError):
            objects.created()
        assert list(objects.commits(-1, 100)) == []
        assert objects.document("ab" * 32) is None
        assert objects.imported() == Imported()

    def test_commits_are_given_by_their_numbers(
        self, store: Store, objects: LedgerObjects
    ) -> None:
        log = log_in(store)
        log.found(LEDGER)
        fill(log, 5)
        assert objects.identity().key == IDENTITY
        assert objects.created() == ManualClock().now()
        for after, until in ((-1, 9), (-1, 2), (1, 3), (4, 4), (3, 3)):
            found = [info.key for info in objects.commits(after, until)]
            wanted = range(after + 1, min(until, 4) + 1)
            assert found == [commit_key(seq) for seq in wanted]
            assert found == [objects.commit(seq) for seq in wanted]
        first = next(objects.commits(-1, 0))
        assert first.size == len(store.get(first.key).body)

    def test_documents_are_known_by_their_keys(
        self, store: Store, objects: LedgerObjects
    ) -> None:
        digest = sha256(b"said").hexdigest()
        store.create(document_key(digest), b"said")
        found = objects.document(digest)
        assert found is not None
        assert (found.key, found.size) == (document_key(digest), 4)
        assert objects.digest_of_document(found.key) == digest
        assert objects.digest_of_document(IDENTITY) is None

    def test_a_store_follows_once(self, store: Store, objects: LedgerObjects) -> None:
        objects.follow(LEDGER, BEGAN, LATER)
        objects.follow(LEDGER, BEGAN, BEGAN)
        assert log_in(store).follows()
        assert log_in(store).identity() == LEDGER
        assert objects.created() == BEGAN
        with pytest.raises(ConflictError):
            objects.follow("0d9b3a52-6a5e-4b7f-8f0e-2f5c7a1d9e30", BEGAN, LATER)

    def test_a_store_that_records_does_not_follow(
        self, store: Store, objects: LedgerObjects
    ) -> None:
        log_in(store).found(LEDGER)
        with pytest.raises(ConflictError):
            objects.follow(LEDGER, BEGAN, LATER)
        assert not log_in(store).follows()

    def test_a_commit_is_laid_as_it_is_and_once(
        self, store: Store, objects: LedgerObjects
    ) -> None:
        objects.lay(0, b"a commit\n")
        objects.lay(0, b"a commit\n")
        assert store.get(commit_key(0)).body == b"a commit\n"
        with pytest.raises(ConflictError):
            objects.lay(0, b"another\n")
        assert store.get(commit_key(0)).body == b"a commit\n"

    def test_how_far_it_has_come_is_remembered(self, objects: LedgerObjects) -> None:
        head = Position(7, "7e" * 32)
        for imported in (
            Imported(),
            Imported(head, 3),
            Imported(head, None),
            Imported(None, 2),
        ):
            objects.note(imported)
            assert objects.imported() == imported

    @pytest.mark.parametrize("body", [b"\xff", b"{", b"[]", b'{"seq":-1}', b"{}"])
    def test_what_cannot_be_read_is_not_known(
        self, store: Store, objects: LedgerObjects, body: bytes
    ) -> None:
        store.create(ObjectKey(IMPORTED), body)
        assert objects.imported() == Imported()
        objects.note(Imported(None, 2))
        assert objects.imported() == Imported(None, 2)
