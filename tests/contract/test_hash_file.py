"""What every hash file promises, on every store."""

from __future__ import annotations

import pytest

from adapters.ledger.hash_file import StoredHashFile
from adapters.ledger.layout import HASH_FILE
from adapters.memory.clock import ManualClock
from adapters.retry import Backoff
from domain.events import RecordedCommit
from domain.ledger import Ledger
from ports.errors import ConflictError
from ports.hash_file import DamagedHashFile, HashFile, PublishedLedger
from ports.store import Store
from tests.support.crowd import CROWD, all_at_once
from tests.support.log_writing import commit_after, mirrored
from tests.support.stores import RACING


def over(store: Store) -> HashFile:
    return StoredHashFile(store, ManualClock(), Backoff(3), chance=lambda: 0.5)


def ledger_of(bottles: int) -> Ledger:
    """Return a ledger of one commit, like no ledger with another number."""
    ledger = Ledger()
    events = (mirrored(number) for number in range(bottles))
    commit = commit_after(ledger.position, *events)
    ledger.apply(RecordedCommit(commit, f"{bottles:064x}"))
    return ledger


def published(hash_file: HashFile) -> PublishedLedger:
    found = hash_file.load()
    assert isinstance(found, PublishedLedger)
    return found


@pytest.fixture
def hash_file(store: Store) -> HashFile:
    return over(store)


class TestHashFileContract:
    def test_gives_back_what_was_published(
        self, store: Store, hash_file: HashFile
    ) -> None:
        assert hash_file.load() is None
        hash_file.publish(ledger_of(1), None)
        assert published(over(store)).ledger == ledger_of(1)
        hash_file.publish(ledger_of(2), published(hash_file).version)
        assert published(over(store)).ledger == ledger_of(2)

    def test_is_not_replaced_by_who_has_not(self, hash_file: HashFile) -> None:
        hash_file.publish(ledger_of(1), None)
        seen = published(hash_file).version
        hash_file.publish(ledger_of(2), seen)
        for version in (None, seen):
            with pytest.raises(ConflictError):
                hash_file.publish(ledger_of(3), version)
        assert published(hash_file).ledger == ledger_of(2)

    def test_is_not_replaced_once_it_is_removed(
        self, store: Store, hash_file: HashFile
    ) -> None:
        hash_file.publish(ledger_of(1), None)
        seen = published(hash_file).version
        store.delete(HASH_FILE)
        with pytest.raises(ConflictError):
            hash_file.publish(ledger_of(2), seen)
        assert hash_file.load() is None

    def test_may_be_published_again_as_it_is(self, hash_file: HashFile) -> None:
        hash_file.publish(ledger_of(1), None)
        hash_file.publish(ledger_of(1), None)
        hash_file.publish(ledger_of(1), published(hash_file).version)
        assert published(hash_file).ledger == ledger_of(1)

    @pytest.mark.parametrize("store", RACING, indirect=True)
    def test_is_replaced_by_one_of_many(self, hash_file: HashFile) -> None:
        hash_file.publish(ledger_of(0), None)
        seen = published(hash_file).version
        errors = all_at_once(lambda n: hash_file.publish(ledger_of(1 + n), seen))
        assert sum(error is None for error in errors) == 1
        assert all(isinstance(e, ConflictError) for e in errors if e is not None)
        winner = published(hash_file).ledger.state.bottles
        assert errors[winner - 1] is None
        assert len(errors) == CROWD

    def test_that_is_damaged_can_be_replaced(
        self, store: Store, hash_file: HashFile
    ) -> None:
        store.create(HASH_FILE, b"{}\n")
        found = hash_file.load()
        assert isinstance(found, DamagedHashFile)
        assert found.reason.startswith("Invalid hash file format: bottles_hash.json: ")
        hash_file.publish(ledger_of(1), found.version)
        assert published(hash_file).ledger == ledger_of(1)
