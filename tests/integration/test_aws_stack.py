import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import boto3
import pytest
from botocore.exceptions import ClientError

from tests.support.aws_deployed import add_role, add_user, forward
from tests.support.aws_stack import AwsStack
from tests.support.command import until
from tests.support.lambda_api import LambdaApi
from tests.support.lambda_function import Function

_ECHO = Function("tests.support.small_handlers.echo", timeout=30)


@pytest.fixture
def name() -> str:
    return f"test-{uuid4().hex}"


@pytest.fixture
def echo(aws_stack: AwsStack, lambda_api: LambdaApi, name: str) -> str:
    lambda_api.deploy(name, _ECHO)
    return forward(aws_stack, name, lambda_api.endpoint_url)


def events(lambda_api: LambdaApi, name: str) -> list[Any]:
    """Return what a function was given, once it was given something."""
    until(lambda: bool(lambda_api.records(name)))
    return [json.loads(record.event) for record in lambda_api.records(name)]


def test_a_rule_gives_the_events_it_matches_to_a_function(
    aws_stack: AwsStack, lambda_api: LambdaApi, echo: str, name: str
) -> None:
    rules = aws_stack.client("events")
    pattern = {"source": ["homebrew.sync"], "detail-type": ["Manual Sync"]}
    rules.put_rule(Name=name, EventPattern=json.dumps(pattern))
    rules.put_targets(Rule=name, Targets=[{"Id": "1", "Arn": echo}])

    _, sent = rules.put_events(
        Entries=[
            {"Source": "homebrew.sync", "DetailType": kind, "Detail": "{}"}
            for kind in ("Other", "Manual Sync")
        ]
    )["Entries"]

    (event,) = events(lambda_api, name)
    assert event["id"] == sent["EventId"]
    assert event["detail-type"] == "Manual Sync"
    rules.remove_targets(Rule=name, Ids=["1"])
    rules.delete_rule(Name=name)


def test_a_topic_gives_its_messages_to_a_function(
    aws_stack: AwsStack, lambda_api: LambdaApi, echo: str, name: str
) -> None:
    topics = aws_stack.client("sns")
    topic = topics.create_topic(Name=name)["TopicArn"]
    topics.subscribe(TopicArn=topic, Protocol="lambda", Endpoint=echo)

    topics.publish(TopicArn=topic, Subject="ALARM", Message='{"AlarmName": "a"}')

    ((record,),) = (event["Records"] for event in events(lambda_api, name))
    assert record["EventSource"] == "aws:sns"
    assert record["Sns"]["Subject"] == "ALARM"
    assert record["Sns"]["Message"] == '{"AlarmName": "a"}'


class TestASecret:
    @pytest.fixture
    def secret(self, aws_stack: AwsStack, name: str) -> Iterator[str]:
        secrets = aws_stack.client("secretsmanager")
        secrets.create_secret(Name=name, SecretString="https://example.test/1")
        yield name
        secrets.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)

    def read(self, aws_stack: AwsStack, variables: dict[str, str], secret: str) -> str:
        client = boto3.session.Session().client(
            "secretsmanager",
            region_name=variables["AWS_REGION"],
            endpoint_url=aws_stack.endpoint_url,
            aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
        )
        try:
            return client.get_secret_value(SecretId=secret)["SecretString"]
        finally:
            client.close()

    def test_is_read_by_who_may(self, aws_stack: AwsStack, secret: str) -> None:
        user = add_user(aws_stack, secret, {"secretsmanager:GetSecretValue": "*"})

        assert self.read(aws_stack, user, secret) == "https://example.test/1"

    def test_is_denied_to_who_may_not(self, aws_stack: AwsStack, secret: str) -> None:
        user = add_user(aws_stack, secret, {})

        with pytest.raises(ClientError, match="AccessDeniedException"):
            self.read(aws_stack, user, secret)

    def test_that_is_not_there_is_not_found(
        self, aws_stack: AwsStack, name: str
    ) -> None:
        with pytest.raises(ClientError, match="ResourceNotFoundException"):
            self.read(aws_stack, aws_stack.variables(), name)


@pytest.mark.usefixtures("echo")
def test_a_state_machine_has_a_function_called(
    aws_stack: AwsStack, lambda_api: LambdaApi, name: str
) -> None:
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {
            "FunctionName": name,
            "Payload": {"source": "shards", "run_id.$": "$.run_id"},
        },
        "OutputPath": "$.Payload.event",
        "End": True,
    }
    machines = aws_stack.client("stepfunctions")
    machine = machines.create_state_machine(
        name=name,
        roleArn=add_role(aws_stack, f"{name}-states", "states"),
        definition=json.dumps({"StartAt": "Ask", "States": {"Ask": task}}),
    )["stateMachineArn"]

    run = machines.start_execution(
        stateMachineArn=machine, name="r", input='{"run_id": "r"}'
    )["executionArn"]

    until(lambda: machines.describe_execution(executionArn=run)["status"] != "RUNNING")
    ended = machines.describe_execution(executionArn=run)
    assert ended["status"] == "SUCCEEDED"
    assert json.loads(ended["output"]) == {"source": "shards", "run_id": "r"}
    assert events(lambda_api, name) == [{"source": "shards", "run_id": "r"}]
