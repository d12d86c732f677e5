"""The whole system on one machine with its route over ECS: tasks are processes.

The state machine is the one that is deployed, run by an interpreter of the tests.

A plan that goes to ECS in eight shards has 300 GB. Here the manifests claim that, and
the bodies are small. What is planned, routed and shared out goes by the claim; what is
stored, recorded and told at the end goes by the bytes that came, as it should whenever
a registry is wrong about a size.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from adapters.ledger.layout import document_key
from adapters.ledger.work_codec import decode_work
from domain.events import SyncStarted
from domain.work import Load, split
from tests.standin.server import Upstream
from tests.support.asl import definition
from tests.support.deployment import Deployment, deployed, wait_for
from tests.support.embedded import is_embedded
from tests.support.mirror_bucket import S3Server
from tests.support.state_machine import Execution, StateMachines
from tests.support.task_host import TaskHost
from tests.support.tasks import Task, TaskDefinition

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import ContainerOverrideTypeDef

FAMILY = "homebrew-sync"
WORKER = (sys.executable, "-m", "entrypoints.ecs_worker")


@dataclass(frozen=True, slots=True)
class EcsDeployment:
    """A system that is deployed, and where its tasks run.

    Attributes:
        variables: Those of every task that is started from now on.
    """

    cloud: Deployment
    tasks: TaskHost
    machines: StateMachines
    variables: dict[str, str]

    def run(self, payload: dict[str, object]) -> None:
        """Send the orchestrator an event, and wait for the end of what follows."""
        self.cloud.send(payload)
        self.settle()

    def settle(self, within: float = 300.0) -> None:
        """Wait until no execution runs, and no function that was sent an event."""

        def is_over() -> bool:
            self.cloud.settle(within)
            return all(one.status != "RUNNING" for one in self.machines.executions())

        wait_for(is_over, within)
        # The last that an execution does may be to send something.
        self.cloud.settle(within)

    def executions(self) -> list[Execution]:
        """Return every execution of the state machine, the oldest first."""
        return self.machines.executions()

    def tasks_of(self, shard: int) -> list[Task]:
        """Return every task that was started for a shard, the oldest first."""
        return [task for task in self.tasks.tasks() if shard_of(task) == shard]

    def shares(self) -> tuple[tuple[Load, ...], ...]:
        """Return what the only run there was had to mirror, by shard."""
        (begun,) = self.cloud.events(SyncStarted)
        body = self.cloud.read(document_key(begun.plan))
        return split(decode_work(begun.plan, body).loads, begun.shards)

    def start_task(self, order: str | None, **variables: str) -> Task:
        """Start one task, without the state machine.

        Args:
            variables: In place of those that every task has.
        """
        given = {**variables, **({} if order is None else {"BOTTLES_ORDER": order})}
        worker: ContainerOverrideTypeDef = {
            "name": "worker",
            "environment": [{"name": n, "value": text} for n, text in given.items()],
        }
        with closing(self.tasks.client()) as client:
            (started,) = client.run_task(
                cluster=FAMILY,
                taskDefinition=FAMILY,
                overrides={"containerOverrides": [worker]},
            )["tasks"]
        (task,) = (t for t in self.tasks.tasks() if t.arn == started["taskArn"])
        return task


def shard_of(task: Task) -> int:
    """Return the shard that a task was started for."""
    shard: int = json.loads(task.environment["BOTTLES_ORDER"])["shard"]
    return shard


def capacity_of(task: Task) -> str:
    """Return what a task was to run on."""
    return "on demand" if task.asked.get("launchType") == "FARGATE" else "spot"


def said_by(task: Task) -> list[dict[str, Any]]:
    """Return the lines of a task's log that are for people."""
    return [
        json.loads(line)
        for line in task.log.read_text(errors="replace").splitlines()
        if line.startswith("{") and not is_embedded(line)
    ]


@contextmanager
def deployed_with_ecs(
    s3: S3Server,
    upstream: Upstream,
    *,
    at_once: int = 16,
    worker: Sequence[str] = WORKER,
    **settings: str,
) -> Iterator[EcsDeployment]:
    """Deploy the system over a bucket of its own, for as long as the block lasts.

    Args:
        at_once: Tasks of one execution.
        worker: The command of each task.
        settings: More of the configuration, by its names.
    """
    variables: dict[str, str] = {}
    with (
        deployed(s3, upstream, **settings) as cloud,
        TaskHost({FAMILY: TaskDefinition(worker, environment=variables)}) as tasks,
        StateMachines(cloud.lambdas.endpoint_url, tasks.endpoint_url) as machines,
    ):
        arn = machines.deploy(FAMILY, definition(max_parallel_tasks=at_once))
        assert cloud.settings["BOTTLES_STATE_MACHINE_ARN"] == arn
        cloud.settings |= {
            "AWS_ENDPOINT_URL_SFN": machines.endpoint_url,
            "AWS_ENDPOINT_URL_ECS": tasks.endpoint_url,
        }
        cloud.deploy()
        variables |= cloud.settings
        yield EcsDeployment(cloud, tasks, machines, variables)
