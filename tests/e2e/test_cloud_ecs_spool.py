"""A task of ECS that is killed in the middle of a large bottle, and the next one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from domain.events import BottleMirrored, SyncCompleted
from domain.work import GB
from tests.standin.catalog import plain_catalog
from tests.standin.faults import Fault
from tests.standin.server import Upstream
from tests.standin.sizes import fixed
from tests.support.deployment import wait_for
from tests.support.ecs_deployment import EcsDeployment, deployed_with_ecs
from tests.support.seaweed import SeaweedS3
from tests.support.spooling_worker import BLOCK, LARGE

SIZE = 24_000_000
CAME = 13_500_000
"""What upstream has given of the bottle when the task is killed."""
SCALED = (sys.executable, "-m", "tests.support.spooling_worker")


@contextmanager
def deployed_with_a_spool(
    seaweed: SeaweedS3, upstream: Upstream, spool: Path
) -> Iterator[EcsDeployment]:
    with (
        upstream,
        deployed_with_ecs(seaweed, upstream, worker=SCALED, spool=str(spool)) as it,
    ):
        yield it


@pytest.mark.usefixtures("lambda_runtime")
def test_what_a_killed_task_has_of_a_large_bottle_is_not_asked_for_again(
    seaweed: SeaweedS3, tmp_path: Path
) -> None:
    assert SIZE > LARGE
    spool = tmp_path / "efs" / "spool"
    upstream = Upstream(plain_catalog(1), sizes=fixed(SIZE), claims=25 * GB)
    with deployed_with_a_spool(seaweed, upstream, spool) as it:
        upstream.faults.add(
            Fault("stall", on="signed_get", after=CAME, seconds=100, times=1)
        )
        it.cloud.send({"source": "manual"})
        digest = upstream.digest(upstream.formulae[0]["name"], "arm64_sonoma")
        part = spool / f"{digest}.part"
        wait_for(lambda: part.exists() and part.stat().st_size > CAME - BLOCK)
        (killed,) = it.tasks.tasks()
        killed.kill()
        kept = (part.stat().st_size - 1) // BLOCK * BLOCK
        it.settle()

        assert [task.exit_code for task in it.tasks_of(0)] == [137, 0]
        ends = it.cloud.events(SyncCompleted)
        assert [end.outcome for end in ends] == ["complete"]
        asked = [
            request.headers.get("range")
            for request in upstream.requests.recorded("signed_get")
        ]
        assert asked == [None, f"bytes={kept}-"]
        assert kept >= CAME - 2 * BLOCK
        given = upstream.requests.given("signed_get")
        assert given == CAME + SIZE - kept
        assert given < 2 * SIZE

        (mirrored,) = it.cloud.events(BottleMirrored)
        assert mirrored.how == "fetched"
        assert it.cloud.read(mirrored.object_key) == upstream.content(digest)
        # It is recorded, and takes no room any more.
        assert list(spool.iterdir()) == []
