"""A cloud run, from its trigger to its end."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.events import (
    BottleMirrored,
    NotificationSent,
    ShardCompleted,
    SyncCompleted,
    SyncStarted,
)
from ports.errors import RefusedError, UnavailableError
from tests.support.cloud import Cloud
from tests.support.mirror import Mirror, mirror_of
from tests.support.watched import at_call, is_a

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
    assert [event.run for event in cloud.mirror.recorded(SyncStarted)] == [
        "run-2",
        "run-1",
    ]
    assert list(cloud.mirror.ledger().runs) == ["run-2"]
    assert {order.run_id for order in cloud.orders} == {"run-2"}


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
    cloud.mirror.offer("new", contents={"arm64_sonoma": "new"})
    cloud.trigger("run-2")

    assert cloud.titles == [STARTED, COMPLETE, STARTED]
    assert cloud.metrics.total("NotificationFailures") == 1
    ended = [
        e.run for e in cloud.mirror.recorded(NotificationSent) if e.about == "ended"
    ]
    assert ended == ["run-1"]
