"""A worker, from its order to what it leaves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import count

import pytest

from application.batch import FLUSH_SECONDS
from application.follow_order import OrderError
from application.patience import LONGEST
from application.work_shard import MOST_ATTEMPTS, PAUSES
from domain.bottle import ObjectKey
from domain.events import (
    BottleMirrored,
    NotificationSent,
    ShardCompleted,
    ShardPaused,
    ShardStarted,
)
from domain.order import Order
from ports.errors import (
    MalformedError,
    NotFoundError,
    OutcomeUnknownError,
    PortError,
    RefusedError,
    UnavailableError,
)
from tests.support.catalogs import digest_of
from tests.support.cloud import Cloud
from tests.support.mirror import Process, mirror_of
from tests.support.watched import Call, Killed, at_call, is_a

NAMES = tuple(letter * 5 for letter in "abcdefgh")


@pytest.fixture
def cloud() -> Cloud:
    """Return a cloud with a run of eight bottles in two shards."""
    cloud = Cloud(mirror_of(*NAMES))
    cloud.shard_bytes = 20
    cloud.trigger()
    return cloud


def first(cloud: Cloud) -> Order:
    return cloud.orders[0]


def fetched(cloud: Cloud) -> set[int]:
    """Return how often bottles were sent for at the upstream."""
    return set(cloud.mirror.upstream.opened.values())


def test_it_mirrors_its_own_share_and_no_other(cloud: Cloud) -> None:
    report = cloud.work(first(cloud))

    assert (report.ending, report.reason, report.left) == ("completed", "complete", 0)
    assert report.tally.mirrored == 4
    assert len(cloud.mirror.recorded(BottleMirrored)) == 4
    (ended,) = cloud.mirror.recorded(ShardCompleted)
    assert ended.shard == 0
    assert ended.counts["mirrored"] == 4
    assert ended.counts["bytes"] == 20
    assert cloud.closer.asked == []


def test_the_last_one_asks_for_the_end(cloud: Cloud) -> None:
    cloud.work_all()
    assert cloud.closer.asked == ["run-1"]


def test_the_same_order_delivered_twice_is_carried_out_once(cloud: Cloud) -> None:
    slow, order = cloud.process(), first(cloud)
    # The second one begins and ends while the first is about to claim.
    slow.watch.before = at_call(1, lambda: cloud.work(order), is_a("create"))
    report = cloud.work(order, process=slow)
    again = cloud.work(order)

    assert (report.ending, again.ending) == ("left_alone", "left_alone")
    assert len(cloud.mirror.recorded(ShardCompleted)) == 1
    assert fetched(cloud) == {1}


def test_of_two_with_one_attempt_the_second_leaves_while_the_first_works(
    cloud: Cloud,
) -> None:
    slow, order = cloud.process(), first(cloud)
    endings: list[str] = []
    slow.watch.before = at_call(
        1, lambda: endings.append(cloud.work(order).ending), is_a("put")
    )
    report = cloud.work(order, process=slow)

    assert (report.ending, endings) == ("completed", ["left_alone"])
    assert fetched(cloud) == {1}


def test_what_is_recorded_is_not_fetched_again_by_a_later_attempt(
    cloud: Cloud,
) -> None:
    dying, order = cloud.process(), first(cloud)
    dying.watch.before = at_call(3, dying.watch.kill, is_a("open"))
    with pytest.raises(Killed):
        cloud.work(order, process=dying)
    process = cloud.process()
    further = cloud.work(replace(order, attempt=2), process=process)

    assert further.ending == "completed"
    # The two that it had were stored and not recorded: they are found in the store.
    mirrored = cloud.mirror.recorded(BottleMirrored)
    assert Counter(event.how for event in mirrored) == {"found": 2, "fetched": 2}
    # Nor is anything kept of those any more.
    digests = sorted(event.bottle.digest for event in mirrored)
    assert sorted(process.spool.forgotten) == digests


def test_it_leaves_when_another_has_taken_its_shard_over(cloud: Cloud) -> None:
    slow, order = cloud.process(), first(cloud)
    later = replace(order, attempt=2)

    def take_over() -> None:
        cloud.mirror.clock.sleep(2 * FLUSH_SECONDS)
        cloud.work(later)

    slow.watch.after = at_call(1, take_over, is_a("put"))
    report = cloud.work(order, process=slow)

    assert report.ending == "left_alone"
    assert "another worker's" in report.reason
    assert len(cloud.mirror.recorded(ShardCompleted)) == 1
    cloud.work_all()
    cloud.close()
    cloud.mirror.check()


def test_it_leaves_when_the_run_has_been_closed(cloud: Cloud) -> None:
    slow = cloud.process()

    def close() -> None:
        cloud.mirror.clock.sleep(timedelta(minutes=40).total_seconds())
        cloud.trigger("run-2")

    slow.watch.after = at_call(1, close, is_a("put"))
    report = cloud.work(first(cloud), process=slow)

    assert report.ending == "left_alone"
    assert "closed" in report.reason


def test_an_order_for_a_run_that_has_ended_is_left_alone(cloud: Cloud) -> None:
    order = first(cloud)
    cloud.work_all()
    cloud.close()
    assert cloud.work(order).ending == "left_alone"


@pytest.mark.parametrize(
    "change",
    [
        {"run_id": "run-9"},
        {"plan_sha256": "f" * 64},
        {"shards": 3},
    ],
)
def test_an_order_that_is_not_of_the_run_is_refused_and_changes_nothing(
    cloud: Cloud, change: dict[str, object]
) -> None:
    before = cloud.mirror.commits()
    with pytest.raises(OrderError):
        cloud.work(replace(first(cloud), **change))  # type: ignore[arg-type]
    assert cloud.mirror.commits() == before


def test_a_plan_that_was_changed_is_refused_and_changes_nothing(cloud: Cloud) -> None:
    order, before = first(cloud), cloud.mirror.commits()
    key = ObjectKey(f"ledger/v1/documents/{order.plan_sha256}.json")
    cloud.mirror.damage(key, b'{"loads":[],"superseded":[],"v":1}\n')
    with pytest.raises(MalformedError):
        cloud.work(order)
    cloud.mirror.damage(key)
    with pytest.raises(NotFoundError):
        cloud.work(order)
    assert cloud.mirror.commits() == before


def test_when_its_time_is_up_it_hands_on_the_rest(cloud: Cloud) -> None:
    hurried = cloud.process()
    clock = cloud.mirror.clock
    # Each bottle takes three of its ten seconds, of which it keeps two for the end.
    hurried.watch.after = lambda call: clock.sleep(3.0 * (call.what == "put"))
    report = cloud.work(cloud.orders.popleft(), seconds=10.0, process=hurried)

    assert report.ending == "handed_on"
    (paused,) = cloud.mirror.recorded(ShardPaused)
    assert paused.counts["mirrored"] + report.left == 4
    further = cloud.orders[-1]
    assert (further.shard, further.attempt) == (0, 2)
    cloud.work_all()
    assert cloud.close().outcome == "complete"
    assert fetched(cloud) == {1}


def test_what_waited_for_its_turn_is_not_begun_when_time_is_short(
    cloud: Cloud,
) -> None:
    hurried = cloud.process()
    clock = cloud.mirror.clock
    # The first takes long of eight seconds; the second is at hand since before it.
    hurried.watch.before = lambda call: clock.sleep(3.5 * (call.what == "open"))
    report = cloud.work(cloud.orders.popleft(), seconds=10.0, process=hurried)

    assert (report.ending, report.left) == ("handed_on", 3)
    cloud.work_all()
    assert cloud.close().outcome == "complete"
    assert fetched(cloud) == {1}


def test_the_time_that_opening_the_ledger_takes_is_its_own(cloud: Cloud) -> None:
    hurried = cloud.process()
    clock = cloud.mirror.clock
    # Of a hundred seconds it keeps twenty, and the claim alone takes seventy.
    hurried.watch.after = at_call(1, lambda: clock.sleep(70.0), is_a("create"))
    hurried.watch.before = lambda call: clock.sleep(6.0 * (call.what == "open"))
    begun = clock.monotonic()
    report = cloud.work(cloud.orders.popleft(), seconds=100.0, process=hurried)

    assert report.ending == "handed_on"
    assert clock.monotonic() - begun < 100.0
    assert set(cloud.mirror.upstream.opened.values()) == {1}


def test_after_eight_lambda_workers_the_rest_goes_to_ecs(cloud: Cloud) -> None:
    order = cloud.orders.popleft()
    last = replace(order, attempt=MOST_ATTEMPTS)
    hurried = cloud.process()
    clock = cloud.mirror.clock
    hurried.watch.after = lambda call: clock.sleep(9.0 * (call.what == "put"))
    report = cloud.work(last, seconds=10.0, process=hurried)

    assert report.ending == "handed_on"
    (further,) = cloud.waiting["ecs"].orders
    assert further.attempt == MOST_ATTEMPTS + 1
    assert cloud.work(further, "ecs").ending == "completed"


def test_a_task_takes_over_from_the_task_before_it_whatever_its_order_says(
    cloud: Cloud,
) -> None:
    order, dying = first(cloud), cloud.process()
    dying.watch.before = at_call(1, dying.watch.kill, is_a("open"))
    with pytest.raises(Killed):
        cloud.work(order, "ecs", process=dying)
    assert cloud.work(order, "ecs").ending == "completed"

    attempts = [event.attempt for event in cloud.mirror.recorded(ShardStarted)]
    assert attempts == [1, 2]


def test_a_task_that_is_told_to_stop_records_what_it_has(cloud: Cloud) -> None:
    order, stopped = first(cloud), cloud.process()
    stopped.watch.after = at_call(2, stopped.stop.set, is_a("put"))
    report = cloud.work(order, "ecs", process=stopped)

    assert (report.ending, report.left) == ("stopped", 2)
    assert len(cloud.mirror.recorded(BottleMirrored)) == 2
    assert len(cloud.mirror.recorded(ShardPaused)) == 1
    cloud.work(order, "ecs")
    assert fetched(cloud) == {1}


@pytest.mark.parametrize(
    "error", [UnavailableError("s3", "503"), OutcomeUnknownError("s3", "503")]
)
def test_a_store_that_is_away_for_a_minute_costs_no_bottle(
    cloud: Cloud, error: PortError
) -> None:
    clock = cloud.mirror.clock
    back, waiting = clock.monotonic() + 60.0, cloud.process()

    def refuse(call: Call) -> None:
        if call.what == "put" and clock.monotonic() < back:
            raise error

    waiting.watch.before = refuse
    report = cloud.work(cloud.orders.popleft(), process=waiting)

    assert (report.ending, report.reason) == ("completed", "complete")
    assert report.tally.counts == {"bytes": 20, "copied": 0, "failed": 0, "mirrored": 4}
    cloud.work_all()
    assert cloud.close().outcome == "complete"
    cloud.mirror.check()


def test_what_never_answers_is_told_as_failed_after_some_waiting(cloud: Cloud) -> None:
    error = UnavailableError("blob", "500")
    cloud.mirror.upstream.fail(digest_of(NAMES[0]), error)
    begun = cloud.mirror.clock.monotonic()
    cloud.work_all()

    assert cloud.mirror.clock.monotonic() - begun == sum(PAUSES)
    assert cloud.close().outcome == "degraded"
    assert cloud.metrics.causes("BottlesFailed") == {"unavailable": 1}
    assert len(cloud.mirror.ledger().held) == len(NAMES) - 1


def test_nobody_is_waited_for_longer_than_there_is_time(cloud: Cloud) -> None:
    error = UnavailableError("blob", "500")
    cloud.mirror.upstream.fail(digest_of(NAMES[0]), error)
    begun = cloud.mirror.clock.monotonic()
    for order in list(cloud.orders):
        cloud.work(order, seconds=60.0)

    assert cloud.mirror.clock.monotonic() - begun == sum(PAUSES[:2])
    assert cloud.close().outcome == "degraded"


def test_who_is_told_to_stop_while_it_waits_leaves_the_rest(cloud: Cloud) -> None:
    error = UnavailableError("blob", "500")
    for name in NAMES:
        cloud.mirror.upstream.fail(digest_of(name), error)
    stopped = cloud.process()
    stopped.watch.after = at_call(2, stopped.stop.set, is_a("create"))
    report = cloud.work(first(cloud), "ecs", process=stopped)

    assert (report.ending, report.left) == ("stopped", 4)
    assert cloud.mirror.recorded(ShardPaused)


def test_a_bottle_that_fails_leaves_its_shard_degraded(cloud: Cloud) -> None:
    upstream = cloud.mirror.upstream
    upstream.fail(digest_of(NAMES[0]), NotFoundError("blob", "gone"))
    cloud.work_all()
    closing = cloud.close()

    assert closing.outcome == "degraded"
    outcomes = [event.outcome for event in cloud.mirror.recorded(ShardCompleted)]
    assert sorted(outcomes) == ["complete", "degraded"]
    assert cloud.metrics.causes("BottlesFailed") == {"not_found": 1}
    assert "not_found" in cloud.slack.messages[-1].text


def test_when_nobody_answers_the_rest_is_left_and_told(cloud: Cloud) -> None:
    for name in NAMES:
        error = UnavailableError("blob", "no answer")
        cloud.mirror.upstream.fail(digest_of(name), error)
    cloud.mirror.offer("more")
    with_ten = Cloud(mirror_of(*(letter * 5 for letter in "abcdefghijkl")))
    with_ten.shard_bytes = 100
    with_ten.trigger()
    for letter in "abcdefghijkl":
        error = UnavailableError("blob", "no answer")
        with_ten.mirror.upstream.fail(digest_of(letter * 5), error)
    with pytest.raises(UnavailableError):
        with_ten.work(with_ten.orders[0])

    assert not with_ten.mirror.recorded(ShardCompleted)
    assert len(with_ten.mirror.recorded(ShardPaused)) == 1


def test_a_store_that_denies_ends_the_worker_and_claims_nothing(cloud: Cloud) -> None:
    denied = cloud.process()

    def deny() -> None:
        raise RefusedError("s3", "access denied")

    denied.watch.before = at_call(1, deny, is_a("create"))
    before = cloud.mirror.commits()
    with pytest.raises(RefusedError):
        cloud.work(first(cloud), process=denied)
    assert cloud.mirror.commits() == before


def test_progress_on_ecs_is_told_at_most_every_five_minutes() -> None:
    cloud = Cloud(mirror_of(*NAMES))
    cloud.size_threshold, cloud.shard_bytes = 1, 100
    cloud.trigger()
    slow = cloud.process()
    clock = cloud.mirror.clock
    slow.watch.after = lambda call: clock.sleep(90.0 * (call.what == "put"))
    cloud.work(cloud.waiting["ecs"].orders[0], "ecs", process=slow)

    told = [event.percent for event in cloud.mirror.recorded(NotificationSent)]
    assert told[0] == 0
    assert len(told) == 3
    assert all(percent < 100 for percent in told)
    assert "Downloaded" in cloud.slack.messages[1].text


def test_of_shards_that_come_so_far_at_the_same_time_one_tells_of_it() -> None:
    cloud = Cloud(mirror_of(*NAMES))
    cloud.size_threshold = 1
    cloud.trigger()
    one, other, *_ = cloud.waiting["ecs"].orders
    # Before the commit that says that people were told.
    slow = cloud.process()
    slow.watch.before = at_call(3, lambda: cloud.work(other, "ecs"), is_a("create"))
    cloud.work(one, "ecs", process=slow)

    told = [event.about for event in cloud.mirror.recorded(NotificationSent)]
    assert told == ["started", "progress"]
    assert len(cloud.slack.messages) == 2


@pytest.mark.parametrize("route", ["lambda", "ecs"])
def test_whatever_call_it_dies_at_another_finishes_its_shard(route: str) -> None:
    number = 0
    while True:
        number += 1
        cloud = Cloud(mirror_of(*NAMES))
        cloud.shard_bytes = 100
        cloud.trigger()
        order, dying = first(cloud), cloud.process()
        dying.watch.before = at_call(number, dying.watch.kill)
        try:
            cloud.work(order, route, process=dying)  # type: ignore[arg-type]
        except Killed:
            pass
        else:
            break
        if route == "lambda":
            cloud.orders.clear()
            cloud.worker_died(order)
            cloud.work_all()
        else:
            cloud.work(order, "ecs")
        assert cloud.close().outcome == "complete"
        assert len(cloud.mirror.ledger().held) == len(NAMES)
        # One may have been on its way when it died.
        assert cloud.mirror.upstream.opened.total() <= len(NAMES) + 1
        cloud.mirror.check()
    assert number > 20


class TestAStoreThatSaysNothing:
    """Its worker is patient, as a deployed one."""

    @staticmethod
    def silence(
        cloud: Cloud, seconds: float, number: int, *kinds: str
    ) -> tuple[Process, Callable[[], float]]:
        """Return a worker to which the store says nothing for a while.

        Args:
            number: From which call on, of those that are of ``kinds``.
        """
        process, clock = cloud.process(), cloud.mirror.clock
        transfer = replace(process.transfer, patience=LONGEST, chance=lambda: 0.5)
        process.carry_out = replace(process.carry_out, transfer=transfer)
        meant, numbers = is_a(*kinds), count(1)
        begun: list[float] = []

        def hook(call: Call) -> None:
            if not begun and meant(call) and next(numbers) == number:
                begun.append(clock.monotonic())
            is_store = call.what not in {"open", "piece"}
            if begun and is_store and clock.monotonic() - begun[0] < seconds:
                raise UnavailableError("s3", "503")

        process.watch.before = hook
        return process, lambda: clock.monotonic() - begun[0]

    @pytest.mark.parametrize(
        ("number", "kind"),
        [(1, "list"), (1, "get"), (1, "create"), (1, "put"), (3, "put"), (2, "create")],
    )
    def test_for_a_minute_costs_no_worker_and_no_second_fetch(
        self, cloud: Cloud, number: int, kind: str
    ) -> None:
        process, passed = self.silence(cloud, 60, number, kind)
        report = cloud.work(first(cloud), process=process)

        assert passed() >= 60
        assert (report.ending, report.reason) == ("completed", "complete")
        assert fetched(cloud) == {1}
        hows = {event.how for event in cloud.mirror.recorded(BottleMirrored)}
        assert hows == {"fetched"}

    def test_is_not_waited_for_beyond_the_workers_time(self, cloud: Cloud) -> None:
        process, passed = self.silence(cloud, 1_000, 2, "create")
        with pytest.raises(UnavailableError):
            cloud.work(first(cloud), seconds=60, process=process)
        assert passed() < 60

    def test_is_not_waited_for_by_who_is_told_to_leave(self, cloud: Cloud) -> None:
        process, passed = self.silence(cloud, 1_000, 2, "create")
        silent = process.watch.before

        def leave(call: Call) -> None:
            try:
                silent(call)
            except UnavailableError:
                process.stop.set()
                raise

        process.watch.before = leave
        with pytest.raises(UnavailableError):
            cloud.work(first(cloud), "ecs", process=process)
        assert passed() < 30
