"""The state machine, and what looks at a deployment, on services that really run."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any
from uuid import uuid4

import pytest

from adapters.aws.client import Aws
from adapters.aws_dead_letters import SqsDeadLetters
from adapters.aws_deployment import AwsDeployment
from adapters.aws_ecs import EcsDispatcher
from adapters.aws_lambda import LambdaCloser, LambdaDispatcher
from adapters.order_codec import decode_order, said_of
from domain.order import Order
from tests.support.asl import definition
from tests.support.aws_deployed import add_role
from tests.support.aws_stack import AwsStack
from tests.support.command import until

# It says what it was deployed with, whatever was done.
_ORCHESTRATOR = """
import json, os

def handler(event, context):
    left = json.loads(os.environ["LEFT"])
    if event["source"] == "manual":
        return {"run_id": "run-1", "outcome": "started", "route": "ecs",
                "bottles": 1, "bytes": 2, "shards": 3}
    if event["source"] == "shards":
        return {"run_id": event["run_id"], "orders": left}
    return {"run_id": event["run_id"], "outcome": "complete", "unfinished": []}
"""
ORDERS = [Order("run-1", "a" * 64, shard, 3) for shard in range(3)]


class Deployed:
    """A mirror of which the orchestrator says always the same."""

    def __init__(self, stack: AwsStack, left: list[Order]) -> None:
        self.project = f"mirror-{uuid4().hex[:8]}"
        self.stack = stack
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as file:
            file.writestr("orchestrator.py", _ORCHESTRATOR)
        said = json.dumps([said_of(order) for order in left])
        self.function = stack.client("lambda").create_function(
            FunctionName=f"{self.project}-orchestrator",
            Runtime="python3.11",
            Role=add_role(stack, f"{self.project}-role", "lambda"),
            Handler="orchestrator.handler",
            Code={"ZipFile": packed.getvalue()},
            MemorySize=512,
            Timeout=300,
            Environment={"Variables": {"LEFT": said}},
        )["FunctionArn"]

    def deploy_state_machine(self) -> str:
        """Deploy it as Terraform would, and what its tasks are made of."""
        tasks = self.stack.client("ecs")
        cluster = tasks.create_cluster(clusterName=self.project)["cluster"]
        family = tasks.register_task_definition(
            family=self.project,
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            cpu="256",
            memory="512",
            containerDefinitions=[{"name": "worker", "image": "worker"}],
        )["taskDefinition"]
        made = definition(
            cluster_arn=cluster["clusterArn"],
            task_definition_arn=family["taskDefinitionArn"],
            orchestrator_function_arn=self.function,
        )
        machine = self.stack.client("stepfunctions").create_state_machine(
            name=self.project,
            definition=json.dumps(made),
            roleArn=add_role(self.stack, f"{self.project}-states", "states"),
        )
        return machine["stateMachineArn"]


@pytest.fixture
def aws(aws_stack: AwsStack, monkeypatch: pytest.MonkeyPatch) -> Aws:
    for name, value in aws_stack.variables().items():
        monkeypatch.setenv(name, value)
    return Aws(None, 2)


def history(stack: AwsStack, machine: str) -> list[dict[str, Any]]:
    """Return what happened in the one execution, once it has ended."""
    machines, tasks = stack.client("stepfunctions"), stack.client("ecs")
    project = machine.rpartition(":")[2]

    def ended() -> bool:
        # Without containers nothing is at work there: a task ends when it is told to.
        for task in tasks.list_tasks(cluster=project)["taskArns"]:
            tasks.stop_task(cluster=project, task=task)
        (found,) = machines.list_executions(stateMachineArn=machine)["executions"]
        return found["status"] != "RUNNING"

    until(ended)
    (found,) = machines.list_executions(stateMachineArn=machine)["executions"]
    assert (found["name"], found["status"]) == ("run-1", "SUCCEEDED")
    pages = machines.get_paginator("get_execution_history").paginate(
        executionArn=found["executionArn"]
    )
    return [dict(event) for page in pages for event in page["events"]]


def entered(happened: list[dict[str, Any]], name: str) -> list[Any]:
    """Return the inputs with which a state was entered."""
    details = [event.get("stateEnteredEventDetails", {}) for event in happened]
    return [json.loads(each["input"]) for each in details if each.get("name") == name]


def ordered(happened: list[dict[str, Any]]) -> list[Order]:
    """Return the orders that tasks were given, as their containers get them."""
    ended = [event.get("taskSucceededEventDetails", {}) for event in happened]
    found = [json.loads(each["output"]) for each in ended if "runTask" in str(each)]
    return [
        decode_order(variable["value"])
        for each in found
        for task in each["tasks"]
        for container in task["overrides"]["containerOverrides"]
        for variable in container["environment"]
        if variable["name"] == "BOTTLES_ORDER"
    ]


class TestStateMachine:
    def test_closes_the_run_when_no_shard_is_left(
        self, aws_stack: AwsStack, aws: Aws
    ) -> None:
        machine = Deployed(aws_stack, []).deploy_state_machine()
        EcsDispatcher(aws, machine).dispatch(ORDERS)
        happened = history(aws_stack, machine)
        assert set(ordered(happened)) == set(ORDERS)
        assert len(entered(happened, "Ask the ledger")) == 1
        (closed,) = entered(happened, "Close the run")
        assert (closed["run_id"], closed["shards"]) == ("run-1", [0, 1, 2])

    def test_goes_round_three_times_for_what_is_left(
        self, aws_stack: AwsStack, aws: Aws
    ) -> None:
        machine = Deployed(aws_stack, [ORDERS[1]]).deploy_state_machine()
        EcsDispatcher(aws, machine).dispatch(ORDERS)
        happened = history(aws_stack, machine)
        orders = ordered(happened)
        assert (set(orders[:3]), orders[3:]) == (set(ORDERS), [ORDERS[1]] * 2)
        assert [asked["round"] for asked in entered(happened, "Ask the ledger")] == [
            1,
            2,
            3,
        ]
        (closed,) = entered(happened, "Close the run")
        assert closed["shards"] == [0, 1, 2]

    def test_is_started_once_however_often_it_is_asked(
        self, aws_stack: AwsStack, aws: Aws
    ) -> None:
        machine = Deployed(aws_stack, []).deploy_state_machine()
        for _ in range(3):
            EcsDispatcher(aws, machine).dispatch(ORDERS)
        assert len(history(aws_stack, machine)) > 0


class TestDeployment:
    def test_answers_a_trigger_and_is_looked_at(
        self, aws_stack: AwsStack, aws: Aws
    ) -> None:
        deployed = Deployed(aws_stack, [])
        machine = deployed.deploy_state_machine()
        deployment = AwsDeployment(aws, deployed.project, None)
        answer = deployment.trigger()
        assert (answer.run_id, answer.shards) == ("run-1", 3)
        found = deployment.functions()
        assert list(map(bool, found.values())) == [True, False, False]
        EcsDispatcher(aws, machine).dispatch(ORDERS)
        assert [each.name for each in deployment.executions(5)] == ["run-1"]
        assert isinstance(deployment.tasks(), tuple)

    def test_takes_dead_letters_up_again(self, aws_stack: AwsStack, aws: Aws) -> None:
        deployed = Deployed(aws_stack, [])
        queues = aws_stack.client("sqs")
        name = f"{deployed.project}-rules-dlq"
        url = queues.create_queue(QueueName=name)["QueueUrl"]
        queues.send_message(QueueUrl=url, MessageBody='{"source":"manual"}')
        letters = SqsDeadLetters(aws, deployed.project)
        assert letters.count() == {name: 1}
        (letter,) = letters.read()
        letters.start_again(letter)
        letters.remove(letter)
        assert list(letters.read()) == []

    def test_takes_orders_and_requests_to_close(
        self, aws_stack: AwsStack, aws: Aws
    ) -> None:
        function = f"{Deployed(aws_stack, []).project}-orchestrator"
        LambdaDispatcher(aws, function).dispatch(ORDERS)
        LambdaCloser(aws, function).ask_to_close("run-1")
