"""What every event log promises, on every store."""

from __future__ import annotations

import hashlib
from uuid import uuid4

import pytest

from adapters.ledger.event_log import StoredEventLog
from adapters.ledger.identity import encode_identity
from adapters.ledger.layout import IDENTITY, commit_key
from adapters.memory.clock import ManualClock
from adapters.retry import Backoff
from domain.errors import LedgerDamagedError
from domain.events import GENESIS
from domain.ledger import replay
from ports.errors import ConflictError, FollowerError
from ports.event_log import EventLog
from ports.store import Store
from tests.support.crowd import CROWD, all_at_once
from tests.support.log_writing import HonestWriter, commit_after, fill, mirrored
from tests.support.stores import RACING
from tests.support.strategies import LEDGER


def another(store: Store) -> EventLog:
    """Return the same log as another process would have it."""
    return StoredEventLog(store, ManualClock(), Backoff(), chance=lambda: 0.5)


@pytest.fixture
def empty(store: Store) -> EventLog:
    return another(store)


@pytest.fixture
def log(store: Store) -> EventLog:
    another(store).found(LEDGER)
    return another(store)


class TestEventLogContract:
    def test_is_founded_once(self, store: Store, empty: EventLog) -> None:
        assert empty.identity() is None
        assert list(empty.read(GENESIS)) == []
        assert empty.found(LEDGER) == LEDGER
        assert empty.identity() == LEDGER
        assert another(store).found(str(uuid4())) == LEDGER
        assert another(store).identity() == LEDGER

    def test_of_a_follower_takes_no_commit(self, store: Store) -> None:
        assert not another(store).follows()
        now = ManualClock().now()
        store.create(IDENTITY, encode_identity(LEDGER, now, follows=now))
        assert another(store).follows()
        assert another(store).found(str(uuid4())) == LEDGER
        log = another(store)
        assert list(log.read(GENESIS)) == []
        assert log.identity() == LEDGER
        with pytest.raises(FollowerError, match=LEDGER):
            log.append(commit_after(GENESIS, mirrored(1)))
        assert list(another(store).read(GENESIS)) == []

    def test_of_a_mirror_that_records_follows_none(self, log: EventLog) -> None:
        assert not log.follows()

    @pytest.mark.parametrize("store", RACING, indirect=True)
    def test_is_founded_once_by_many(self, store: Store) -> None:
        founded: list[str] = []
        errors = all_at_once(
            lambda _: founded.append(another(store).found(str(uuid4())))
        )
        assert errors == [None] * CROWD
        assert set(founded) == {another(store).identity()}

    def test_gives_back_what_was_appended(self, store: Store, log: EventLog) -> None:
        recorded = fill(log, 5)
        assert list(another(store).read(GENESIS)) == recorded
        for place, known in enumerate(recorded):
            assert list(log.read(known.position)) == recorded[place + 1 :]
            body = b"".join(store.read(commit_key(place)))
            assert known.sha256 == hashlib.sha256(body).hexdigest()
            assert log.sha256_at(place) == known.sha256
        assert log.sha256_at(5) is None

    def test_refuses_a_position_already_taken(self, log: EventLog) -> None:
        (first,) = fill(log, 1)
        with pytest.raises(ConflictError):
            log.append(commit_after(GENESIS, mirrored(9), number=9))
        assert list(log.read(GENESIS)) == [first]

    def test_takes_the_same_commit_again(self, log: EventLog) -> None:
        (first,) = fill(log, 1)
        assert log.append(first.commit) == first
        assert list(log.read(GENESIS)) == [first]

    @pytest.mark.parametrize("store", RACING, indirect=True)
    def test_lets_one_of_many_have_a_position(self, log: EventLog) -> None:
        def take(number: int) -> None:
            log.append(commit_after(GENESIS, number=number))

        errors = all_at_once(take)
        assert sum(error is None for error in errors) == 1
        assert all(isinstance(e, ConflictError) for e in errors if e is not None)
        (standing,) = log.read(GENESIS)
        assert errors[standing.commit.wseq - 1] is None

    @pytest.mark.parametrize("store", RACING, indirect=True)
    def test_loses_nothing_of_many_writers(self, store: Store, log: EventLog) -> None:
        crew = [HonestWriter(another(store), number) for number in range(CROWD)]
        errors = all_at_once(lambda number: crew[number].record(mirrored(number)))
        assert errors == [None] * CROWD
        acknowledged = [recorded for writer in crew for recorded in writer.recorded]
        history = list(log.read(GENESIS))
        assert sorted(acknowledged, key=lambda r: r.commit.seq) == history
        assert len(replay(history).held) == CROWD

    def test_tells_of_a_gap(self, store: Store, log: EventLog) -> None:
        recorded = fill(log, 5)
        store.delete(commit_key(2))
        commits = log.read(GENESIS)
        assert [next(commits), next(commits)] == recorded[:2]
        with pytest.raises(LedgerDamagedError) as raised:
            next(commits)
        assert raised.value.seq == 2

    def test_tells_of_a_changed_byte(self, store: Store, log: EventLog) -> None:
        fill(log, 5)
        body = bytearray(store.get(commit_key(2)).body)
        body[-30] ^= 1
        store.delete(commit_key(2))
        store.create(commit_key(2), bytes(body))
        with pytest.raises(LedgerDamagedError) as raised:
            list(log.read(GENESIS))
        assert raised.value.seq == 2
