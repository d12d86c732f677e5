"""What docs/adr/0020 relies on: boto3 hands the trace of an invocation on by itself."""

from __future__ import annotations

import boto3
import pytest
from botocore.config import Config

from tests.support.canned import Answer, CannedServer

TRACE = (
    "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1;"
    "Lineage=1:fc3b4ff1:0"
)
ARN = "arn:aws:states:us-east-1:123456789012:stateMachine:homebrew-sync"
ONCE = Config(retries={"total_max_attempts": 1})


@pytest.fixture
def in_lambda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "homebrew-sync-orchestrator")
    monkeypatch.setenv("_X_AMZN_TRACE_ID", TRACE)


def header(server: CannedServer) -> str | None:
    (request,) = server.requests
    headers = {name.lower(): value for name, value in request.headers.items()}
    return headers.get("x-amzn-trace-id")


@pytest.mark.usefixtures("in_lambda")
def test_a_worker_that_is_invoked_belongs_to_the_trace_of_who_invoked_it() -> None:
    with CannedServer(Answer(202)) as server:
        client = boto3.client(
            "lambda", "us-east-1", endpoint_url=server.endpoint_url, config=ONCE
        )
        client.invoke(FunctionName="homebrew-sync-worker", InvocationType="Event")
        assert header(server) == TRACE


@pytest.mark.usefixtures("in_lambda")
def test_so_does_an_execution_that_is_started() -> None:
    answer = Answer(200, body=b'{"executionArn": "arn", "startDate": 1}')
    with CannedServer(answer) as server:
        client = boto3.client(
            "stepfunctions", "us-east-1", endpoint_url=server.endpoint_url, config=ONCE
        )
        client.start_execution(stateMachineArn=ARN, name="run", input="{}")
        assert header(server) == TRACE


@pytest.mark.usefixtures("in_lambda")
def test_outside_of_lambda_nothing_is_handed_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("AWS_LAMBDA_FUNCTION_NAME")
    with CannedServer(Answer(202)) as server:
        client = boto3.client(
            "lambda", "us-east-1", endpoint_url=server.endpoint_url, config=ONCE
        )
        client.invoke(FunctionName="homebrew-sync-worker", InvocationType="Event")
        assert header(server) is None
