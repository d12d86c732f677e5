"""Tasks of ECS that are taken away in the middle of their work."""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from domain.bottle import Digest
from domain.events import BottleMirrored, ShardStarted, SyncCompleted
from domain.work import GB
from tests.e2e.conftest import DeployEcs
from tests.standin.catalog import plain_catalog
from tests.standin.faults import Fault
from tests.standin.server import Upstream
from tests.standin.sizes import fixed
from tests.support.deployment import wait_for
from tests.support.ecs_deployment import EcsDeployment
from tests.support.held_worker import JOBS, KILLED, TOLD_TO_LEAVE

RUN = "7f6b8c0d-0000-4000-8000-000000000001"
SCHEDULED: dict[str, object] = {
    "source": "aws.events",
    "detail-type": "Scheduled Event",
    "id": RUN,
}
HELD = (sys.executable, "-m", "tests.support.held_worker")
_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")


def asked_for(upstream: Upstream) -> Counter[Digest]:
    """Return how often the bytes of each digest were asked for."""
    return Counter(
        Digest(_DIGEST.findall(request.target)[0])
        for request in upstream.requests.recorded("signed_get")
    )


def test_three_tasks_of_eight_are_killed_and_two_told_to_leave_and_nothing_is_lost(
    deploy_ecs: DeployEcs, tmp_path: Path
) -> None:
    upstream = Upstream(plain_catalog(64), sizes=fixed(300_000), claims=5 * GB)
    it = deploy_ecs(upstream, worker=HELD, jobs=str(JOBS))
    it.variables["NOTES"] = str(tmp_path)
    it.cloud.send(SCHEDULED)
    for shard in TOLD_TO_LEAVE:
        wait_for((tmp_path / str(shard)).exists)
        it.tasks.interrupt(it.tasks_of(shard)[0])
    it.settle()

    assert_nothing_is_lost(it)
    stored, on_its_way = noted("stored", tmp_path), noted("on_its_way", tmp_path)
    assert_nothing_is_fetched_again_but(on_its_way, stored, it)


def noted(what: str, notes: Path) -> dict[int, set[str]]:
    """Return what tasks that were held up have noted, by their shards."""
    return {
        shard: set(json.loads((notes / str(shard)).read_text())[what])
        for shard in (*KILLED, *TOLD_TO_LEAVE)
    }


def assert_nothing_is_lost(it: EcsDeployment) -> None:
    ledger = it.cloud.ledger()
    assert len(ledger.held) == 64
    assert [event.outcome for event in it.cloud.events(SyncCompleted)] == ["complete"]
    assert it.cloud.published() == ledger
    codes = [[task.exit_code for task in it.tasks_of(shard)] for shard in range(8)]
    assert codes == [[137, 0]] * 3 + [[143, 0]] * 2 + [[0]] * 3


def assert_nothing_is_fetched_again_but(
    on_its_way: dict[int, set[str]], stored: dict[int, set[str]], it: EcsDeployment
) -> None:
    recorded = {
        event.bottle.digest: (event.how, one.commit.writer)
        for one in it.cloud.commits()
        for event in one.commit.events
        if isinstance(event, BottleMirrored)
    }
    asked = asked_for(it.cloud.upstream)
    lost = set[str]().union(*on_its_way.values())
    assert len(lost) == len(on_its_way)
    assert asked.total() == 64 + len(lost)
    assert {digest for digest, count in asked.items() if count > 1} == lost
    # Of those that were killed: what was stored was found there, and recorded.
    killed_with = set[str]().union(*(stored[shard] for shard in KILLED))
    assert killed_with == {d for d, (how, _) in recorded.items() if how == "found"}
    # Of those that were told to leave: what was stored was recorded before they left.
    first_writers = {
        event.shard: one.commit.writer
        for one in it.cloud.commits()
        for event in one.commit.events
        if isinstance(event, ShardStarted) and event.attempt == 1
    }
    for shard in TOLD_TO_LEAVE:
        mine = {d for d, (_, who) in recorded.items() if who == first_writers[shard]}
        assert mine == stored[shard]


@pytest.mark.parametrize(
    "trouble",
    [
        Fault("stall", on="signed_get", seconds=100),
        Fault("429", on="blob", retry_after=100),
    ],
    ids=["bytes stop", "asks for patience"],
)
def test_a_task_that_is_told_to_leave_does_so_whatever_upstream_does(
    deploy_ecs: DeployEcs, trouble: Fault
) -> None:
    upstream = Upstream(plain_catalog(8), claims=5 * GB)
    it = deploy_ecs(upstream, jobs=str(JOBS))
    names = [formula["name"] for formula in upstream.formulae]
    withheld = f"core/({'|'.join(names[4:])})[/&]"
    upstream.faults.add(replace(trouble, path=withheld))
    it.cloud.send(SCHEDULED)
    wait_for(it.tasks.tasks)
    (task,) = it.tasks.tasks()
    day = it.cloud.ledger().runs[RUN].day
    (loads,) = it.shares()

    def stored() -> set[Digest]:
        tree = it.cloud.tree(f"{day}/")
        return {
            load.digest for load in loads if load.bottles[0].object_key(day) in tree
        }

    def is_held_up() -> bool:
        asked = upstream.requests.recorded(f"{trouble.on}")
        held_up = any(re.search(withheld, one.target) for one in asked)
        return held_up and len(stored()) == 4

    wait_for(is_held_up)
    kept = stored()

    it.tasks.interrupt(task)
    wait_for(lambda: task.stopped)

    # Else it would have been killed after two minutes.
    assert task.exit_code == 143
    upstream.faults.clear()
    it.settle()
    assert [event.outcome for event in it.cloud.events(SyncCompleted)] == ["complete"]
    mirrored = it.cloud.events(BottleMirrored)
    assert len(mirrored) == 8
    # What it had stored it had recorded: nobody had to find it.
    assert {event.how for event in mirrored} == {"fetched"}
    asked_for_again = {d for d, count in asked_for(upstream).items() if count > 1}
    assert not asked_for_again & kept
