import json
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.support.asl import definition
from tests.support.asl_states import MAX_DATA
from tests.support.command import until
from tests.support.lambda_api import LambdaApi
from tests.support.lambda_function import Function
from tests.support.state_machine import Execution, StateMachines
from tests.support.task_host import TaskHost
from tests.support.tasks import TaskDefinition

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

_FAMILY = "homebrew-sync"
_WORKER = TaskDefinition((sys.executable, "-m", "tests.support.small_worker"))


@pytest.fixture
def tasks() -> Iterator[TaskHost]:
    with TaskHost({_FAMILY: _WORKER}) as host:
        yield host


@pytest.fixture
def machines(lambda_api: LambdaApi, tasks: TaskHost) -> Iterator[StateMachines]:
    with StateMachines(lambda_api.endpoint_url, tasks.endpoint_url) as machines:
        yield machines


@pytest.fixture
def sfn(machines: StateMachines) -> Iterator["SFNClient"]:
    with closing(machines.client()) as client:
        yield client


@pytest.fixture
def machine(machines: StateMachines, lambda_api: LambdaApi, tmp_path: Path) -> str:
    """Return the ARN of our state machine, which asks the file ``left``."""
    lambda_api.deploy(
        "homebrew-sync-orchestrator",
        Function(
            "tests.support.small_handlers.ledger",
            timeout=30,
            environment={"LEDGER": str(tmp_path)},
        ),
    )
    return machines.deploy("homebrew-sync", definition())


def given(*orders: dict[str, Any]) -> str:
    shards = [order["shard"] for order in orders]
    return json.dumps({"run_id": "r", "shards": shards, "orders": orders})


def run(sfn: "SFNClient", machines: StateMachines, machine: str, it: str) -> Execution:
    """Run the state machine to its end."""
    sfn.start_execution(stateMachineArn=machine, name="r", input=it)
    (execution,) = machines.executions()
    until(lambda: execution.status != "RUNNING")
    return execution


def capacity(tasks: TaskHost) -> list[str]:
    return [
        "on demand" if task.asked.get("launchType") == "FARGATE" else "spot"
        for task in tasks.tasks()
    ]


class TestOurStateMachine:
    def test_runs_each_order_and_closes_the_run(
        self,
        sfn: "SFNClient",
        machines: StateMachines,
        machine: str,
        tasks: TaskHost,
        tmp_path: Path,
    ) -> None:
        (tmp_path / "left").write_text("[]\n")

        execution = run(sfn, machines, machine, given({"shard": 0}, {"shard": 1}))

        assert execution.status == "SUCCEEDED"
        assert capacity(tasks) == ["spot", "spot"]
        orders = [task.environment["BOTTLES_ORDER"] for task in tasks.tasks()]
        assert sorted(orders) == ['{"shard":0}', '{"shard":1}']
        assert (tmp_path / "asked").read_text() == "shards\nclose\n"

    def test_runs_a_task_again_that_ended_badly(
        self,
        sfn: "SFNClient",
        machines: StateMachines,
        machine: str,
        tasks: TaskHost,
        tmp_path: Path,
    ) -> None:
        (tmp_path / "left").write_text("[]\n")
        order = {"shard": 0, "file": str(tmp_path / "notes"), "failures": 2}

        execution = run(sfn, machines, machine, given(order))

        assert execution.status == "SUCCEEDED"
        assert [task.exit_code for task in tasks.tasks()] == [1, 1, 0]
        assert capacity(tasks) == ["spot", "spot", "on demand"]

    def test_waits_for_capacity(
        self,
        sfn: "SFNClient",
        machines: StateMachines,
        machine: str,
        tasks: TaskHost,
        tmp_path: Path,
    ) -> None:
        (tmp_path / "left").write_text("[]\n")
        tasks.refuse_next(3)

        execution = run(sfn, machines, machine, given({"shard": 0}))

        assert execution.status == "SUCCEEDED"
        assert capacity(tasks) == ["spot"]

    def test_goes_round_for_what_the_ledger_says_is_left(
        self,
        sfn: "SFNClient",
        machines: StateMachines,
        machine: str,
        tasks: TaskHost,
        tmp_path: Path,
    ) -> None:
        (tmp_path / "left").write_text('[{"shard": 1}]\n' * 3)

        execution = run(sfn, machines, machine, given({"shard": 0}, {"shard": 1}))

        assert execution.status == "SUCCEEDED"
        assert len(tasks.tasks()) == 2 + 1 + 1
        assert (tmp_path / "asked").read_text() == "shards\nshards\nshards\nclose\n"

    def test_closes_the_run_when_nobody_can_tell_what_is_left(
        self, sfn: "SFNClient", machines: StateMachines, machine: str
    ) -> None:
        # There is no file of what is left.
        execution = run(sfn, machines, machine, given({"shard": 0}))

        assert execution.status == "SUCCEEDED"
        assert execution.history.steps[-3:] == [
            "Ask the ledger",
            "Close the run",
            "The run was closed",
        ]

    def test_fails_when_the_run_cannot_be_closed(
        self,
        sfn: "SFNClient",
        machines: StateMachines,
        machine: str,
        lambda_api: LambdaApi,
    ) -> None:
        lambda_api.deploy(
            "homebrew-sync-orchestrator",
            Function("tests.support.small_handlers.fail", timeout=60),
        )

        execution = run(sfn, machines, machine, given({"shard": 0}))

        assert execution.status == "FAILED"
        assert execution.error is not None
        assert execution.error.error == "RunStaysOpen"

    def test_that_is_stopped_stops_its_tasks(
        self,
        sfn: "SFNClient",
        machines: StateMachines,
        machine: str,
        tasks: TaskHost,
        tmp_path: Path,
    ) -> None:
        file = tmp_path / "notes"
        order = {"shard": 0, "file": str(file), "seconds": 60}
        arn = sfn.start_execution(
            stateMachineArn=machine, name="r", input=given(order)
        )["executionArn"]
        until(lambda: file.exists() and file.read_text() == "begun\n")

        sfn.stop_execution(executionArn=arn)

        until(lambda: sfn.describe_execution(executionArn=arn)["status"] == "ABORTED")
        until(lambda: file.read_text() == "begun\ntold to end\n")
        (task,) = tasks.tasks()
        until(lambda: task.exit_code == 75)
        (execution,) = machines.executions()
        assert execution.status == "ABORTED"


class TestAnExecution:
    @pytest.fixture
    def waiting(self, machines: StateMachines) -> str:
        """Return the ARN of a state machine that takes its time."""
        states = {"A": {"Type": "Wait", "Seconds": 6_000, "End": True}}
        return machines.deploy("waiting", {"StartAt": "A", "States": states})

    def test_started_again_with_the_same_input_is_the_same(
        self, sfn: "SFNClient", machines: StateMachines, waiting: str
    ) -> None:
        first, second = (
            sfn.start_execution(stateMachineArn=waiting, name="r", input="{}")
            for _ in range(2)
        )

        assert first["executionArn"] == second["executionArn"]
        assert first["startDate"] == second["startDate"]
        assert len(machines.executions()) == 1

    def test_started_again_with_other_input_is_refused(
        self, sfn: "SFNClient", waiting: str
    ) -> None:
        sfn.start_execution(stateMachineArn=waiting, name="r", input="{}")

        with pytest.raises(sfn.exceptions.ExecutionAlreadyExists):
            sfn.start_execution(stateMachineArn=waiting, name="r", input='{"n": 1}')

    def test_started_again_after_its_end_is_refused(
        self, sfn: "SFNClient", waiting: str
    ) -> None:
        arn = sfn.start_execution(stateMachineArn=waiting, name="r")["executionArn"]
        sfn.stop_execution(executionArn=arn)
        until(lambda: sfn.describe_execution(executionArn=arn)["status"] == "ABORTED")

        with pytest.raises(sfn.exceptions.ExecutionAlreadyExists):
            sfn.start_execution(stateMachineArn=waiting, name="r")

    def test_is_listed_by_its_status(self, sfn: "SFNClient", waiting: str) -> None:
        arns = [
            sfn.start_execution(stateMachineArn=waiting, name=name)["executionArn"]
            for name in ("r-1", "r-2")
        ]
        sfn.stop_execution(executionArn=arns[0])
        until(
            lambda: sfn.describe_execution(executionArn=arns[0])["status"] == "ABORTED"
        )

        running = sfn.list_executions(stateMachineArn=waiting, statusFilter="RUNNING")
        assert [each["name"] for each in running["executions"]] == ["r-2"]

    def test_has_input_of_a_size(self, sfn: "SFNClient", waiting: str) -> None:
        largest = json.dumps("x" * (MAX_DATA - 2))
        sfn.start_execution(stateMachineArn=waiting, name="fits", input=largest)

        with pytest.raises(ClientError, match="ValidationException"):
            sfn.start_execution(
                stateMachineArn=waiting, name="not", input=largest[:-1] + 'x"'
            )

    @pytest.mark.parametrize("name", ["x" * 81, "a:b"])
    def test_has_a_name_that_is_one(
        self, sfn: "SFNClient", waiting: str, name: str
    ) -> None:
        with pytest.raises(sfn.exceptions.InvalidName):
            sfn.start_execution(stateMachineArn=waiting, name=name)

    def test_has_input_that_is_json(self, sfn: "SFNClient", waiting: str) -> None:
        with pytest.raises(sfn.exceptions.InvalidExecutionInput):
            sfn.start_execution(stateMachineArn=waiting, name="r", input="{")

    def test_is_one_of_a_machine_that_is_there(self, sfn: "SFNClient") -> None:
        arn = "arn:aws:states:us-east-1:123456789012:stateMachine:nobody"

        with pytest.raises(sfn.exceptions.StateMachineDoesNotExist):
            sfn.start_execution(stateMachineArn=arn, name="r")

    def test_ends_when_its_time_is_up(
        self, sfn: "SFNClient", machines: StateMachines
    ) -> None:
        states = {"A": {"Type": "Wait", "Seconds": 6_000, "End": True}}
        arn = machines.deploy(
            "short", {"StartAt": "A", "TimeoutSeconds": 1, "States": states}
        )

        assert run(sfn, machines, arn, "{}").status == "TIMED_OUT"


def test_a_definition_with_a_mistake_is_refused(machines: StateMachines) -> None:
    with pytest.raises(ValueError, match="there is no state B"):
        machines.deploy(
            "wrong", {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}}}
        )
