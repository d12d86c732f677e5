"""Reading on from a commit that was there, and has been given up since."""

from __future__ import annotations

import pytest

from adapters.ledger.event_log import StoredEventLog
from adapters.ledger.layout import commit_key
from adapters.memory.clock import ManualClock
from adapters.memory.store import MemoryStore
from adapters.retry import ONCE
from domain.errors import LedgerDamagedError, OutdatedLedgerError
from domain.events import GENESIS, LedgerRepaired, RecordedCommit
from domain.records import Repair
from tests.support.log_writing import commit_after, fill
from tests.support.strategies import LEDGER

GAP = Repair(2, 4, "gap", None)


def log_over(store: MemoryStore) -> StoredEventLog:
    return StoredEventLog(store, ManualClock(), ONCE, chance=lambda: 0.5)


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def known(store: MemoryStore) -> list[RecordedCommit]:
    """Return the commits of a log as they were before the third of three was lost."""
    log = log_over(store)
    log.found(LEDGER)
    known = fill(log, 6)
    declared = commit_after(known[-1].position, LedgerRepaired(GAP), writer="new/0/a")
    log.append(declared)
    store.delete(commit_key(GAP.last))
    return known


def test_asks_for_a_reading_anew_only_once(
    store: MemoryStore, known: list[RecordedCommit]
) -> None:
    log = log_over(store)
    inside = known[GAP.first].position
    with pytest.raises(OutdatedLedgerError):
        list(log.read(inside))
    # Whoever comes back with the same would come back for ever.
    with pytest.raises(LedgerDamagedError, match="missing") as caught:
        list(log.read(inside))
    assert not isinstance(caught.value, OutdatedLedgerError)


def test_a_reading_anew_goes_around_it(
    store: MemoryStore, known: list[RecordedCommit]
) -> None:
    log = log_over(store)
    with pytest.raises(OutdatedLedgerError):
        list(log.read(known[GAP.first].position))
    numbers = [recorded.commit.seq for recorded in log.read(GENESIS)]
    assert numbers == [0, 1, 5, 6]
