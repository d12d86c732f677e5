"""Runs in the cloud that people, or the next trigger, have to look after."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from adapters.memory.clock import ManualClock
from domain.events import NotificationSent, ShardCompleted, SyncCompleted
from tests.e2e.conftest import Deploy
from tests.standin.catalog import plain_catalog
from tests.standin.server import Upstream
from tests.support.cloud import Cloud
from tests.support.deployment import Deployment
from tests.support.mirror import mirror_of

STARTED = "🚀 Homebrew Bottles Sync Started"
COMPLETE = "✅ Homebrew Bottles Sync Complete"
FAILED = "❌ Homebrew Bottles Sync Failed"


def leave_behind(cloud: Deployment, ago: timedelta) -> str:
    """Put a run into the bucket that began then, and that nobody has worked on.

    Returns:
        Its id.
    """
    mirror = mirror_of("bat", "jq")
    mirror.clock = ManualClock(datetime.now(UTC) - ago)  # noqa: TID251 - AWS's clock
    run_id = str(uuid4())
    Cloud(mirror).trigger(run_id)
    for info in mirror.disk.list(""):
        cloud.damage(info.key, mirror.disk.get(info.key).body)
    return run_id


def test_a_run_that_fell_silent_is_closed_and_told_of_and_another_begins(
    deploy: Deploy,
) -> None:
    upstream = Upstream(plain_catalog(3))
    cloud = deploy(upstream)
    silent = leave_behind(cloud, timedelta(minutes=31))

    answer = cloud.run()

    assert answer["outcome"] == "started"
    assert answer["run_id"] != silent
    ended = {event.run: event.outcome for event in cloud.events(SyncCompleted)}
    assert ended == {silent: "failed", answer["run_id"]: "complete"}
    given_up = [e for e in cloud.events(ShardCompleted) if e.run == silent]
    assert given_up
    assert {event.outcome for event in given_up} == {"failed"}
    assert f"run {silent} has been silent since" in cloud.said()
    assert cloud.titles() == [FAILED, STARTED, COMPLETE]
    assert "0 of 2 bottles were mirrored; 2 were not" in cloud.told()[0]
    assert len(cloud.ledger().held) == 3
    assert cloud.published() == cloud.ledger()


def test_a_run_that_is_not_silent_yet_is_left_alone(deploy: Deploy) -> None:
    cloud = deploy(Upstream(plain_catalog(3)))
    running = leave_behind(cloud, timedelta(minutes=10))
    before = cloud.tree()

    answer = cloud.run()

    assert (answer["run_id"], answer["outcome"]) == (running, "already_running")
    assert cloud.tree() == before
    assert not cloud.told()


def test_a_run_can_be_given_up_and_asked_after_by_hand(deploy: Deploy) -> None:
    upstream = Upstream(plain_catalog(3))
    cloud = deploy(upstream)
    # Its worker is gone, and nobody knows.
    cloud.worker = {"deliveries": 0}
    cloud.deploy()
    run_id = cloud.run()["run_id"]

    asked = cloud.invoke({"source": "shards", "run_id": run_id})
    closed = cloud.invoke({"source": "close", "run_id": run_id, "shards": [0]})
    again = cloud.invoke({"source": "close", "run_id": run_id})
    left = cloud.invoke({"source": "shards", "run_id": run_id})

    assert [order["shard"] for order in asked["orders"]] == [0]
    assert closed == {"run_id": run_id, "outcome": "failed", "unfinished": []}
    assert again == closed
    assert left == {"run_id": run_id, "orders": []}
    assert cloud.titles() == [STARTED, FAILED]
    assert len(cloud.events(NotificationSent)) == 2
    assert cloud.total("BottlesFailed", "unfinished") == 3

    # An order that was only late finds that there is nothing to do.
    cloud.worker = {}
    cloud.deploy()
    late = cloud.invoke(asked["orders"][0], "homebrew-sync-worker")
    assert (late["ending"], late["mirrored"]) == ("left_alone", 0)

    assert cloud.run()["outcome"] == "started"
    age = cloud.invoke({"source": "age"})["age"]
    assert 0 <= age < 600
    assert cloud.published() == cloud.ledger()
    assert upstream.requests.count("signed_get") == 3


def test_a_run_whose_workers_are_not_there_ends_as_failed(deploy: Deploy) -> None:
    cloud = deploy(Upstream(plain_catalog(3)), project_name="another")

    answer = cloud.invoke({"source": "manual"})

    assert answer["errorType"] == "NotFoundError"
    assert "deploy another-worker, or set project_name" in answer["errorMessage"]
    assert [event.outcome for event in cloud.events(SyncCompleted)] == ["failed"]
    assert cloud.titles() == [STARTED, FAILED]
    assert not cloud.ledger().runs
    assert cloud.published() == cloud.ledger()
