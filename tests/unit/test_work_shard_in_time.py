"""A worker and the time: how much of it there is, and what it is to be silent."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise
from threading import Event as Flag

import pytest

from adapters.memory.clock import ManualClock
from adapters.system_clock import StoppableClock
from application.batch import FLUSH_SECONDS, HEARTBEAT_SECONDS
from application.run import SILENCE
from application.work_shard import MOST_ATTEMPTS, PAUSES
from domain.events import BottleMirrored, ShardPaused
from ports.errors import UnavailableError
from tests.support.catalogs import digest_of
from tests.support.cloud import Cloud
from tests.support.mirror import TAG, Process, mirror_of
from tests.support.watched import Call, Killed, at_call, is_a

NAMES = tuple(letter * 5 for letter in "abcdefgh")
LONG = 60  # seconds after which a test that waits for a thread has failed


@pytest.fixture
def cloud() -> Cloud:
    """Return a cloud with a run of eight bottles in one shard."""
    cloud = Cloud(mirror_of(*NAMES))
    cloud.shard_bytes = 100
    cloud.trigger()
    return cloud


def test_the_time_runs_while_the_ledger_is_read(cloud: Cloud) -> None:
    clock = cloud.mirror.clock
    begun, slow = clock.monotonic(), cloud.process()

    def take_long(call: Call) -> None:
        if "documents" in call.key:
            clock.sleep(6.0)
        elif call.what == "put":
            clock.sleep(1.0)

    slow.watch.after = take_long
    report = cloud.work(cloud.orders.popleft(), seconds=10.0, process=slow)

    assert report.ending == "handed_on"
    assert clock.monotonic() - begun <= 8.0
    (paused,) = cloud.mirror.recorded(ShardPaused)
    assert paused.counts["seconds"] == clock.monotonic() - begun


def test_what_has_waited_for_its_turn_is_not_begun_when_time_went_by(
    cloud: Cloud,
) -> None:
    clock, slow = cloud.mirror.clock, cloud.process()
    # Nobody sets it: the next one is waiting for its turn by then.
    slow.watch.before = at_call(1, lambda: Flag().wait(0.05), is_a("open"))
    slow.watch.after = lambda call: clock.sleep(7.0 * is_a("put")(call))
    report = cloud.work(cloud.orders.popleft(), seconds=10.0, process=slow)

    assert report.ending == "handed_on"
    assert len(slow.watch.of("open")) == 1


def test_a_worker_whose_time_is_over_before_it_begins_hands_all_of_it_on(
    cloud: Cloud,
) -> None:
    clock, slow = cloud.mirror.clock, cloud.process()
    slow.watch.after = lambda call: clock.sleep(20.0 * ("documents" in call.key))
    report = cloud.work(cloud.orders.popleft(), seconds=10.0, process=slow)

    assert (report.ending, report.left) == ("handed_on", len(NAMES))
    (further,) = cloud.orders
    assert further.attempt == 2
    assert cloud.mirror.recorded(BottleMirrored) == []


def test_what_would_never_fit_goes_to_ecs_and_the_rest_is_done() -> None:
    mirror = mirror_of(*NAMES)
    mirror.offer("large", contents={TAG: "z" * 10_000_000})
    cloud = Cloud(mirror)
    cloud.shard_bytes = cloud.size_threshold = 100_000_000
    cloud.trigger()
    # Ten megabytes in less than 0.8 s: not at 25 MB a second, taken with caution.
    report = cloud.work(cloud.orders.popleft(), seconds=0.9)

    assert (report.ending, report.left, report.tally.mirrored) == ("handed_on", 1, 8)
    assert not cloud.orders
    (further,) = cloud.waiting["ecs"].orders
    assert cloud.work(further, "ecs").ending == "completed"
    assert cloud.close().outcome == "complete"
    assert set(cloud.mirror.upstream.opened.values()) == {1}


def test_a_shard_that_never_fits_any_worker_comes_to_ecs_in_the_end(
    cloud: Cloud,
) -> None:
    clock = cloud.mirror.clock
    for _ in range(MOST_ATTEMPTS):
        slow = cloud.process()
        slow.watch.after = lambda call: clock.sleep(20.0 * ("documents" in call.key))
        cloud.work(cloud.orders.popleft(), seconds=10.0, process=slow)

    assert not cloud.orders
    (further,) = cloud.waiting["ecs"].orders
    assert further.attempt == MOST_ATTEMPTS + 1
    assert cloud.work(further, "ecs").ending == "completed"


class HurriedClock(ManualClock):
    """A clock by which 20 seconds pass between any two looks at it."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock

    def now(self) -> datetime:
        return self._clock.now()

    def monotonic(self) -> float:
        self._clock.sleep(FLUSH_SECONDS)
        return self._clock.monotonic()

    def sleep(self, seconds: float) -> None:
        self._clock.sleep(seconds)


def hurried(cloud: Cloud) -> Process:
    """Return a process by whose clock time flies."""
    process, clock = cloud.process(), HurriedClock(cloud.mirror.clock)
    process.runs = replace(process.runs, clock=clock)
    process.carry_out = replace(process.carry_out, clock=clock)
    return process


def test_a_bottle_that_is_cut_short_goes_to_ecs(cloud: Cloud) -> None:
    worker = hurried(cloud)

    def hang() -> None:
        assert worker.stop.wait(LONG)

    worker.watch.before = at_call(1, hang, is_a("piece"))
    report = cloud.work(cloud.orders.popleft(), seconds=3_000.0, process=worker)

    assert (report.ending, report.left) == ("handed_on", len(NAMES))
    assert not cloud.orders
    (further,) = cloud.waiting["ecs"].orders
    assert further.attempt == 2
    cloud.work(further, "ecs")
    assert cloud.close().outcome == "complete"


def test_a_bottle_that_takes_forty_minutes_does_not_look_dead(cloud: Cloud) -> None:
    clock, worker = cloud.mirror.clock, hurried(cloud)
    pause = Flag()

    def take_forty_minutes() -> None:
        end = clock.monotonic() + timedelta(minutes=40).total_seconds()
        while clock.monotonic() < end:
            # Nobody sets it: the thread that records has its turn.
            pause.wait(0.001)

    worker.watch.before = at_call(1, take_forty_minutes, is_a("open"))
    report = cloud.work(cloud.orders.popleft(), "ecs", process=worker)

    assert report.ending == "completed"
    commits = [one.commit for one in cloud.mirror.commits()]
    pauses = [later.at - before.at for before, later in pairwise(commits)]
    assert max(pauses) < SILENCE / 2
    empty = [commit for commit in commits if not commit.events]
    pauses = [later.at - before.at for before, later in pairwise(empty)]
    assert len(empty) >= 5
    assert min(pauses) >= timedelta(seconds=HEARTBEAT_SECONDS)


def test_a_worker_that_records_anyway_says_no_more(cloud: Cloud) -> None:
    clock, slow = cloud.mirror.clock, cloud.process()
    slow.watch.after = lambda call: clock.sleep(HEARTBEAT_SECONDS * is_a("put")(call))
    cloud.work(cloud.orders.popleft(), "ecs", process=slow)
    assert all(one.commit.events for one in cloud.mirror.commits())


def test_a_task_that_is_told_to_leave_while_it_waits_leaves_what_got_no_answer(
    cloud: Cloud,
) -> None:
    error = UnavailableError("blob", "503")
    cloud.mirror.upstream.fail(digest_of(NAMES[0]), error)
    waiting = cloud.process()
    # As the programs have it: nobody sleeps by it once they are told to stop.
    transfer = replace(waiting.transfer, clock=StoppableClock(waiting.stop))
    waiting.carry_out = replace(waiting.carry_out, transfer=transfer)
    waiting.watch.after = at_call(2, waiting.stop.set, is_a("create"))
    order = cloud.orders.popleft()
    report = cloud.work(order, "ecs", process=waiting)

    assert (report.ending, report.left) == ("stopped", 1)
    assert len(cloud.mirror.recorded(ShardPaused)) == 1
    cloud.mirror.upstream.heal(digest_of(NAMES[0]))
    assert cloud.work(order, "ecs").ending == "completed"
    assert cloud.close().outcome == "complete"


def test_nobody_is_waited_for_if_there_is_no_time_left_after_that(cloud: Cloud) -> None:
    cloud.mirror.upstream.fail(digest_of(NAMES[0]), UnavailableError("blob", "503"))
    clock = cloud.mirror.clock
    begun = clock.monotonic()
    # 28 s but for the end: after the first pause there are 23.
    cloud.work(cloud.orders.popleft(), seconds=35.0)
    assert clock.monotonic() - begun == PAUSES[0]


def test_a_shard_of_which_nobody_answers_for_any_bottle_has_not_ended() -> None:
    names = [letter * 5 for letter in "abcdefghij"]
    cloud = Cloud(mirror_of(*names))
    cloud.shard_bytes = 100
    cloud.trigger()
    for name in names:
        cloud.mirror.upstream.fail(digest_of(name), UnavailableError("blob", "503"))
    with pytest.raises(UnavailableError):
        cloud.work(cloud.orders[0])

    assert len(cloud.mirror.recorded(ShardPaused)) == 1
    assert cloud.shards() == (replace(cloud.orders[0], attempt=2),)


def test_the_first_on_a_shard_does_not_look_for_what_others_stored(
    cloud: Cloud,
) -> None:
    first, second = cloud.process(), cloud.process()
    order = cloud.orders.popleft()
    first.watch.before = at_call(3, first.watch.kill, is_a("open"))
    with pytest.raises(Killed):
        cloud.work(order, process=first)
    cloud.work(replace(order, attempt=2), process=second)

    listing = Call("list", "2026-08-22/")
    assert listing not in first.watch.calls
    assert listing in second.watch.calls
