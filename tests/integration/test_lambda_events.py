import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support.command import until
from tests.support.lambda_api import LambdaApi
from tests.support.lambda_calls import deploy, send

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


class TestAnAsynchronousEvent:
    def test_is_given_again_with_the_same_request_id(
        self, lambda_api: LambdaApi, lambda_client: "LambdaClient", tmp_path: Path
    ) -> None:
        deploy(lambda_api, "fail_at_first")
        file = tmp_path / "attempts"

        request_id = send(
            lambda_client, "fail_at_first", {"file": str(file), "failures": 2}
        )
        lambda_api.wait_until_idle()

        assert file.read_text().splitlines() == [request_id] * 3
        failed = [
            record.outcome.failed for record in lambda_api.records("fail_at_first")
        ]
        assert failed == [True, True, False]

    def test_is_given_again_as_often_as_was_configured(
        self, lambda_api: LambdaApi, lambda_client: "LambdaClient"
    ) -> None:
        deploy(lambda_api, "fail", retries=0)

        send(lambda_client, "fail", {"message": "once"})
        lambda_api.wait_until_idle()

        assert len(lambda_api.records("fail")) == 1

    def test_may_arrive_twice(
        self, lambda_api: LambdaApi, lambda_client: "LambdaClient"
    ) -> None:
        deploy(lambda_api, "echo", deliveries=2)

        request_id = send(lambda_client, "echo", {"shard": 1})
        lambda_api.wait_until_idle()

        first, second = lambda_api.records("echo")
        assert first.request_id == second.request_id == request_id
        assert first.event == second.event
        assert not first.outcome.failed
        assert not second.outcome.failed

    def test_that_is_given_up_is_told_of(
        self, lambda_api: LambdaApi, lambda_client: "LambdaClient"
    ) -> None:
        told: list[Any] = []
        deploy(lambda_api, "leave", retries=1, on_failure=told.append)

        request_id = send(lambda_client, "leave", {"status": 1, "run_id": "r"})
        lambda_api.wait_until_idle()

        (record,) = told
        assert record["requestPayload"] == {"status": 1, "run_id": "r"}
        assert record["requestContext"] == {
            "requestId": request_id,
            "functionArn": (
                "arn:aws:lambda:us-east-1:123456789012:function:leave:$LATEST"
            ),
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 2,
        }
        assert record["responseContext"]["functionError"] == "Unhandled"
        assert record["responsePayload"]["errorType"] == "Runtime.ExitError"

    def test_that_is_given_up_may_go_to_another_function(
        self, lambda_api: LambdaApi, lambda_client: "LambdaClient"
    ) -> None:
        deploy(lambda_api, "echo")
        deploy(lambda_api, "fail", retries=0, on_failure="echo")

        send(lambda_client, "fail", {"message": "over to you"})
        lambda_api.wait_until_idle()

        (record,) = lambda_api.records("echo")
        assert json.loads(record.event)["requestPayload"] == {"message": "over to you"}

    def test_waits_for_a_slot(
        self, lambda_api: LambdaApi, lambda_client: "LambdaClient"
    ) -> None:
        deploy(lambda_api, "echo", concurrency=1)

        for n in range(4):
            send(lambda_client, "echo", n)
        lambda_api.wait_until_idle()

        answers = [json.loads(r.outcome.payload) for r in lambda_api.records("echo")]
        assert sorted(answer["event"] for answer in answers) == [0, 1, 2, 3]
        assert len({answer["pid"] for answer in answers}) == 1

    def test_runs_beside_others(
        self, lambda_api: LambdaApi, lambda_client: "LambdaClient", tmp_path: Path
    ) -> None:
        begun = tmp_path / "begun"
        deploy(lambda_api, "sleep", timeout=120, concurrency=3)

        for _ in range(3):
            send(lambda_client, "sleep", {"seconds": 60, "file": str(begun)})

        # Each would rest longer than it may take them all to begin.
        until(lambda: begun.exists() and begun.read_text() == "begun\n" * 3)
        assert lambda_api.records("sleep") == []
