"""Starting a run, and looking at a deployment, before whatever AWS may answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from adapters.aws.client import Aws
from adapters.aws_deployment import AwsDeployment
from entrypoints.cli.exit_status import of_error
from ports.deployment import OrchestratorFailedError, Triggered
from ports.errors import (
    AccessDeniedError,
    MalformedError,
    NotFoundError,
    OutcomeUnknownError,
    PortError,
    UnavailableError,
)
from tests.support.canned import Answer, CannedServer

ANSWER = {
    "run_id": "run-1",
    "outcome": "started",
    "route": "ecs",
    "bottles": 22_879,
    "bytes": 135_000_000_000,
    "shards": 4,
}


def answered(body: object, **headers: str) -> Answer:
    return Answer(200, headers=dict(headers), body=json.dumps(body).encode())


def failed(name: str, text: str) -> Answer:
    said = {"errorType": name, "errorMessage": text}
    return answered(said, **{"X-Amz-Function-Error": "Unhandled"})


def no(status: int, code: str) -> Answer:
    body = json.dumps({"__type": code, "message": "No"}).encode()
    return Answer(status, headers={"x-amzn-errortype": code}, body=body)


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., CannedServer]]:
    """Yield what makes a server with canned answers the one that clients use."""
    with ExitStack() as servers:

        def start(*answers: Answer) -> CannedServer:
            server = servers.enter_context(CannedServer(*answers))
            monkeypatch.setenv("AWS_ENDPOINT_URL", server.endpoint_url)
            return server

        yield start


@pytest.fixture
def deployment() -> AwsDeployment:
    return AwsDeployment(Aws("us-east-1", 3), "homebrew-sync", None)


class TestTrigger:
    def test_invokes_the_orchestrator_and_waits(
        self, serve: Callable[..., CannedServer], deployment: AwsDeployment
    ) -> None:
        server = serve(answered(ANSWER | {"more": "than is known"}))
        assert deployment.trigger() == Triggered(**ANSWER)  # type: ignore[arg-type]
        (asked,) = server.requests
        assert "/functions/homebrew-sync-orchestrator/invocations" in asked.path
        assert asked.headers.get("x-amz-invocation-type", "RequestResponse") == (
            "RequestResponse"
        )
        assert json.loads(asked.body) == {"source": "manual"}

    @pytest.mark.parametrize(
        ("answer", "kind", "said"),
        [
            (no(404, "ResourceNotFoundException"), NotFoundError, "deploy homebrew-sy"),
            (
                no(403, "AccessDeniedException"),
                AccessDeniedError,
                "lambda:InvokeFunction on homebrew-sync-orchestrator",
            ),
            (no(429, "TooManyRequestsException"), UnavailableError, ""),
            # Who knows whether the orchestrator has begun.
            (no(500, "ServiceException"), OutcomeUnknownError, ""),
            (
                failed("UnavailableError", "the catalog: no answer"),
                OrchestratorFailedError,
                "UnavailableError: the catalog: no answer; bottles cloud logs",
            ),
            (
                failed("LedgerDamagedError", "commit 7"),
                OrchestratorFailedError,
                "it failed with LedgerDamagedError: commit 7",
            ),
            (
                answered([], **{"X-Amz-Function-Error": "x"}),
                OrchestratorFailedError,
                "an error",
            ),
            (
                Answer(200, headers={"X-Amz-Function-Error": "x"}, body=b"?"),
                OrchestratorFailedError,
                "it failed with an error",
            ),
            (answered({"run_id": "run-1"}), MalformedError, "outcome: Missing"),
            (Answer(200, body=b"<html>"), MalformedError, "not JSON"),
        ],
    )
    def test_is_tried_once_and_told_as_what_to_do_next(
        self,
        serve: Callable[..., CannedServer],
        deployment: AwsDeployment,
        answer: Answer,
        kind: type[PortError],
        said: str,
    ) -> None:
        server = serve(answer)
        with pytest.raises(PortError) as caught:
            deployment.trigger()
        assert type(caught.value) is kind
        assert said in caught.value.detail
        assert "homebrew-sync-orchestrator" in caught.value.what
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("LedgerDamagedError", 3),
        ("DigestMismatchError", 3),
        ("StoreUnfitError", 3),
        ("SelectionError", 2),
        ("ConfigurationError", 2),
        ("NotOurStoreError", 2),
        ("FollowerError", 2),
        ("UnavailableError", 4),
        ("UnreachableError", 4),
        ("AccessDeniedError", 4),
        ("Sandbox.Timedout", 4),
    ],
)
def test_what_the_orchestrator_failed_of_gives_the_exit_status(
    serve: Callable[..., CannedServer],
    deployment: AwsDeployment,
    name: str,
    status: int,
) -> None:
    serve(failed(name, "why"))
    with pytest.raises(PortError) as caught:
        deployment.trigger()
    assert of_error(caught.value) == status


def test_a_function_that_is_being_deployed_is_told_so(
    serve: Callable[..., CannedServer], deployment: AwsDeployment
) -> None:
    serve(
        answered(
            {
                "State": "Active",
                "LastUpdateStatus": "InProgress",
                "LastModified": "2026-11-27T03:00:00.000+0000",
                "MemorySize": 512,
                "Timeout": 300,
            }
        )
    )
    found = deployment.functions()["homebrew-sync-worker"]
    assert found is not None
    assert found.state == "Active, update InProgress"


@pytest.mark.parametrize(
    ("ask", "right"),
    [
        (AwsDeployment.functions, "lambda:GetFunctionConfiguration"),
        (AwsDeployment.tasks, "ecs:ListTasks"),
        (lambda deployment: deployment.executions(5), "states:ListStateMachines"),
    ],
)
def test_who_may_not_look_is_told_which_right_is_lacking(
    serve: Callable[..., CannedServer],
    deployment: AwsDeployment,
    ask: Callable[[AwsDeployment], object],
    right: str,
) -> None:
    serve(no(400, "AccessDeniedException"))
    with pytest.raises(AccessDeniedError, match=f"lack the right to {right}"):
        ask(deployment)
