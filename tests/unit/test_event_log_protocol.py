"""The append protocol, over a line on which answers get lost."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from itertools import product
from threading import Thread

import pytest

from adapters.ledger.codec import encode_commit
from adapters.ledger.event_log import StoredEventLog
from adapters.ledger.layout import commit_key
from adapters.memory.clock import ManualClock
from adapters.memory.store import MemoryStore
from adapters.retry import Backoff
from domain.bottle import ObjectKey
from domain.errors import InvalidValueError, LedgerDamagedError
from domain.events import GENESIS, BottleFailed, Commit
from ports.errors import (
    ConflictError,
    NotFoundError,
    RefusedError,
    UnavailableError,
)
from ports.event_log import MAX_COMMIT_BYTES, CommitTooLargeError
from ports.store import Store
from tests.support.flaky_store import Fault, FlakyStore
from tests.support.log_writing import HonestWriter, commit_after, fill, mirrored
from tests.support.strategies import LEDGER

ATTEMPTS = 5
FIRST = commit_after(GENESIS, mirrored(1), number=1)
OTHER = commit_after(GENESIS, mirrored(2), number=2, writer="run-2/0/b")
KEY = commit_key(0)


class RecordingClock(ManualClock):
    """A clock that keeps in mind how long it was slept on each time."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        super().sleep(seconds)


def log_over(store: Store, clock: ManualClock | None = None) -> StoredEventLog:
    return StoredEventLog(
        store, clock or ManualClock(), Backoff(ATTEMPTS), chance=lambda: 0.5
    )


def founded() -> MemoryStore:
    store = MemoryStore()
    log_over(store).found(LEDGER)
    return store


def flaky(store: Store, *creates: Fault, get: Iterable[Fault] = ()) -> FlakyStore:
    return FlakyStore(store, {"create": creates, "get": get})


class TestAnAnswerThatIsLost:
    @pytest.mark.parametrize("fault", [Fault.LOST, Fault.LANDED, Fault.LATE])
    def test_leaves_the_commit_in_the_log_once(self, fault: Fault) -> None:
        store = founded()
        recorded = log_over(flaky(store, fault)).append(FIRST)
        assert recorded.commit == FIRST
        assert list(log_over(store).read(GENESIS)) == [recorded]

    def test_makes_it_write_the_same_bytes_to_the_same_place(self) -> None:
        line = flaky(founded(), Fault.LOST, Fault.UNAVAILABLE, Fault.LOST)
        log_over(line).append(FIRST)
        assert line.calls == [("create", KEY)] * 4
        assert line.written == [encode_commit(FIRST)] * 4

    def test_is_waited_for_longer_each_time(self) -> None:
        clock = RecordingClock()
        log_over(flaky(founded(), *[Fault.LOST] * 4), clock).append(FIRST)
        assert clock.waits == [0.25, 0.5, 1.0, 2.0]

    def test_does_not_make_anothers_commit_ones_own(self) -> None:
        store = founded()
        log_over(store).append(OTHER)
        for fault in (Fault.LOST, Fault.LANDED, Fault.LATE, Fault.UNAVAILABLE):
            with pytest.raises(ConflictError, match="taken by commit"):
                log_over(flaky(store, fault)).append(FIRST)

    def test_ends_in_doubt_when_no_answer_ever_comes(self) -> None:
        line = flaky(founded(), *[Fault.LOST] * 9)
        with pytest.raises(UnavailableError, match="not known whether") as raised:
            log_over(line).append(FIRST)
        assert raised.value.attempts == ATTEMPTS
        assert len(line.calls) == ATTEMPTS

    def test_ends_without_doubt_when_every_attempt_was_turned_away(self) -> None:
        line = flaky(founded(), *[Fault.UNAVAILABLE] * 9)
        with pytest.raises(UnavailableError, match="it was not written"):
            log_over(line).append(FIRST)

    def test_is_not_forgotten_when_the_next_attempt_is_refused(self) -> None:
        line = flaky(founded(), Fault.LOST, Fault.REFUSED)
        with pytest.raises(UnavailableError, match=r"not known whether.*permission"):
            log_over(line).append(FIRST)


class TestAConflict:
    def test_is_anothers_commit(self) -> None:
        store = founded()
        log_over(store).append(OTHER)
        with pytest.raises(ConflictError, match="run-2/0/b"):
            log_over(store).append(FIRST)

    def test_with_nothing_in_the_way_decides_nothing(self) -> None:
        store = founded()
        recorded = log_over(flaky(store, Fault.CONFLICT)).append(FIRST)
        assert list(log_over(store).read(GENESIS)) == [recorded]

    def test_is_looked_into_until_it_can_be_read(self) -> None:
        store = founded()
        line = flaky(store, Fault.LANDED, get=[Fault.UNAVAILABLE] * 2)
        assert log_over(line).append(FIRST).commit == FIRST

    def test_gives_the_digest_of_the_bytes_that_were_read(self) -> None:
        # Bytes that another program wrote for the same commit: a space is allowed.
        store = founded()
        spaced = encode_commit(FIRST).replace(b'"seq":0', b'"seq": 0', 1)
        store.create(KEY, spaced)
        recorded = log_over(store).append(FIRST)
        assert recorded.commit == FIRST
        assert recorded.sha256 == hashlib.sha256(spaced).hexdigest()

    def test_with_a_damaged_commit_is_damage(self) -> None:
        store = founded()
        store.create(KEY, b"{}\n")
        with pytest.raises(LedgerDamagedError, match="commit 0"):
            log_over(store).append(FIRST)


def test_a_refusal_at_first_is_told_as_it_is() -> None:
    with pytest.raises(RefusedError, match="permission denied"):
        log_over(flaky(founded(), Fault.REFUSED)).append(FIRST)


def test_whatever_goes_wrong_the_answer_is_true() -> None:
    faults = (Fault.LOST, Fault.LANDED, Fault.LATE, Fault.UNAVAILABLE, Fault.CONFLICT)
    for creates in product(faults, repeat=3):
        for taken in (False, True):
            store = founded()
            if taken:
                store.create(KEY, encode_commit(OTHER))
            line = flaky(store, *creates, get=[Fault.NONE, Fault.UNAVAILABLE])
            try:
                found = log_over(line).append(FIRST).commit
            except ConflictError:
                found = OTHER
            line.settle()
            assert [r.commit for r in log_over(store).read(GENESIS)] == [found]
            assert (found == OTHER) == taken


class TestFounding:
    @pytest.mark.parametrize("fault", [Fault.LOST, Fault.LANDED, Fault.LATE])
    def test_survives_a_lost_answer(self, fault: Fault) -> None:
        store = MemoryStore()
        assert log_over(flaky(store, fault)).found(LEDGER) == LEDGER
        assert log_over(store).identity() == LEDGER

    def test_gives_way_to_who_was_first(self) -> None:
        store = MemoryStore()

        class Rival(FlakyStore):
            """Another founds the ledger between the look and the writing."""

            def create(self, key: ObjectKey, body: bytes) -> None:
                log_over(store).found(LEDGER)
                super().create(key, body)

        mine = LEDGER.replace("5", "6")
        assert log_over(Rival(store, {})).found(mine) == LEDGER


@pytest.mark.parametrize(
    "unreadable",
    [
        replace(FIRST, at=FIRST.at.replace(microsecond=1)),
        replace(FIRST, at=FIRST.at.replace(tzinfo=None)),
        replace(FIRST, wseq=0),
        replace(FIRST, id="commit-1"),
        replace(FIRST, prev="0"),
        replace(FIRST, events=(replace(mirrored(1), size=-1),)),
    ],
)
def test_refuses_a_commit_that_could_not_be_read_again(unreadable: Commit) -> None:
    store = founded()
    with pytest.raises(InvalidValueError, match="commit 0"):
        log_over(store).append(unreadable)
    with pytest.raises(NotFoundError):
        store.get(KEY)


class TestACommitThatIsTooLarge:
    WORDY = replace(
        FIRST,
        events=tuple(
            BottleFailed(
                mirrored(n).bottle, "refused", "x" * (MAX_COMMIT_BYTES // 2), 1
            )
            for n in range(2)
        ),
    )

    def test_is_refused_before_anything_is_sent(self) -> None:
        line = flaky(founded())
        with pytest.raises(CommitTooLargeError, match=r"it takes \d+ bytes"):
            log_over(line).append(self.WORDY)
        assert line.calls == []

    def test_is_taken_if_it_has_one_event(self) -> None:
        (one, _) = self.WORDY.events
        assert isinstance(one, BottleFailed)
        huge = replace(one, detail="x" * (2 * MAX_COMMIT_BYTES))
        store = founded()
        recorded = log_over(store).append(replace(FIRST, events=(huge,)))
        assert list(log_over(store).read(GENESIS)) == [recorded]

    def test_is_one_of_a_byte_more_than_may_be(self) -> None:
        one, two = self.WORDY.events
        assert isinstance(two, BottleFailed)
        over = len(encode_commit(self.WORDY)) - MAX_COMMIT_BYTES
        just = replace(two, detail=two.detail[:-over])
        fits = replace(FIRST, events=(one, just))
        assert len(encode_commit(fits)) == MAX_COMMIT_BYTES
        more = replace(just, detail=f"{just.detail}x")
        with pytest.raises(CommitTooLargeError):
            log_over(founded()).append(replace(FIRST, events=(one, more)))
        assert log_over(founded()).append(fits).commit == fits


class TestWritersTogether:
    def test_lose_nothing_and_leave_no_gap(self) -> None:
        store, writers, each = founded(), 16, 5
        bad_line = [Fault.LANDED, Fault.NONE, Fault.LOST, Fault.LATE, Fault.NONE]
        lines = [flaky(store, *bad_line[n % 5 :]) for n in range(writers)]
        crew = [HonestWriter(log_over(line), n) for n, line in enumerate(lines)]

        def work(number: int) -> None:
            for count in range(each):
                crew[number].record(mirrored(number * each + count))

        threads = [Thread(target=work, args=(number,)) for number in range(writers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for line in lines:
            line.settle()
        history = list(log_over(store).read(GENESIS))
        acknowledged = [recorded for writer in crew for recorded in writer.recorded]
        assert len(history) == writers * each
        assert sorted(acknowledged, key=lambda r: r.commit.seq) == history

    def test_are_read_as_a_prefix_while_they_write(self) -> None:
        store = founded()
        log = log_over(store)
        commits = [recorded.commit for recorded in fill(log_over(founded()), 40)]
        writing = Thread(target=lambda: [log.append(commit) for commit in commits])
        writing.start()
        prefixes = []
        while writing.is_alive():
            prefixes.append([r.commit for r in log_over(store).read(GENESIS)])
        writing.join()
        prefixes.append([r.commit for r in log_over(store).read(GENESIS)])
        assert prefixes[-1] == commits
        assert all(prefix == commits[: len(prefix)] for prefix in prefixes)
