import json
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.support.aws_deployed import add_role, define_task
from tests.support.aws_stack import AwsStack
from tests.support.command import until
from tests.support.tasks import TaskDefinition

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


def test_a_state_machine_runs_each_item_in_a_container(
    container_stack: AwsStack, family: str
) -> None:
    task: Any = {
        "Type": "Task",
        "Resource": "arn:aws:states:::ecs:runTask.sync",
        "Parameters": {
            "Cluster": _CLUSTER,
            "TaskDefinition": family,
            "LaunchType": "FARGATE",
            "Overrides": {
                "ContainerOverrides": [
                    {
                        "Name": "worker",
                        "Environment": [
                            {"Name": "ORDER", "Value.$": "States.JsonToString($)"}
                        ],
                    }
                ]
            },
        },
        "ResultPath": None,
        "End": True,
    }
    each = {
        "Type": "Map",
        "ItemsPath": "$.shards",
        "ItemSelector": {"shard.$": "$$.Map.Item.Value", "exit.$": "$.exit"},
        "MaxConcurrency": 2,
        "ItemProcessor": {"StartAt": "Work", "States": {"Work": task}},
        "End": True,
    }
    machines = container_stack.client("stepfunctions")
    machine = machines.create_state_machine(
        name=family,
        roleArn=add_role(container_stack, family, "states"),
        definition=json.dumps({"StartAt": "Each", "States": {"Each": each}}),
    )["stateMachineArn"]

    run = machines.start_execution(
        stateMachineArn=machine, name="r", input='{"shards": [0, 1, 2], "exit": 0}'
    )["executionArn"]

    until(lambda: machines.describe_execution(executionArn=run)["status"] != "RUNNING")
    assert machines.describe_execution(executionArn=run)["status"] == "SUCCEEDED"
    assert printed(container_stack, family) == [
        f'order {{"shard":{shard},"exit":0}}' for shard in range(3)
    ]


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
                {"name": "worker", "environment": [{"name": "ORDER", "value": order}]}
            ]
        },
    )["tasks"]
    until(lambda: file.exists() and file.read_text() == "begun\n")

    ecs.stop_task(cluster=_CLUSTER, task=task["taskArn"])

    until(lambda: file.read_text() == "begun\ntold to end\n")
