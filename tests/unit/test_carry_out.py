from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import count
from threading import Event as Flag
from threading import Lock, active_count, current_thread, main_thread

import pytest

from adapters.memory.spool import RecordingSpool
from application.journal import Journal
from application.tally import Tally
from domain.bottle import Bottle, BottleKey, Digest, ObjectKey
from domain.events import BottleFailed, BottleMirrored
from domain.work import Amount, Load
from ports.errors import (
    AccessDeniedError,
    NotFoundError,
    PortError,
    RefusedError,
    StoreFullError,
    UnavailableError,
)
from tests.support.catalogs import make_bottle
from tests.support.chain import DAY, mirrored
from tests.support.mirror import Mirror
from tests.support.watched import Call

LONG = 60  # seconds after which a test that waits for a thread has failed


def bottles(number: int) -> list[Bottle]:
    return [make_bottle("jq", f"{n:03}", content=f"{n}") for n in range(number)]


class Errand:
    """Loads to carry out in one run over an empty mirror."""

    def __init__(self, loads: int, *, jobs: int = 1) -> None:
        self.mirror = Mirror()
        self.bottles = bottles(loads)
        for number in range(loads):
            self.mirror.upstream.add(f"{number}".encode())
        self.process = self.mirror.process(jobs=jobs)
        self.journal = self.process.journal()

    def fail(self, numbers: Iterable[int], error: Callable[[str], PortError]) -> None:
        """Have upstream answer so when it is asked for these bottles."""
        for number in numbers:
            bottle = self.bottles[number]
            self.mirror.upstream.fail(bottle.digest, error(bottle.key))

    def carry_out(self) -> Tally:
        loads = [Load(bottle.digest, None, (bottle,)) for bottle in self.bottles]
        return self.process.carry_out(loads, self.journal, DAY)

    def recorded(self) -> list[Bottle]:
        return sorted(event.bottle for event in self.mirror.recorded(BottleMirrored))


def unavailable(what: str) -> UnavailableError:
    return UnavailableError(what, "no answer", attempts=5)


class NobodyThereError(UnavailableError):
    """As adapters have them: what next is the same, and what to say is theirs."""


def nobody_there(what: str) -> NobodyThereError:
    return NobodyThereError(what, "connection refused", attempts=5)


def refused(what: str) -> RefusedError:
    return RefusedError(what, "403")


def denied(what: str) -> AccessDeniedError:
    return AccessDeniedError(what, "403")


def not_found(what: str) -> NotFoundError:
    return NotFoundError(what, "no such blob")


class TestRecording:
    @pytest.mark.parametrize("jobs", [1, 4])
    def test_every_bottle_is_stored_and_recorded(self, jobs: int) -> None:
        errand = Errand(30, jobs=jobs)
        tally = errand.carry_out()
        assert errand.recorded() == errand.bottles
        assert tally.fetched == Amount(30, 50)
        assert tally.outcome == "complete"
        assert tally.counts == {
            "bytes": 50,
            "copied": 0,
            "failed": 0,
            "mirrored": 30,
        }

    @pytest.mark.parametrize("jobs", [1, 4])
    def test_bytes_are_stored_before_the_event_that_speaks_of_them(
        self, jobs: int
    ) -> None:
        errand = Errand(600, jobs=jobs)
        held: list[tuple[set[ObjectKey], set[ObjectKey]]] = []

        def look(call: Call) -> None:
            if call.what == "create":
                promised = {
                    event.object_key
                    for event in errand.mirror.events()
                    if isinstance(event, BottleMirrored)
                }
                held.append((promised, set(errand.mirror.bottles())))

        errand.process.watch.after = look
        errand.carry_out()
        assert [promised - there for promised, there in held] == [set()] * len(held)
        assert len(held) >= 3

    def test_commits_have_at_most_256_events(self) -> None:
        errand = Errand(300, jobs=4)
        errand.carry_out()
        sizes = [len(one.commit.events) for one in errand.mirror.commits()]
        assert sizes == [256, 44]

    def test_no_work_makes_no_commit(self) -> None:
        errand = Errand(0)
        assert errand.carry_out() == Tally()
        assert errand.mirror.commits() == []

    def test_what_was_mirrored_is_recorded_after_20_seconds(self) -> None:
        errand = Errand(2)
        recorded = Flag()

        def wait(call: Call) -> None:
            if call == Call("open", errand.bottles[1].key):
                assert recorded.wait(LONG)
            elif call.what == "open":
                errand.mirror.clock.sleep(20)

        def look(call: Call) -> None:
            if call.what == "create":
                recorded.set()

        errand.process.watch.before = wait
        errand.process.watch.after = look
        errand.carry_out()
        assert [len(one.commit.events) for one in errand.mirror.commits()] == [1, 1]

    def test_also_when_nothing_else_is_done_by_then(self) -> None:
        errand = Errand(2)
        recorded = Flag()

        def wait(call: Call) -> None:
            if call == Call("open", errand.bottles[1].key):
                errand.mirror.clock.sleep(0.05)
                assert recorded.wait(LONG)
            elif call.what == "open":
                errand.mirror.clock.sleep(19.95)

        def look(call: Call) -> None:
            if call.what == "create":
                recorded.set()

        errand.process.watch.before = wait
        errand.process.watch.after = look
        errand.carry_out()
        assert len(errand.mirror.commits()) == 2

    def test_before_20_seconds_one_commit_is_enough(self) -> None:
        errand = Errand(5)

        def pass_time(call: Call) -> None:
            if call.what == "open":
                errand.mirror.clock.sleep(3.9)

        errand.process.watch.before = pass_time
        errand.carry_out()
        assert len(errand.mirror.commits()) == 1


class RecordedFirst(RecordingSpool):
    """Looks, whenever it is to forget, whether that is recorded."""

    def __init__(self, mirror: Mirror) -> None:
        super().__init__()
        self._mirror = mirror
        self.too_soon: set[Digest] = set()

    def forget(self, digests: Iterable[Digest]) -> None:
        forgotten = set(digests)
        recorded = self._mirror.recorded(BottleMirrored)
        self.too_soon |= forgotten - {event.bottle.digest for event in recorded}
        super().forget(forgotten)


class TestSpool:
    @pytest.mark.parametrize("jobs", [1, 4])
    def test_a_part_is_forgotten_when_its_bottle_is_recorded_and_not_before(
        self, jobs: int
    ) -> None:
        errand = Errand(300, jobs=jobs)
        spool = RecordedFirst(errand.mirror)
        errand.process.transfer = replace(errand.process.transfer, spool=spool)
        transfer = errand.process.transfer
        errand.process.carry_out = replace(errand.process.carry_out, transfer=transfer)
        errand.carry_out()
        assert spool.too_soon == set()
        assert sorted(spool.forgotten) == sorted(b.digest for b in errand.bottles)

    def test_that_of_a_bottle_that_failed_stays(self) -> None:
        errand = Errand(2)
        errand.fail([0], unavailable)
        errand.carry_out()
        assert errand.process.spool.forgotten == [errand.bottles[1].digest]

    def test_nothing_is_forgotten_that_could_not_be_recorded(self) -> None:
        errand = Errand(2)

        def refuse(call: Call) -> None:
            if call.what == "create":
                raise RefusedError(call.key, "403")

        errand.process.watch.before = refuse
        with pytest.raises(RefusedError):
            errand.carry_out()
        assert errand.process.spool.forgotten == []

    def test_what_was_left_behind_is_swept_before_anything_is_opened(self) -> None:
        errand = Errand(2)
        sweeps = []

        def look(call: Call) -> None:
            if call.what == "open":
                sweeps.append(errand.process.spool.sweeps)

        errand.process.watch.before = look
        errand.carry_out()
        assert sweeps == [1, 1]


class TestAShard:
    """Shard 3 of 4 records at other moments than the three before it."""

    @pytest.fixture
    def errand(self) -> Errand:
        errand = Errand(4)
        opened = errand.process.open()
        clock, new_id = errand.mirror.clock, errand.mirror.new_id
        log, run = errand.process.log, new_id()
        errand.journal = Journal(log, clock, new_id, opened.ledger, run, 3, 4)
        return errand

    def test_records_first_after_35_seconds_and_then_every_20(
        self, errand: Errand
    ) -> None:
        recorded = [Flag(), Flag()]
        moments: list[float] = []
        pauses = {errand.bottles[0].key: 35.0, errand.bottles[1].key: 20.0}
        awaited = dict(zip((b.key for b in errand.bottles[1:]), recorded, strict=False))
        begun = errand.mirror.clock.monotonic()

        def pass_time(call: Call) -> None:
            if call.what == "open":
                if call.key in awaited:
                    assert awaited[BottleKey(call.key)].wait(LONG)
                errand.mirror.clock.sleep(pauses.get(BottleKey(call.key), 0.0))

        def look(call: Call) -> None:
            if call.what == "create":
                moments.append(errand.mirror.clock.monotonic() - begun)
                for flag in recorded[: len(moments)]:
                    flag.set()

        errand.process.watch.before = pass_time
        errand.process.watch.after = look
        errand.carry_out()
        assert moments[:2] == [35.0, 55.0]
        sizes = [len(one.commit.events) for one in errand.mirror.commits()]
        assert sizes == [1, 1, 2]

    def test_records_nothing_before(self, errand: Errand) -> None:
        def pass_time(call: Call) -> None:
            if call.what == "open":
                errand.mirror.clock.sleep(34.9 / 4)

        errand.process.watch.before = pass_time
        errand.carry_out()
        assert len(errand.mirror.commits()) == 1


class TestFailures:
    @pytest.mark.parametrize("jobs", [1, 4])
    def test_one_failure_is_recorded_and_stops_no_other(self, jobs: int) -> None:
        errand = Errand(20, jobs=jobs)
        errand.fail([7], unavailable)
        tally = errand.carry_out()
        failure = BottleFailed(
            errand.bottles[7],
            "unavailable",
            f"{errand.bottles[7].key}: no answer (tried 5 times)",
            5,
        )
        assert tally.failures == [failure]
        assert failure in errand.mirror.events()
        assert len(errand.recorded()) == 19
        assert tally.outcome == "degraded"
        assert tally.causes == {"unavailable": 1}

    @pytest.mark.parametrize("error", [unavailable, nobody_there, refused, denied])
    @pytest.mark.parametrize("jobs", [1, 4])
    def test_ten_in_a_row_that_nobody_answers_end_the_run(
        self, jobs: int, error: Callable[[str], PortError]
    ) -> None:
        errand = Errand(100, jobs=jobs)
        errand.fail(range(100), error)
        tally = errand.carry_out()
        assert tally.outcome == "failed"
        assert isinstance(tally.gave_up, type(error("")))
        opened = len(errand.process.watch.of("open"))
        # Those that are begun before the tenth is judged finish.
        assert 10 <= opened < 10 + 2 * jobs
        assert len(tally.failures) == opened
        assert len(errand.mirror.events()) == opened

    def test_a_success_in_between_begins_the_count_anew(self) -> None:
        errand = Errand(40)
        errand.fail((n for n in range(40) if n % 10 != 9), unavailable)
        tally = errand.carry_out()
        assert tally.gave_up is None
        assert (len(errand.recorded()), len(tally.failures)) == (4, 36)

    def test_bottles_that_upstream_lacks_never_end_a_run(self) -> None:
        errand = Errand(40)
        errand.fail(range(39), not_found)
        tally = errand.carry_out()
        assert tally.outcome == "degraded"
        assert (len(errand.recorded()), len(tally.failures)) == (1, 39)

    def test_nor_do_they_begin_the_count_anew(self) -> None:
        errand = Errand(40)
        errand.fail(range(9), unavailable)
        errand.fail(range(9, 20), not_found)
        errand.fail(range(20, 40), unavailable)
        assert errand.carry_out().outcome == "failed"
        assert len(errand.process.watch.of("open")) <= 22

    def test_a_full_store_ends_the_run_at_once(self) -> None:
        errand = Errand(40, jobs=2)

        def refuse(call: Call) -> None:
            if call.what == "put":
                raise StoreFullError(call.key, "no space left")

        errand.process.watch.before = refuse
        tally = errand.carry_out()
        assert isinstance(tally.gave_up, StoreFullError)
        assert tally.outcome == "failed"
        assert len(errand.process.watch.of("put")) <= 4

    def test_what_is_not_begun_when_the_run_gives_up_never_is(self) -> None:
        errand = Errand(40, jobs=2)
        judged = Flag()

        class Looked(Flag):
            """A flag that tells when the run, having landed a load, looks again."""

            looks = count(1)

            def is_set(self) -> bool:
                if current_thread() is main_thread() and next(self.looks) == 2:
                    judged.set()
                return super().is_set()

        def refuse(call: Call) -> None:
            if call == Call("open", errand.bottles[0].key):
                raise StoreFullError(call.key, "no space left")
            if call.what == "open":
                assert judged.wait(LONG)

        errand.process.watch.before = refuse
        transfer = replace(errand.process.transfer, stop=Looked())
        errand.process.carry_out = replace(errand.process.carry_out, transfer=transfer)
        errand.carry_out()
        # Two threads begin one more each at most, and the fourth at hand never is.
        assert len(errand.process.watch.of("open")) <= 3


class TestStopping:
    @pytest.mark.parametrize("jobs", [1, 4])
    def test_what_was_stored_is_recorded_and_the_rest_is_left(self, jobs: int) -> None:
        errand = Errand(40, jobs=jobs)
        count = iter(range(40))
        lock = Lock()

        def stop(call: Call) -> None:
            if call.what == "put":
                with lock:
                    if next(count) == 9:
                        errand.process.stop.set()

        errand.process.watch.after = stop
        tally = errand.carry_out()
        assert tally.outcome == "interrupted"
        stored = set(errand.mirror.bottles())
        assert {bottle.object_key(DAY) for bottle in errand.recorded()} == stored
        assert 10 <= len(stored) < 10 + jobs
        assert tally.failures == []

    def test_a_run_that_is_stopped_before_it_begins_does_nothing(self) -> None:
        errand = Errand(3)
        errand.process.stop.set()
        assert errand.carry_out().outcome == "interrupted"
        assert errand.process.watch.of("open", "put") == []


class TestDying:
    """Whatever is raised comes out, no thread is left, and nothing goes on."""

    @pytest.fixture(autouse=True)
    def threads(self) -> Iterable[None]:
        before = active_count()
        yield
        # Those of an earlier test may end meanwhile.
        assert active_count() <= before

    @pytest.mark.parametrize("jobs", [1, 4])
    @pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, MemoryError])
    def test_what_a_transfer_dies_of_ends_the_run(
        self, jobs: int, error: type[BaseException]
    ) -> None:
        errand = Errand(100, jobs=jobs)
        died = Flag()

        def die(call: Call) -> None:
            if call == Call("open", errand.bottles[10].key):
                died.set()
                raise error

        errand.process.watch.before = die
        with pytest.raises(error):
            errand.carry_out()
        assert died.is_set()
        assert len(errand.mirror.bottles()) < 60

    @pytest.mark.parametrize("jobs", [1, 4])
    def test_what_is_stored_when_a_transfer_has_a_fault_is_recorded(
        self, jobs: int
    ) -> None:
        errand = Errand(100, jobs=jobs)

        def break_down(call: Call) -> None:
            if call == Call("open", errand.bottles[10].key):
                raise RuntimeError("a fault of this program")

        errand.process.watch.before = break_down
        with pytest.raises(RuntimeError, match="a fault of this program"):
            errand.carry_out()
        recorded = {bottle.object_key(DAY) for bottle in errand.recorded()}
        assert recorded == set(errand.mirror.bottles())
        assert len(recorded) >= 10

    @pytest.mark.parametrize("jobs", [1, 4])
    def test_a_log_that_cannot_be_written_ends_the_run(self, jobs: int) -> None:
        errand = Errand(600, jobs=jobs)

        def refuse(call: Call) -> None:
            if call.what == "create":
                raise UnavailableError(call.key, "no answer")

        errand.process.watch.before = refuse
        with pytest.raises(UnavailableError):
            errand.carry_out()
        assert errand.process.stop.is_set()
        assert errand.mirror.events() == []


class TestTwoAtOnce:
    def test_another_writer_is_followed_and_both_are_recorded(self) -> None:
        errand = Errand(10, jobs=2)
        other = errand.mirror.process().journal()
        theirs = mirrored(make_bottle("bat"))

        def race(call: Call) -> None:
            if call.what == "create" and theirs not in errand.mirror.events():
                other.record([theirs])

        errand.process.watch.before = race
        errand.carry_out()
        assert errand.recorded() == [theirs.bottle, *errand.bottles]
        assert errand.journal.ledger == errand.mirror.ledger()
