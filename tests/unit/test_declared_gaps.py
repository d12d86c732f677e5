"""Declared gaps: a log with commits that are gone for good is read around them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from threading import Barrier

import pytest

from adapters.ledger.codec import encode_commit
from adapters.ledger.event_log import StoredEventLog
from adapters.ledger.layout import commit_key
from adapters.memory.clock import ManualClock
from adapters.memory.store import MemoryStore
from adapters.retry import ONCE
from application.inspect_ledger import InspectLedger
from application.opened_ledger import read_anew
from domain.bottle import ObjectKey
from domain.continuity import gone_for_good
from domain.errors import LedgerDamagedError, OutdatedLedgerError
from domain.events import (
    GENESIS,
    Event,
    LedgerRepaired,
    Position,
    RecordedCommit,
    StoreReconciled,
)
from domain.ledger import Ledger
from domain.records import Repair
from domain.state_digest import StateDigest
from ports.errors import NotFoundError
from ports.store import ObjectInfo, StoredObject
from tests.support.chain import completed, started
from tests.support.log_writing import commit_after, fill, mirrored
from tests.support.strategies import LEDGER
from tests.support.watched import Call, Watch, WatchedStore

LAST = 5


def gap(first: int, last: int | None = None) -> Repair:
    return Repair(first, first if last is None else last, "gap", None)


class Log:
    """A log of six commits, to damage and to declare gaps in."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        log = self.anew()
        log.found(LEDGER)
        self.whole = fill(log, LAST + 1)
        self.head = self.whole[-1].position
        self._number = 100

    def anew(self) -> StoredEventLog:
        """Return the log as a new process has it."""
        return StoredEventLog(
            self.store, ManualClock(), ONCE, chance=lambda: 0.5, readers=1
        )

    def lose(self, *numbers: int) -> None:
        for seq in numbers:
            self.store.delete(commit_key(seq))

    def restore(self, seq: int) -> None:
        self.store.create(commit_key(seq), encode_commit(self.whole[seq].commit))

    def rewrite(self, first: int, last: int) -> None:
        """Put commits there that follow what is before them, and each other."""
        position = self.whole[first - 1].position if first else GENESIS
        for seq in range(first, last + 1):
            forged = commit_after(position, mirrored(900 + seq), number=900 + seq)
            body = encode_commit(forged)
            self.lose(seq)
            self.store.create(commit_key(seq), body)
            position = Position(seq, hashlib.sha256(body).hexdigest())

    def add(self, *events: Event) -> RecordedCommit:
        self._number += 1
        commit = commit_after(
            self.head, *events, number=self._number, writer=f"run-{self._number}/0/z"
        )
        recorded = self.anew().append(commit)
        self.head = recorded.position
        return recorded

    def declare(self, *gaps: Repair) -> None:
        self.add(*map(LedgerRepaired, gaps))

    def read(self) -> list[RecordedCommit]:
        return list(self.anew().read(GENESIS))

    def numbers(self) -> list[int]:
        return [recorded.commit.seq for recorded in self.read()]

    def ledger(self) -> Ledger:
        return read_anew(self.anew(), LEDGER)


@pytest.fixture
def log() -> Log:
    return Log()


class TestOneGap:
    @pytest.mark.parametrize(
        ("first", "last"), [(0, 0), (2, 2), (2, 3), (0, 4)], ids=str
    )
    def test_is_read_around(self, log: Log, first: int, last: int) -> None:
        lost = range(first, last + 1)
        log.lose(*lost)
        log.declare(gap(first, last))
        assert log.numbers() == [n for n in range(LAST + 2) if n not in lost]
        crossing = [r.commit.seq for r in log.read() if r.gap is not None]
        assert crossing == [last + 1]
        assert log.ledger().gaps == (gap(first, last),)

    @pytest.mark.parametrize("prev", ["0" * 64, None], ids=["unknown", "pinned"])
    def test_may_be_at_the_tail(self, log: Log, prev: str | None) -> None:
        log.lose(4, 5)
        log.head = Position(LAST, prev or log.head.sha256)
        log.declare(gap(4, 5))
        assert log.numbers() == [0, 1, 2, 3, 6]
        assert log.ledger().position == log.head

    def test_may_be_the_whole_log(self, log: Log) -> None:
        log.lose(*range(LAST + 1))
        log.declare(gap(0, LAST))
        assert log.numbers() == [LAST + 1]

    def test_is_damage_until_it_is_declared(self, log: Log) -> None:
        log.lose(2)
        with pytest.raises(LedgerDamagedError, match="missing") as raised:
            log.numbers()
        assert raised.value.seq == 2

    @pytest.mark.parametrize("damaged", [1, 3, 4])
    def test_does_not_excuse_damage_outside_of_it(self, log: Log, damaged: int) -> None:
        log.lose(2)
        log.declare(gap(2))
        log.lose(damaged)
        with pytest.raises(LedgerDamagedError, match="missing") as raised:
            log.numbers()
        assert raised.value.seq == damaged

    def test_of_a_repair_with_a_source_is_none(self, log: Log) -> None:
        log.lose(2)
        log.add(LedgerRepaired(Repair(2, 2, "gap", "version 1")))
        with pytest.raises(LedgerDamagedError):
            log.numbers()

    def test_is_crossed_also_when_reading_begins_right_before_it(
        self, log: Log
    ) -> None:
        log.lose(2)
        log.declare(gap(2))
        found = list(log.anew().read(log.whole[1].position))
        assert [recorded.commit.seq for recorded in found] == [3, 4, 5, 6]
        assert found[0].gap == gap(2)


class Meeting(MemoryStore):
    """Answers the first two reads after the second list when both are there."""

    def __init__(self) -> None:
        super().__init__()
        self._lists, self._reads = count(), count()
        self._both = Barrier(2)
        self._is_met = False

    def list(self, prefix: str, after: str = "") -> Iterator[ObjectInfo]:
        self._is_met = next(self._lists) == 1
        return super().list(prefix, after)

    def get(self, key: ObjectKey) -> StoredObject:
        if self._is_met and next(self._reads) < 2:
            self._both.wait(timeout=60)
        return super().get(key)


class TestLookingForADeclaration:
    def test_asks_for_several_commits_at_a_time(self, log: Log) -> None:
        log.lose(1)
        log.declare(gap(1))
        meeting = Meeting()
        for info in log.store.list(""):
            meeting.create(info.key, log.store.get(info.key).body)
        slow = StoredEventLog(
            meeting, ManualClock(), ONCE, chance=lambda: 0.5, readers=4
        )
        slow.identity()
        found = [recorded.commit.seq for recorded in slow.read(GENESIS)]
        assert found == [0, 2, 3, 4, 5, 6]

    def test_passes_over_what_is_no_commit(self, log: Log) -> None:
        log.lose(1)
        log.declare(gap(1))
        log.add()
        log.lose(log.head.seq)
        log.store.create(commit_key(log.head.seq), b'"LedgerRepaired"')
        with pytest.raises(LedgerDamagedError) as raised:
            log.numbers()
        assert raised.value.seq == log.head.seq


class TestACommitThatWasRewritten:
    """It follows the one before it, and only what comes behind gives it away."""

    @pytest.mark.parametrize("seq", [0, 2, 4])
    def test_inside_a_gap_is_never_yielded(self, log: Log, seq: int) -> None:
        log.rewrite(seq, seq)
        log.declare(gap(seq))
        assert seq not in log.numbers()

    def test_at_the_tail_is_never_yielded(self, log: Log) -> None:
        log.rewrite(LAST, LAST)
        log.declare(gap(LAST))
        assert log.numbers() == [0, 1, 2, 3, 4, 6]

    def test_is_named_as_one(self) -> None:
        told = gone_for_good(gap(1))
        assert told.startswith("a gap was declared, commit 1, which had been read")

    def test_together_with_others_is_never_folded(self, log: Log) -> None:
        log.rewrite(2, 4)
        log.declare(gap(2, 4))
        with pytest.raises(OutdatedLedgerError, match="read anew") as raised:
            log.numbers()
        assert "a gap was declared, commits 2 to 4, which" in str(raised.value)
        expected = {b"jq-1.0", b"jq-1.1", b"jq-1.5"}
        held = {key.rpartition("-")[0].encode() for key in log.ledger().held}
        assert held == expected

    def test_that_was_yielded_is_not_yielded_again_by_the_same_log(
        self, log: Log
    ) -> None:
        log.rewrite(2, 4)
        log.declare(gap(2, 4))
        same = log.anew()
        with pytest.raises(OutdatedLedgerError):
            list(same.read(GENESIS))
        assert [r.commit.seq for r in same.read(GENESIS)] == [0, 1, 5, 6]


class TestTwoGaps:
    def test_apart_are_both_read_around(self, log: Log) -> None:
        log.lose(1, 4)
        log.declare(gap(1), gap(4))
        assert log.numbers() == [0, 2, 3, 5, 6]
        assert log.ledger().gaps == (gap(1), gap(4))

    @pytest.mark.parametrize(
        "declared",
        [
            [[gap(2), gap(3)]],
            [[gap(2)], [gap(3)]],
            [[gap(3)], [gap(2)]],
            [[gap(2, 3)], [gap(3)]],
            [[gap(3)], [gap(2, 3)]],
        ],
        ids=["at once", "in order", "backwards", "inside", "around"],
    )
    def test_that_touch_are_one(self, log: Log, declared: list[list[Repair]]) -> None:
        log.lose(2, 3)
        for gaps in declared:
            log.declare(*gaps)
        assert log.numbers()[:4] == [0, 1, 4, 5]
        assert log.ledger().gaps == (gap(2, 3),)

    def test_that_touch_keep_every_cause(self, log: Log) -> None:
        log.lose(2, 3)
        log.declare(gap(2), replace(gap(3), cause="truncated"))
        (joined,) = log.ledger().gaps
        assert joined.cause == "gap, truncated"

    def test_one_after_the_other_is_declared_behind_the_first(self, log: Log) -> None:
        log.lose(1)
        log.declare(gap(1))
        log.lose(4)
        log.declare(gap(4))
        assert log.numbers() == [0, 2, 3, 5, 6, 7]
        assert len(log.ledger().gaps) == 2


class TestACommitThatIsFoundLater:
    @pytest.mark.parametrize("seq", [0, 2, 4])
    def test_reads_well_again(self, log: Log, seq: int) -> None:
        log.lose(seq)
        log.declare(gap(seq))
        log.restore(seq)
        assert log.read()[: LAST + 1] == log.whole
        assert len(log.ledger().held) == LAST + 1
        assert log.ledger().gaps == (gap(seq),)


class TestAssertions:
    WRONG = completed(StateDigest(9, 9, 9), "run-x")

    def test_are_not_checked_between_a_gap_and_the_reconciling(self, log: Log) -> None:
        log.lose(2)
        log.declare(gap(2))
        log.add(self.WRONG)
        assert not log.ledger().reconciled

    def test_are_checked_again_after_it(self, log: Log) -> None:
        log.lose(2)
        log.declare(gap(2))
        log.add(StoreReconciled("d0" * 32))
        state = log.ledger().state
        log.add(completed(state, "run-y"))
        assert log.ledger().reconciled
        log.add(self.WRONG)
        with pytest.raises(LedgerDamagedError, match="state digests differ"):
            log.ledger()

    def test_are_checked_before_the_gap(self, log: Log) -> None:
        log.add(self.WRONG)
        log.add()
        lost = log.head.seq
        log.add()
        log.lose(lost)
        log.declare(gap(lost))
        with pytest.raises(LedgerDamagedError, match="state digests differ"):
            log.ledger()

    def test_nothing_is_settled_behind_a_gap(self, log: Log) -> None:
        log.add(started("run-s"))
        log.add(completed(log.ledger().state, "run-s"))
        assert log.ledger().settled
        log.add()
        lost = log.head.seq
        log.add()
        log.lose(lost)
        log.declare(gap(lost))
        assert log.ledger().settled == {}


class TestLookingAtOne:
    @pytest.mark.parametrize(("first", "last"), [(0, 0), (1, 1), (2, 3), (4, 5)])
    def test_says_that_it_is_one(self, log: Log, first: int, last: int) -> None:
        lost = range(first, last + 1)
        log.lose(*lost)
        log.declare(gap(first, last))
        inspect = InspectLedger(log.anew())
        for seq in lost:
            told = f"commit {seq}: it is in a declared gap"
            with pytest.raises(NotFoundError, match=told):
                inspect.commit(seq)
            with pytest.raises(NotFoundError, match=told):
                inspect.at(seq)
        assert inspect.commit(LAST + 1).commit.seq == LAST + 1
        assert inspect.at(LAST + 1).position == log.head
        with pytest.raises(NotFoundError, match="the log's last commit is 6"):
            inspect.at(LAST + 2)


def test_what_vanishes_while_a_gap_is_looked_for_is_damage_of_its_own(log: Log) -> None:
    log.lose(2)
    log.declare(gap(2))
    watch = Watch()

    def lose_another(call: Call) -> None:
        if call.key == commit_key(4) and len(watch.of("list")) > 1:
            log.lose(4)

    watch.before = lose_another
    store = WatchedStore(log.store, watch)
    read = StoredEventLog(store, ManualClock(), ONCE, chance=lambda: 0.5, readers=1)
    with pytest.raises(LedgerDamagedError, match="commit 4: it is missing"):
        list(read.read(GENESIS))
