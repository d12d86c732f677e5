"""The adapters of AWS Lambda and Step Functions before whatever AWS may answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace

import pytest

from adapters.aws.client import Aws
from adapters.aws_ecs import EcsDispatcher
from adapters.aws_lambda import LambdaCloser, LambdaDispatcher
from domain.order import Order
from ports.errors import (
    AccessDeniedError,
    MalformedError,
    NotFoundError,
    PayloadTooLargeError,
    PortError,
    RefusedError,
    UnavailableError,
)
from tests.support.canned import Answer, CannedServer
from tests.support.nobody import nobody_listens

ORDER = Order("run-1", "a" * 64, 0, 2)
ORDERS = [ORDER, replace(ORDER, shard=1)]
MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine:homebrew-sync"
ACCEPTED = Answer(202)
STARTED = Answer(200, body=b'{"executionArn":"arn","startDate":1.0}')


def no(status: int, code: str, **headers: str) -> Answer:
    """Return an error as the services say it that speak JSON."""
    body = json.dumps({"__type": code, "message": "No"}).encode()
    return Answer(status, headers={"x-amzn-errortype": code, **headers}, body=body)


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., CannedServer]]:
    """Yield what makes a server with canned answers the one that clients use."""
    with ExitStack() as servers:

        def start(*answers: Answer) -> CannedServer:
            server = servers.enter_context(CannedServer(*answers))
            monkeypatch.setenv("AWS_ENDPOINT_URL", server.endpoint_url)
            return server

        yield start


def _aws(attempts: int = 1) -> Aws:
    return Aws("us-east-1", attempts)


def to_lambda() -> None:
    LambdaDispatcher(_aws(), "homebrew-sync-worker").dispatch([ORDER])


def to_ecs() -> None:
    EcsDispatcher(_aws(), MACHINE).dispatch([ORDER])


ANSWERS: list[tuple[Answer, type[PortError], str]] = [
    (no(429, "TooManyRequestsException"), UnavailableError, ""),
    (no(400, "ThrottlingException"), UnavailableError, ""),
    (no(400, "ExecutionLimitExceeded"), UnavailableError, ""),
    (no(409, "ResourceConflictException"), UnavailableError, ""),
    (no(500, "ServiceException"), UnavailableError, ""),
    (no(503, "ServiceUnavailable"), UnavailableError, ""),
    (Answer(502, body=b"<html>Bad Gateway</html>"), UnavailableError, ""),
    (
        no(403, "InvalidSignatureException"),
        AccessDeniedError,
        "check AWS_ACCESS_KEY_ID",
    ),
    (
        no(403, "UnrecognizedClientException"),
        AccessDeniedError,
        "check AWS_ACCESS_KEY_ID",
    ),
    (no(403, "ExpiredTokenException"), RefusedError, "aws sso login"),
    (no(400, "ValidationException"), RefusedError, "ValidationException"),
    (no(413, "RequestTooLargeException"), RefusedError, "RequestTooLargeException"),
]
OF_LAMBDA = [
    (
        no(403, "AccessDeniedException"),
        AccessDeniedError,
        "lack the right to lambda:InvokeFunction on homebrew-sync-worker",
    ),
    (
        no(404, "ResourceNotFoundException"),
        NotFoundError,
        "deploy homebrew-sync-worker, or set project_name",
    ),
]
OF_ECS = [
    (
        no(400, "AccessDeniedException"),
        AccessDeniedError,
        f"lack the right to states:StartExecution on {MACHINE}",
    ),
    (
        no(400, "StateMachineDoesNotExist"),
        NotFoundError,
        f"deploy {MACHINE}, or set state_machine_arn",
    ),
]


@pytest.mark.parametrize(
    ("call", "answer", "kind", "said"),
    [(to_lambda, *rest) for rest in ANSWERS + OF_LAMBDA]
    + [(to_ecs, *rest) for rest in ANSWERS + OF_ECS],
)
def test_answers_are_told_as_what_to_do_next(
    serve: Callable[..., CannedServer],
    call: Callable[[], None],
    answer: Answer,
    kind: type[PortError],
    said: str,
) -> None:
    serve(answer)
    with pytest.raises(PortError) as caught:
        call()
    assert type(caught.value) is kind
    assert said in caught.value.detail
    assert "run run-1" in caught.value.what


@pytest.mark.parametrize("call", [to_lambda, to_ecs])
class TestNoAnswer:
    def test_is_worth_another_try(
        self, monkeypatch: pytest.MonkeyPatch, call: Callable[[], None]
    ) -> None:
        with nobody_listens() as port:
            monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
            with pytest.raises(UnavailableError):
                call()

    def test_can_come_of_a_region_that_nobody_named(
        self, monkeypatch: pytest.MonkeyPatch, call: Callable[[], None]
    ) -> None:
        monkeypatch.delenv("AWS_DEFAULT_REGION")
        monkeypatch.setattr("tests.integration.test_aws_answers._aws", _nowhere)
        with pytest.raises(RefusedError, match="AWS_REGION"):
            call()

    def test_can_come_of_credentials_that_nobody_has(
        self, monkeypatch: pytest.MonkeyPatch, call: Callable[[], None]
    ) -> None:
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
        with pytest.raises(RefusedError, match="aws sso login"):
            call()


def _nowhere() -> Aws:
    return Aws(None, 1)


@pytest.mark.parametrize("call", [to_lambda, to_ecs])
def test_a_stranger_who_answers_is_not_taken_for_aws(
    serve: Callable[..., CannedServer], call: Callable[[], None]
) -> None:
    serve(Answer(200, body=b"<html>Log in</html>"))
    with pytest.raises(MalformedError, match="is this AWS"):
        call()


def test_tries_again_and_tells_how_often(serve: Callable[..., CannedServer]) -> None:
    server = serve(no(503, "ServiceUnavailable"))
    with pytest.raises(UnavailableError, match="tried 2 times"):
        LambdaCloser(_aws(2), "homebrew-sync-orchestrator").ask_to_close("run-1")
    assert len(server.requests) == 2


def test_tells_how_long_to_wait_when_asked_to(
    serve: Callable[..., CannedServer],
) -> None:
    serve(no(429, "TooManyRequestsException", **{"Retry-After": "7"}))
    with pytest.raises(UnavailableError) as caught:
        to_lambda()
    assert caught.value.retry_after == 7


def test_an_execution_that_is_there_already_is_as_good_as_started(
    serve: Callable[..., CannedServer],
) -> None:
    server = serve(no(400, "ExecutionAlreadyExists"))
    to_ecs()
    assert len(server.requests) == 1


def test_invokes_the_worker_asynchronously_once_an_order(
    serve: Callable[..., CannedServer],
) -> None:
    server = serve(ACCEPTED)
    LambdaDispatcher(_aws(), "homebrew-sync-worker").dispatch(ORDERS)
    path = "/2015-03-31/functions/homebrew-sync-worker/invocations"
    assert [request.path for request in server.requests] == [path, path]
    types = [request.headers["x-amz-invocation-type"] for request in server.requests]
    assert types == ["Event", "Event"]


def test_starts_the_state_machine_with_all_that_it_needs(
    serve: Callable[..., CannedServer],
) -> None:
    server = serve(STARTED)
    EcsDispatcher(_aws(), MACHINE).dispatch(ORDERS)
    said = json.loads(server.requests[0].body)
    assert said["stateMachineArn"] == MACHINE
    assert said["name"] == "run-1"
    order = {"attempt": 1, "plan_sha256": "a" * 64, "run_id": "run-1", "shards": 2}
    assert json.loads(said["input"]) == {
        "run_id": "run-1",
        "shards": [0, 1],
        "orders": [order | {"shard": 0}, order | {"shard": 1}],
    }


def test_nothing_is_sent_that_would_be_too_large(
    serve: Callable[..., CannedServer],
) -> None:
    server = serve(ACCEPTED)
    # Around the run's own name an order takes up 127 characters.
    large = replace(ORDER, run_id="r" * (1_048_576 - 127))
    LambdaDispatcher(_aws(), "homebrew-sync-worker").dispatch([large])
    assert len(server.requests[0].body) == 1_048_576
    larger = replace(ORDER, run_id="r" * (1_048_576 - 126))
    with pytest.raises(PayloadTooLargeError, match="asynchronous invocation"):
        LambdaDispatcher(_aws(), "homebrew-sync-worker").dispatch([larger])
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("orders", "said"),
    [
        ([replace(ORDER, run_id="r" * 81, shards=1)], "name of an execution has 81 "),
        ([replace(ORDER, run_id="r" * 77)], "name of an execution has 81 "),
        ([replace(ORDER, run_id="r" * 9_000)], "overrides of a task has "),
        ([replace(ORDER, run_id="r" * 4_000)] * 100, "input of an execution has "),
    ],
)
def test_no_execution_is_started_that_would_be_too_large(
    serve: Callable[..., CannedServer], orders: list[Order], said: str
) -> None:
    server = serve(STARTED)
    with pytest.raises(PayloadTooLargeError, match=said):
        EcsDispatcher(_aws(), MACHINE).dispatch(orders)
    assert server.requests == []


def test_the_longest_name_is_taken(serve: Callable[..., CannedServer]) -> None:
    server = serve(STARTED)
    EcsDispatcher(_aws(), MACHINE).dispatch([replace(ORDER, run_id="r" * 76)])
    assert len(json.loads(server.requests[0].body)["name"]) == 80
