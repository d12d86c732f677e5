"""What every deployment promises to whoever looks at it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest

from adapters.aws.client import Aws
from adapters.aws_deployment import AwsDeployment
from adapters.memory.deployment import MemoryDeployment
from domain.order import Order
from ports.deployment import Deployment, Execution, Function, Task
from ports.errors import NotFoundError
from tests.support.cloud_in_moto import PROJECT, REGION, cloud_in_moto

ORDER = Order("run-1", "a" * 64, 0, 2)
ORDERS = [ORDER, replace(ORDER, shard=1)]
NOW = datetime(2026, 11, 27, 3, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Deployed:
    """A deployment with an orchestrator, an execution for each of two runs, and a task
    for the first shard of the first; and one with nothing."""

    full: Deployment
    empty: Deployment


@contextmanager
def _in_memory() -> Iterator[Deployed]:
    yield Deployed(
        MemoryDeployment(
            PROJECT,
            functions=[Function(f"{PROJECT}-orchestrator", "Active", NOW, 512, 300)],
            executions=[
                Execution("run-2", "RUNNING", NOW),
                Execution("run-1", "RUNNING", NOW),
            ],
            tasks=[Task("1", ORDER, "RUNNING", "FARGATE", None)],
        ),
        MemoryDeployment("another"),
    )


@contextmanager
def _on_aws() -> Iterator[Deployed]:
    with cloud_in_moto() as cloud:
        cloud.deploy_function("orchestrator")
        machine = cloud.deploy_state_machine()
        for run in ("run-1", "run-2"):
            orders = [replace(order, run_id=run) for order in ORDERS]
            cloud.start_execution(machine, orders)
        cloud.deploy_cluster()
        cloud.run_task(ORDER)
        aws = Aws(REGION, 1)
        yield Deployed(
            AwsDeployment(aws, PROJECT, None), AwsDeployment(aws, "another", None)
        )


DEPLOYMENTS: dict[str, Callable[[], AbstractContextManager[Deployed]]] = {
    "memory": _in_memory,
    "aws": _on_aws,
}


@pytest.fixture(params=DEPLOYMENTS)
def deployed(request: pytest.FixtureRequest) -> Iterator[Deployed]:
    with DEPLOYMENTS[request.param]() as opened:
        yield opened


class TestDeploymentContract:
    def test_tells_what_is_deployed_and_what_is_missing(
        self, deployed: Deployed
    ) -> None:
        found = deployed.full.functions()
        names = [f"{PROJECT}-{part}" for part in ("orchestrator", "worker", "alarm")]
        assert list(found) == names
        orchestrator = found[f"{PROJECT}-orchestrator"]
        assert orchestrator is not None
        assert orchestrator.state == "Active"
        assert (orchestrator.memory, orchestrator.timeout) == (512, 300)
        assert found[f"{PROJECT}-worker"] is None

    def test_tells_of_executions_by_the_names_of_their_runs(
        self, deployed: Deployed
    ) -> None:
        names = {execution.name for execution in deployed.full.executions(5)}
        assert names == {"run-1", "run-2"}

    def test_tells_of_so_many_executions_and_no_more(self, deployed: Deployed) -> None:
        assert len(deployed.full.executions(1)) == 1

    def test_tells_of_tasks_by_the_orders_that_they_were_given(
        self, deployed: Deployed
    ) -> None:
        (task,) = deployed.full.tasks()
        assert task.order == ORDER
        assert task.capacity == "FARGATE"

    def test_is_called_what_everything_is_called_after(
        self, deployed: Deployed
    ) -> None:
        assert deployed.full.name == PROJECT

    def test_that_is_not_there_has_no_functions(self, deployed: Deployed) -> None:
        assert set(deployed.empty.functions().values()) == {None}


class TestOnAws:
    def test_what_is_not_deployed_is_named(self) -> None:
        with cloud_in_moto():
            deployment = AwsDeployment(Aws(REGION, 1), PROJECT, None)
            with pytest.raises(NotFoundError, match=f"machine {PROJECT}: .*project_n"):
                deployment.executions(5)
            with pytest.raises(NotFoundError, match=f"cluster {PROJECT}: .*project_n"):
                deployment.tasks()

    def test_a_state_machine_that_is_named_is_not_looked_for(self) -> None:
        with cloud_in_moto() as cloud:
            machine = cloud.deploy_state_machine()
            cloud.start_execution(machine, ORDERS)
            deployment = AwsDeployment(Aws(REGION, 1), "another", machine)
            assert [each.name for each in deployment.executions(5)] == ["run-1"]

    def test_the_tasks_of_others_are_left_out_and_odd_orders_are_none(self) -> None:
        with cloud_in_moto() as cloud:
            cloud.deploy_cluster()
            cloud.run_task("no order")
            cloud.run_task(ORDER, family="of-another")
            (task,) = AwsDeployment(Aws(REGION, 1), PROJECT, None).tasks()
            assert task.order is None
