"""A cloud run, from its trigger to its end."""

from __future__ import annotations

from datetime import timedelta

import pytest

from adapters.ledger.layout import commit_key
from application.tell_of_run import TIME_TO_TELL
from domain.bottle import ObjectKey
from domain.events import (
    BottleMirrored,
    NotificationSent,
    ShardCompleted,
    SyncCompleted,
    SyncStarted,
)
from domain.words import Route
from ports.errors import RefusedError, UnavailableError
from tests.support.cloud import Cloud
from tests.support.mirror import Mirror, mirror_of
from tests.support.watched import Call, Killed, at_call, is_a

STARTED = "🚀 Homebrew Bottles Sync Started"
COMPLETE = "✅ Homebrew Bottles Sync Complete"
DEGRADED = "❌ Homebrew Bottles Sync Degraded"
FAILED = "❌ Homebrew Bottles Sync Failed"


def sized(*names: str) -> Mirror:
    """Return an empty mirror of formulae, whose bottles are as long as their names."""
    return mirror_of(*names)


@pytest.fixture
def cloud() -> Cloud:
    return Cloud(sized("a" * 8, "b" * 7, "c" * 6))


def test_a_run_walks_from_its_trigger_to_its_end(cloud: Cloud) -> None:
    started = cloud.trigger()
    cloud.work_all()
    closing = cloud.close()

    assert (started.outcome, started.route) == ("started", "lambda")
    assert (started.bottles, started.bytes, started.shards) == (3, 21, 3)
    assert cloud.closer.asked == ["run-1"]
    assert closing.outcome == "complete"
    assert cloud.titles == [STARTED, COMPLETE]
    assert len(cloud.mirror.ledger().held) == 3
    assert not cloud.mirror.ledger().runs
    cloud.mirror.check()


def test_the_next_run_with_the_same_catalog_needs_no_worker(cloud: Cloud) -> None:
    cloud.trigger()
    cloud.work_all()
    cloud.close()
    again = cloud.trigger("run-2")

    assert (again.outcome, again.route, again.shards) == ("nothing_to_do", "none", 0)
    assert not cloud.orders
    assert cloud.titles == [STARTED, COMPLETE, COMPLETE]
    last = cloud.mirror.ledger().last_complete
    assert last is not None
    assert last.run == "run-2"
    cloud.mirror.check()


def test_the_same_trigger_three_times_is_one_run(cloud: Cloud) -> None:
    cloud.trigger()
    orders = list(cloud.orders)
    cloud.trigger()
    cloud.trigger()
    cloud.work_all()
    cloud.close()
    after = cloud.trigger()

    assert set(cloud.waiting["lambda"].handed) == set(orders)
    assert len(cloud.mirror.recorded(SyncStarted)) == 1
    assert len(cloud.mirror.recorded(BottleMirrored)) == 3
    assert len(cloud.mirror.upstream.opened) == 3
    assert after.outcome == "already_running"
    assert cloud.titles == [STARTED, COMPLETE]


def test_a_second_trigger_reports_the_run_that_is_under_way(cloud: Cloud) -> None:
    cloud.trigger()
    second = cloud.trigger("run-2")

    assert (second.run_id, second.outcome) == ("run-1", "already_running")
    assert (second.bottles, second.shards) == (3, 3)
    assert cloud.titles == [STARTED]


def test_of_two_orchestrators_at_once_one_starts_a_run(cloud: Cloud) -> None:
    slow = cloud.process()
    is_start = is_a("create")
    slow.watch.before = at_call(1, lambda: cloud.trigger("run-2"), is_start)

    answer = cloud.trigger("run-1", process=slow)

    assert (answer.run_id, answer.outcome) == ("run-2", "already_running")
    assert [event.run for event in cloud.mirror.recorded(SyncStarted)] == ["run-2"]
    assert list(cloud.mirror.ledger().runs) == ["run-2"]
    assert {order.run_id for order in cloud.orders} == {"run-2"}


def test_the_same_trigger_at_once_is_told_of_and_handed_out_once(cloud: Cloud) -> None:
    slow = cloud.process()
    slow.watch.before = at_call(1, cloud.trigger, is_a("create"))

    answer = cloud.trigger(process=slow)

    assert (answer.run_id, answer.outcome) == ("run-1", "already_running")
    assert len(cloud.mirror.recorded(SyncStarted)) == 1
    assert len(cloud.orders) == 3
    assert cloud.titles == [STARTED]


def test_the_same_trigger_at_once_with_nothing_to_do_is_told_of_once(
    cloud: Cloud,
) -> None:
    cloud.trigger()
    cloud.work_all()
    cloud.close()
    slow = cloud.process()
    slow.watch.before = at_call(1, lambda: cloud.trigger("run-2"), is_a("create"))

    answer = cloud.trigger("run-2", process=slow)

    assert (answer.run_id, answer.outcome) == ("run-2", "already_running")
    assert cloud.titles == [STARTED, COMPLETE, COMPLETE]
    cloud.mirror.check()


def test_who_comes_too_late_to_start_or_to_close_leaves_the_published_ledger_whole(
    cloud: Cloud,
) -> None:
    late, closer = cloud.process(), cloud.process()

    def carry_out() -> None:
        cloud.trigger()
        cloud.work_all()
        closer.watch.before = at_call(1, cloud.close, is_a("create"))
        cloud.close(process=closer)

    late.watch.before = at_call(1, carry_out, is_a("create"))
    answer = cloud.trigger(process=late)

    assert (answer.run_id, answer.outcome) == ("run-1", "already_running")
    assert cloud.titles == [STARTED, COMPLETE]
    # It has the last word of the log.
    cloud.mirror.check()


def test_what_others_bring_in_meanwhile_is_not_missing(cloud: Cloud) -> None:
    cloud.trigger()
    cloud.work(cloud.orders.popleft())
    cloud.mirror.sync()
    cloud.work_all()
    closing = cloud.close()

    assert closing.outcome == "complete"
    assert cloud.titles == [STARTED, COMPLETE]
    assert ("New bottles", "1") in cloud.slack.messages[-1].lines
    assert cloud.metrics.total("BottlesMissing") == 0
    (ended,) = (e for e in cloud.mirror.recorded(SyncCompleted) if e.run == "run-1")
    assert ended.counts["missing"] == 0
    cloud.mirror.check()


def test_a_run_that_others_were_quicker_than_had_nothing_to_do(cloud: Cloud) -> None:
    late = cloud.process()

    def carry_out() -> None:
        cloud.trigger("run-2")
        cloud.work_all()
        cloud.close("run-2")

    late.watch.before = at_call(1, carry_out, is_a("create"))
    cloud.trigger(process=late)
    cloud.work_all()

    assert cloud.close().outcome == "complete"
    assert cloud.slack.messages[-1].lines[0][0] == "Nothing to do"


def test_a_run_whose_plan_is_gone_is_closed_with_what_its_workers_told(
    cloud: Cloud,
) -> None:
    cloud.trigger()
    order = cloud.orders.popleft()
    cloud.work(order)
    cloud.mirror.sync()
    cloud.mirror.damage(ObjectKey(f"ledger/v1/documents/{order.plan_sha256}.json"))
    closing = cloud.close(give_up=[1, 2])

    assert closing.outcome == "degraded"
    assert cloud.metrics.causes("BottlesFailed") == {"unfinished": 2}


def test_who_dies_before_telling_that_a_run_begins_leaves_that_to_the_next_delivery(
    cloud: Cloud,
) -> None:
    dying = cloud.process()
    dying.watch.before = at_call(
        1, dying.watch.kill, lambda call: call == Call("create", str(commit_key(1)))
    )
    with pytest.raises(Killed):
        cloud.trigger(process=dying)
    cloud.slack.messages.clear()
    cloud.trigger()
    assert len(set(cloud.orders)) == 3
    # Whoever has started it may be about to tell.
    assert cloud.titles == []

    cloud.mirror.clock.sleep(TIME_TO_TELL.total_seconds())
    cloud.trigger()
    assert cloud.titles == [STARTED]


def test_a_run_that_fell_silent_is_closed_and_another_begins(cloud: Cloud) -> None:
    cloud.trigger()
    cloud.mirror.clock.sleep(timedelta(minutes=30).total_seconds())
    second = cloud.trigger("run-2")

    assert (second.run_id, second.outcome) == ("run-2", "started")
    (closed,) = cloud.mirror.recorded(SyncCompleted)
    assert (closed.run, closed.outcome) == ("run-1", "failed")
    assert [event.outcome for event in cloud.mirror.recorded(ShardCompleted)] == [
        "failed"
    ] * 3
    assert cloud.titles == [STARTED, FAILED, STARTED]
    error = dict(cloud.slack.messages[1].lines)["Error"]
    assert error.startswith("silent since 2026-")
    assert error.endswith("Z; 0 of 3 bottles were mirrored; 3 were not (3 unfinished)")


def test_what_was_recorded_and_not_handed_out_is_handed_out_by_the_next_delivery(
    cloud: Cloud,
) -> None:
    cloud.waiting["lambda"].refusal = UnavailableError("lambda", "no answer")
    with pytest.raises(UnavailableError):
        cloud.trigger()
    cloud.waiting["lambda"].refusal = None
    cloud.trigger()

    assert [order.shard for order in cloud.orders] == [0, 1, 2]
    assert cloud.titles == [STARTED]


@pytest.mark.parametrize("route", ["lambda", "ecs"])
def test_what_nobody_has_begun_yet_is_handed_out_with_the_rest_or_not_at_all(
    cloud: Cloud, route: Route
) -> None:
    cloud.size_threshold = 21 if route == "ecs" else 1_000
    cloud.trigger()
    waiting = cloud.waiting[route]
    orders = list(waiting.orders)
    cloud.work(waiting.orders.popleft(), route)
    cloud.trigger()

    # Some of them would be an execution of another name.
    assert waiting.handed == orders * 2
    assert cloud.work(orders[0], route).ending == "left_alone"

    for order in orders:
        cloud.work(order, route)
    cloud.trigger()
    assert waiting.handed == orders * 2


def test_a_run_that_may_not_be_handed_out_ends_as_failed(cloud: Cloud) -> None:
    cloud.waiting["lambda"].refusal = RefusedError("lambda", "no such function")
    with pytest.raises(RefusedError):
        cloud.trigger()

    (closed,) = cloud.mirror.recorded(SyncCompleted)
    assert closed.outcome == "failed"
    assert cloud.titles == [STARTED, FAILED]


def test_a_large_plan_goes_to_ecs(cloud: Cloud) -> None:
    cloud.size_threshold = 21
    assert cloud.trigger().route == "ecs"
    assert not cloud.orders
    assert [order.shard for order in cloud.waiting["ecs"].orders] == [0, 1, 2]


def test_people_are_told_by_the_next_trigger_of_an_end_nobody_told_them_of(
    cloud: Cloud,
) -> None:
    cloud.trigger()
    cloud.work_all()
    cloud.slack.refusal = UnavailableError("slack", "down")
    cloud.close()
    cloud.slack.refusal = None
    cloud.mirror.clock.sleep(TIME_TO_TELL.total_seconds())
    cloud.mirror.offer("new", contents={"arm64_sonoma": "new"})
    cloud.trigger("run-2")

    assert cloud.titles == [STARTED, COMPLETE, STARTED]
    assert cloud.metrics.total("NotificationFailures") == 1
    ended = [
        e.run for e in cloud.mirror.recorded(NotificationSent) if e.about == "ended"
    ]
    assert ended == ["run-1"]
