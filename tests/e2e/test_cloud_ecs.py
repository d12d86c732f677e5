"""The system in the cloud, where a run is so large that it goes to ECS."""

from __future__ import annotations

import json
import sys
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from adapters.ledger.hash_codec import encode_hash_file
from domain.events import ShardCompleted, ShardStarted, SyncCompleted, SyncStarted
from domain.work import GB
from tests.e2e.conftest import DeployEcs
from tests.standin.catalog import plain_catalog
from tests.standin.faults import Fault
from tests.standin.server import Upstream
from tests.support.deployment import ORCHESTRATOR, WORKER, wait_for
from tests.support.ecs_deployment import FAMILY, EcsDeployment, capacity_of
from tests.support.lambda_function import Function
from tests.support.mirror_bucket import HASH_FILE, PUBLIC

STARTED = "🚀 Homebrew Bottles Sync Started"
DEGRADED = "❌ Homebrew Bottles Sync Degraded"
FAILED = "❌ Homebrew Bottles Sync Failed"
PROGRESS = "⏳ Homebrew Sync Progress"
COMPLETE = "✅ Homebrew Bottles Sync Complete"
RUN = "7f6b8c0d-0000-4000-8000-000000000001"
SCHEDULED: dict[str, object] = {
    "source": "aws.events",
    "detail-type": "Scheduled Event",
    "id": RUN,
}
CLAIM = 5 * GB
DYING = (sys.executable, "-m", "tests.support.dying_task")


def assert_whole(it: EcsDeployment, bottles: int) -> None:
    """Assert that one run mirrored every bottle, fetched once, and told of it once."""
    ledger = it.cloud.ledger()
    assert len(ledger.held) == bottles
    assert not ledger.runs
    assert it.cloud.upstream.requests.count("signed_get") == bottles
    assert [event.outcome for event in it.cloud.events(SyncCompleted)] == ["complete"]
    titles = Counter(it.cloud.titles())
    assert (titles[STARTED], titles[COMPLETE]) == (1, 1)
    assert it.cloud.published() == ledger


def test_a_large_run_is_shared_out_and_told_of_from_its_beginning_to_its_end(
    deploy_ecs: DeployEcs,
) -> None:
    upstream = Upstream(plain_catalog(64), claims=CLAIM)
    it = deploy_ecs(upstream)
    cloud = it.cloud

    it.run(SCHEDULED)

    assert_whole(it, 64)
    ledger = cloud.ledger()
    assert cloud.read(HASH_FILE) == encode_hash_file(ledger)
    (begun,) = cloud.events(SyncStarted)
    assert (begun.run, begun.route, begun.shards) == (RUN, "ecs", 8)
    (execution,) = it.executions()
    assert (execution.name, execution.status) == (RUN, "SUCCEEDED")
    assert [task.exit_code for task in it.tasks.tasks()] == [0] * 8
    assert {capacity_of(task) for task in it.tasks.tasks()} == {"spot"}
    objects = {entry.object_key for entry in ledger.held.values()}
    assert objects == {
        k for k in cloud.tree() if not k.startswith(("ledger/", "b", *PUBLIC))
    }
    entry = next(iter(ledger.held.values()))
    assert cloud.read(entry.object_key) == upstream.content(entry.bottle.digest)

    # However many shards cross a tenth at the same time, people hear of one.
    assert cloud.titles() == [STARTED, PROGRESS, COMPLETE]
    started, progress, complete = cloud.told()
    assert "Estimated size: 320 GB\nSync method: ECS" in started
    assert "/64 bottles (" in progress
    # What was planned is what the registry claims; what is told at the end is true.
    assert "New bottles: 64\nTotal size: 262 kB" in complete

    assert cloud.total("BytesMirrored") == sum(e.size for e in ledger.held.values())


def test_an_event_that_comes_again_while_shards_wait_starts_nothing_twice(
    deploy_ecs: DeployEcs,
) -> None:
    upstream = Upstream(plain_catalog(24), claims=CLAIM)
    it = deploy_ecs(upstream, at_once=1)
    it.cloud.send(SCHEDULED)
    wait_for(it.tasks.tasks)
    (task,) = it.tasks.tasks()
    task.freeze()

    again = [it.cloud.invoke(SCHEDULED) for _ in range(2)]
    task.thaw()
    it.settle()

    assert {(answer["run_id"], answer["outcome"]) for answer in again} == {
        (RUN, "already_running")
    }
    assert [execution.name for execution in it.executions()] == [RUN]
    assert [event.attempt for event in it.cloud.events(ShardStarted)] == [1, 1, 1]
    assert_whole(it, 24)

    # It has ended, and AWS would refuse its name.
    it.run(SCHEDULED)

    assert len(it.executions()) == 1
    assert_whole(it, 24)


def test_a_run_whose_execution_was_stopped_is_closed_by_who_says_so(
    deploy_ecs: DeployEcs,
) -> None:
    upstream = Upstream(plain_catalog(16), claims=CLAIM)
    it = deploy_ecs(upstream)
    upstream.faults.add(Fault("429", on="blob", retry_after=100))
    it.cloud.send(SCHEDULED)
    wait_for(lambda: len(it.cloud.events(ShardStarted)) == 2)
    (execution,) = it.executions()
    with closing(it.machines.client()) as machines:
        machines.stop_execution(executionArn=execution.arn)
    it.settle()
    wait_for(lambda: all(task.stopped for task in it.tasks.tasks()))
    upstream.faults.clear()

    # The name is used: AWS starts no other under it, and that is no failure.
    it.run(SCHEDULED)
    assert [(one.name, one.status) for one in it.executions()] == [(RUN, "ABORTED")]
    closing_it = {"source": "close", "run_id": RUN}
    assert it.cloud.invoke(closing_it)["unfinished"] == [0, 1]
    ended = {"input": execution.given, "status": execution.status}
    closed = it.cloud.invoke({"source": "aws.states", "detail": ended})

    assert closed["outcome"] == "failed"
    assert it.cloud.titles() == [STARTED, FAILED]
    assert "16 were not (16 unfinished)" in it.cloud.told()[-1]
    assert "its state machine ended as ABORTED" in it.cloud.told()[-1]
    it.run({"source": "manual"})
    assert it.cloud.events(SyncCompleted)[-1].outcome == "complete"
    assert len(it.cloud.ledger().held) == 16


def test_what_finds_no_place_on_spot_runs_on_demand(deploy_ecs: DeployEcs) -> None:
    it = deploy_ecs(Upstream(plain_catalog(8), claims=CLAIM))
    it.tasks.refuse_next(4)

    it.run(SCHEDULED)

    (task,) = it.tasks.tasks()
    assert capacity_of(task) == "on demand"
    assert_whole(it, 8)


def test_a_shard_that_never_succeeds_is_given_up_after_three_rounds_and_told_of(
    deploy_ecs: DeployEcs,
) -> None:
    it = deploy_ecs(Upstream(plain_catalog(16), claims=CLAIM), worker=DYING)

    it.run(SCHEDULED)

    # Twice on Spot and twice on demand, three times.
    assert [task.exit_code for task in it.tasks_of(1)] == [137] * 12
    assert [task.exit_code for task in it.tasks_of(0)] == [0]
    (execution,) = it.executions()
    assert execution.status == "SUCCEEDED"
    assert execution.history.steps.count("Ask the ledger") == 3
    (ended,) = it.cloud.events(SyncCompleted)
    assert ended.outcome == "degraded"
    assert len(it.cloud.ledger().held) == 8
    assert it.cloud.titles() == [STARTED, PROGRESS, DEGRADED]
    assert "Failed bottles: 8 (8 unfinished)" in it.cloud.told()[-1]
    assert it.cloud.total("BottlesFailed", "unfinished") == 8
    assert it.cloud.published() == it.cloud.ledger()


def test_what_is_too_large_for_lambda_s_time_goes_to_ecs_at_once(
    deploy_ecs: DeployEcs,
) -> None:
    upstream = Upstream(plain_catalog(12), claims=GB)
    it = deploy_ecs(upstream, lambda_shard_gb="6")
    it.cloud.worker = {"timeout": 20.0}
    it.cloud.deploy()

    it.run(SCHEDULED)

    assert {one.name for one in it.executions()} == {f"{RUN}-0-2", f"{RUN}-1-2"}
    assert {one.status for one in it.executions()} == {"SUCCEEDED"}
    started = it.cloud.events(ShardStarted)
    assert Counter((event.route, event.attempt) for event in started) == {
        ("lambda", 1): 2,
        ("ecs", 2): 2,
    }
    # Both of them asked for the end, and one too early.
    assert_whole(it, 12)


@pytest.mark.parametrize("last", ["ecs", "lambda"])
def test_what_lambda_cannot_do_in_eight_attempts_ecs_does_and_the_last_one_closes(
    deploy_ecs: DeployEcs, tmp_path: Path, last: str
) -> None:
    upstream = Upstream(plain_catalog(12), claims=GB)
    it = deploy_ecs(upstream, lambda_shard_gb="6")
    gate = tmp_path / "gate"
    it.cloud.lambdas.deploy(
        WORKER,
        Function(
            "tests.support.dying_worker.handler",
            timeout=900,
            memory=3_008,
            environment={**it.cloud.settings, "GATE": str(gate)},
            retries=0,
            on_failure=ORCHESTRATOR,
        ),
    )
    # The pauses between eight attempts take three minutes.
    it.cloud.lambdas.deploy(
        ORCHESTRATOR,
        Function(
            "tests.support.hasty_orchestrator.handler",
            timeout=300,
            memory=512,
            environment=it.cloud.settings,
        ),
    )
    if last == "ecs":
        gate.touch()

    answer = it.cloud.invoke(SCHEDULED)
    wait_for(lambda: [one.status for one in it.executions()] == ["SUCCEEDED"])
    # Whoever ends first leaves it open.
    assert len(it.cloud.events(SyncCompleted)) == (last == "ecs")
    gate.touch()
    it.settle()

    assert (answer["route"], answer["shards"]) == ("lambda", 2)
    assert [one.name for one in it.executions()] == [f"{RUN}-0-9"]
    ended = [event.shard for event in it.cloud.events(ShardCompleted)]
    assert ended == ([1, 0] if last == "ecs" else [0, 1])
    assert_whole(it, 12)


@pytest.mark.parametrize(
    ("claim", "size", "route", "shards"),
    [(995, 19_900_000_000, "lambda", 4), (1_000, 20_000_000_000, "ecs", 1)],
)
def test_the_sizes_that_manifests_tell_decide_where_a_run_goes(
    deploy_ecs: DeployEcs, claim: int, size: int, route: str, shards: int
) -> None:
    upstream = Upstream(plain_catalog(20), claims=claim * 10**6)
    it = deploy_ecs(upstream)
    nobody_works(it)

    answer = it.cloud.invoke(SCHEDULED)
    it.settle()

    assert answer == {
        "run_id": RUN,
        "outcome": "started",
        "route": route,
        "bottles": 20,
        "bytes": size,
        "shards": shards,
    }
    orders = (
        [json.loads(record.event) for record in it.cloud.lambdas.records(WORKER)]
        if route == "lambda"
        else json.loads(it.executions()[0].given)["orders"]
    )
    assert sorted(order["shard"] for order in orders) == list(range(shards))
    assert upstream.requests.count("signed_get") == 0


def nobody_works(it: EcsDeployment) -> None:
    """Let orders be taken, and nothing come of them."""
    it.machines.deploy(
        FAMILY, {"StartAt": "Rest", "States": {"Rest": {"Type": "Succeed"}}}
    )
    it.cloud.lambdas.deploy(
        WORKER, Function("tests.support.small_handlers.echo", timeout=30)
    )
