import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from tests.support.asl import definition
from tests.support.aws_deployed import add_role, define_task, forward
from tests.support.aws_stack import AwsStack
from tests.support.command import until
from tests.support.lambda_api import LambdaApi
from tests.support.lambda_function import Function
from tests.support.tasks import TaskDefinition

if TYPE_CHECKING:
    pass

_CLUSTER = "cluster"


@pytest.fixture
def family(container_stack: AwsStack, tmp_path: Path) -> str:
    """Return the name of a task that may write to ``tmp_path``."""
    family = f"test-{uuid4().hex}"
    container_stack.client("ecs").create_cluster(clusterName=_CLUSTER)
    define_task(
        container_stack,
        family,
        TaskDefinition((sys.executable, "-m", "tests.support.small_worker")),
        also=[tmp_path],
    )
    return family


def printed(stack: AwsStack, family: str) -> list[str]:
    logs, group = stack.client("logs"), f"/aws/ecs/{family}"
    return sorted(
        event["message"].strip()
        for stream in logs.describe_log_streams(logGroupName=group)["logStreams"]
        for event in logs.get_log_events(
            logGroupName=group, logStreamName=stream["logStreamName"]
        )["events"]
    )


def test_the_state_machine_runs_each_shard_in_a_container(
    container_stack: AwsStack, lambda_api: LambdaApi, family: str, tmp_path: Path
) -> None:
    (tmp_path / "left").write_text('[{"shard": 1}]\n[]\n')
    lambda_api.deploy(
        family,
        Function(
            "tests.support.small_handlers.ledger",
            timeout=30,
            environment={"LEDGER": str(tmp_path)},
        ),
    )
    machines = container_stack.client("stepfunctions")
    machine = machines.create_state_machine(
        name=family,
        roleArn=add_role(container_stack, f"{family}-states", "states"),
        definition=json.dumps(
            definition(
                cluster_arn=_CLUSTER,
                task_definition_arn=family,
                orchestrator_function_arn=forward(
                    container_stack, family, lambda_api.endpoint_url
                ),
            )
        ),
    )["stateMachineArn"]
    given = {"run_id": "r", "shards": [0, 1], "orders": [{"shard": 0}, {"shard": 1}]}

    run = machines.start_execution(
        stateMachineArn=machine, name="r", input=json.dumps(given)
    )["executionArn"]

    until(lambda: machines.describe_execution(executionArn=run)["status"] != "RUNNING")
    assert machines.describe_execution(executionArn=run)["status"] == "SUCCEEDED"
    assert printed(container_stack, family) == [
        'order {"shard":0}',
        'order {"shard":1}',
        'order {"shard":1}',
    ]
    assert (tmp_path / "asked").read_text() == "shards\nshards\nclose\n"


def test_a_container_is_told_to_end_when_its_task_is_stopped(
    container_stack: AwsStack, family: str, tmp_path: Path
) -> None:
    ecs, file = container_stack.client("ecs"), tmp_path / "notes"
    order = json.dumps({"seconds": 60, "file": str(file)})
    (task,) = ecs.run_task(
        cluster=_CLUSTER,
        taskDefinition=family,
        overrides={
            "containerOverrides": [
                {
                    "name": "worker",
                    "environment": [{"name": "BOTTLES_ORDER", "value": order}],
                }
            ]
        },
    )["tasks"]
    until(lambda: file.exists() and file.read_text() == "begun\n")

    ecs.stop_task(cluster=_CLUSTER, task=task["taskArn"])

    until(lambda: file.read_text() == "begun\ntold to end\n")
