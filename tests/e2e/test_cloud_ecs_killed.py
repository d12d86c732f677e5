"""Tasks of ECS that are taken away in the middle of their work."""

from __future__ import annotations

import re
import time
from collections import Counter
from dataclasses import replace

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

RUN = "7f6b8c0d-0000-4000-8000-000000000001"
SCHEDULED: dict[str, object] = {
    "source": "aws.events",
    "detail-type": "Scheduled Event",
    "id": RUN,
}
JOBS = 2
KILLED, TOLD_TO_LEAVE = (0, 1, 2), (3, 4)
_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")


def asked_for(upstream: Upstream) -> Counter[Digest]:
    """Return how often the bytes of each digest were asked for."""
    return Counter(
        Digest(_DIGEST.findall(request.target)[0])
        for request in upstream.requests.recorded("signed_get")
    )


class Shares:
    """What each shard has to mirror, and how far it has come."""

    def __init__(self, it: EcsDeployment) -> None:
        self._it = it
        self._day = it.cloud.ledger().runs[RUN].day
        self._loads = it.shares()

    def digests(self, *shards: int) -> set[Digest]:
        """Return what shards have to mirror."""
        return {load.digest for shard in shards for load in self._loads[shard]}

    def stored(self, *shards: int) -> set[Digest]:
        """Return what of shards is in the store."""
        tree = self._it.cloud.tree(f"{self._day}/")
        return {
            load.digest
            for shard in shards
            for load in self._loads[shard]
            if load.bottles[0].object_key(self._day) in tree
        }

    def in_flight(self, *shards: int) -> set[Digest]:
        """Return what of shards was begun, and is not in the store."""
        begun = asked_for(self._it.cloud.upstream).keys() & self.digests(*shards)
        return begun - self.stored(*shards)


def test_three_tasks_of_eight_are_killed_and_two_told_to_leave_and_nothing_is_lost(
    deploy_ecs: DeployEcs,
) -> None:
    upstream = Upstream(plain_catalog(64), sizes=fixed(64_000), claims=5 * GB)
    it = deploy_ecs(upstream, jobs=str(JOBS))
    upstream.faults.add(Fault("slow", on="signed_get", rate=32_000))
    it.cloud.send(SCHEDULED)
    wait_for(lambda: len(it.tasks.tasks()) == 8)
    shares = Shares(it)
    first = [it.tasks_of(shard)[0] for shard in range(8)]
    waiting = {*KILLED, *TOLD_TO_LEAVE}

    def all_are_in_the_middle_of_transfers() -> bool:
        for shard in tuple(waiting):
            if shares.stored(shard) and shares.in_flight(shard):
                first[shard].freeze()
                waiting.remove(shard)
        return not waiting

    wait_for(all_are_in_the_middle_of_transfers)
    time.sleep(0.3)  # for what has left them already
    killed_with, lost = shares.stored(*KILLED), shares.in_flight(*KILLED)
    for shard in KILLED:
        first[shard].kill()
    for shard in TOLD_TO_LEAVE:
        it.tasks.interrupt(first[shard])
        first[shard].thaw()
    upstream.faults.clear()
    it.settle()

    # Nothing is lost.
    ledger = it.cloud.ledger()
    assert len(ledger.held) == 64
    assert [event.outcome for event in it.cloud.events(SyncCompleted)] == ["complete"]
    assert it.cloud.published() == ledger
    assert [task.exit_code for task in first] == [137] * 3 + [143] * 2 + [0] * 3
    again = [[task.exit_code for task in it.tasks_of(n)[1:]] for n in range(8)]
    assert again == [[0]] * 5 + [[]] * 3

    # Nothing is fetched again but what was in flight.
    recorded = {
        event.bottle.digest: (event.how, one.commit.writer)
        for one in it.cloud.commits()
        for event in one.commit.events
        if isinstance(event, BottleMirrored)
    }
    asked = asked_for(upstream)
    assert asked.total() == 64 + len([n for n in asked.values() if n > 1])
    twice = {digest for digest, count in asked.items() if count > 1}
    # Of those that were killed: what was stored was found there, and recorded.
    assert twice & shares.digests(*KILLED) == lost
    assert 0 < len(lost) <= JOBS * len(KILLED)
    assert killed_with == {d for d, (how, _) in recorded.items() if how == "found"}
    # Of those that were told to leave: what was stored was recorded before they left.
    first_writers = {
        event.shard: one.commit.writer
        for one in it.cloud.commits()
        for event in one.commit.events
        if isinstance(event, ShardStarted) and event.attempt == 1
    }
    for shard in TOLD_TO_LEAVE:
        mine = shares.digests(shard)
        left = {d for d in mine if recorded[d][1] == first_writers[shard]}
        assert left
        assert not left & twice
        assert len(mine & twice) <= JOBS
    assert not twice & shares.digests(5, 6, 7)


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
    shares = Shares(it)

    def is_held_up() -> bool:
        asked = upstream.requests.recorded(f"{trouble.on}")
        held_up = any(re.search(withheld, one.target) for one in asked)
        return held_up and len(shares.stored(0)) == 4

    wait_for(is_held_up)
    stored = shares.stored(0)

    it.tasks.interrupt(task)
    wait_for(lambda: task.stopped)

    # Else it would have been killed after 30 seconds.
    assert task.exit_code == 143
    upstream.faults.clear()
    it.settle()
    assert [event.outcome for event in it.cloud.events(SyncCompleted)] == ["complete"]
    mirrored = it.cloud.events(BottleMirrored)
    assert len(mirrored) == 8
    # What it had stored it had recorded: nobody had to find it.
    assert {event.how for event in mirrored} == {"fetched"}
    asked_for_again = {d for d, count in asked_for(upstream).items() if count > 1}
    assert not asked_for_again & stored
