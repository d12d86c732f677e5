"""A deployed mirror in moto, which runs nothing of it."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import boto3
from moto import mock_aws

from adapters.aws_ecs import input_of, name_of
from adapters.order_codec import encode_order
from domain.order import Order

REGION: Final = "us-east-1"
PROJECT: Final = "homebrew-sync"
_ENDS_AT_ONCE = json.dumps({"StartAt": "End", "States": {"End": {"Type": "Succeed"}}})


@contextmanager
def cloud_in_moto() -> Iterator[CloudInMoto]:
    """Yield an AWS in which nothing is deployed yet."""
    with mock_aws(config={"lambda": {"use_docker": False}}):
        yield CloudInMoto()


class CloudInMoto:
    """What a test can have deployed, and see."""

    def deploy_function(self, part: str) -> None:
        """Deploy one of the functions."""
        role = client("iam").create_role(
            RoleName=f"{PROJECT}-{part}-role",
            AssumeRolePolicyDocument=json.dumps(
                {
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Principal": {"Service": "lambda.amazonaws.com"},
                            "Action": "sts:AssumeRole",
                        }
                    ]
                }
            ),
        )["Role"]["Arn"]
        client("lambda").create_function(
            FunctionName=f"{PROJECT}-{part}",
            Runtime="python3.13",
            Role=role,
            Handler="m.h",
            Code={"ZipFile": _empty_zip()},
            MemorySize=512,
            Timeout=300,
        )

    def deploy_state_machine(self) -> str:
        """Deploy a state machine that ends at once, and return its ARN."""
        arn: str = client("stepfunctions").create_state_machine(
            name=PROJECT,
            definition=_ENDS_AT_ONCE,
            roleArn="arn:aws:iam::123456789012:role/states",
        )["stateMachineArn"]
        return arn

    def start_execution(self, machine: str, orders: Sequence[Order]) -> None:
        """Start an execution as the orchestrator would."""
        client("stepfunctions").start_execution(
            stateMachineArn=machine, name=name_of(orders), input=input_of(orders)
        )

    def deploy_cluster(self) -> None:
        """Deploy the cluster and the family of its tasks."""
        ecs = client("ecs")
        ecs.create_cluster(clusterName=PROJECT)
        for family in (PROJECT, "of-another"):
            ecs.register_task_definition(
                family=family,
                requiresCompatibilities=["FARGATE"],
                networkMode="awsvpc",
                cpu="2048",
                memory="8192",
                # moto wants to know it of the container as well.
                containerDefinitions=[
                    {"name": "worker", "image": "worker", "cpu": 1, "memory": 1}
                ],
            )

    def run_task(self, order: Order | str, family: str = PROJECT) -> None:
        """Run a task with what it is to be given as its order."""
        subnet = client("ec2").describe_subnets()["Subnets"][0]["SubnetId"]
        value = order if isinstance(order, str) else encode_order(order)
        client("ecs").run_task(
            cluster=PROJECT,
            taskDefinition=family,
            launchType="FARGATE",
            networkConfiguration={
                "awsvpcConfiguration": {"subnets": [subnet], "securityGroups": []}
            },
            overrides={
                "containerOverrides": [
                    {
                        "name": "worker",
                        "environment": [{"name": "BOTTLES_ORDER", "value": value}],
                    }
                ]
            },
        )

    def deploy_queue(self, name: str) -> str:
        """Deploy a queue and return its URL."""
        url: str = client("sqs").create_queue(QueueName=name)["QueueUrl"]
        return url

    def write(self, group: str, stream: str, lines: Sequence[tuple[int, str]]) -> None:
        """Write lines, each with the milliseconds since 1970, into a group."""
        logs = client("logs")
        if not logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]:
            logs.create_log_group(logGroupName=group)
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
        logs.put_log_events(
            logGroupName=group,
            logStreamName=stream,
            logEvents=[{"timestamp": at, "message": text} for at, text in lines],
        )


def client(service: Any) -> Any:  # noqa: ANN401 - one for whatever is asked
    """Return a client of a service in moto."""
    return boto3.client(service, region_name=REGION)


def _empty_zip() -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("m.py", "def h(*_): return {}")
    return packed.getvalue()
