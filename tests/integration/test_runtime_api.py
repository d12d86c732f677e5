import time
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from tests.support import runtime_api
from tests.support.command import until
from tests.support.lambda_api import LambdaApi
from tests.support.lambda_calls import deploy, invoke, send
from tests.support.lambda_function import MAX_EVENT, Function
from tests.support.runtime_api import MAX_RESPONSE

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


class TestAnInvocation:
    def test_is_answered_by_the_handler(
        self, lambda_api: LambdaApi, lambda_client: "LambdaClient"
    ) -> None:
        deploy(lambda_api, "echo")

        answer, said = invoke(lambda_client, "echo", {"tag": "arm64_sequoia"})

        assert answer["StatusCode"] == 200
        assert answer.get("FunctionError", "") == ""
        assert said["event"] == {"tag": "arm64_sequoia"}
        assert said["function"] == "echo"
        assert 0 < said["remaining"] <= 60_000

    def test_may_name_the_function_by_its_arn(
        self, lambda_api: LambdaApi, lambda_client: "LambdaClient"
    ) -> None:
        deploy(lambda_api, "echo")
        arn = "arn:aws:lambda:us-east-1:123456789012:function:echo:$LATEST"

        assert invoke(lambda_client, arn, 7)[1]["event"] == 7

    def test_meets_the_same_process_again(
        self, lambda_api: LambdaApi, lambda_client: "LambdaClient"
    ) -> None:
        deploy(lambda_api, "echo")

        first, second = (invoke(lambda_client, "echo", n)[1] for n in range(2))

        assert first["pid"] == second["pid"]
        assert first["request_id"] != second["request_id"]

    def test_sees_its_variables_and_none_of_ours(
        self,
        lambda_api: LambdaApi,
        lambda_client: "LambdaClient",
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setenv("ONLY_OURS", "1")
        deploy(lambda_api, "variables", memory=256, environment={"BOTTLES_BUCKET": "b"})

        seen = invoke(lambda_client, "variables", {})[1]

        assert seen["BOTTLES_BUCKET"] == "b"
        assert seen["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "256"
        assert "ONLY_OURS" not in seen

    def test_that_raises_says_so(
        self, lambda_api: LambdaApi, lambda_client: "LambdaClient"
    ) -> None:
        deploy(lambda_api, "fail")

        answer, said = invoke(lambda_client, "fail", {"message": "no such shard"})

        assert answer["FunctionError"] == "Unhandled"
        assert said["errorType"] == "LookupError"
        assert said["errorMessage"] == "no such shard"
        assert "no such shard" in lambda_api.log("fail")

    def test_of_a_module_that_is_not_there_says_so(
        self, lambda_api: LambdaApi, lambda_client: "LambdaClient"
    ) -> None:
        lambda_api.deploy("lost", Function("tests.support.no_such_module.handler"))

        answer, said = invoke(lambda_client, "lost", {})

        assert answer["FunctionError"] == "Unhandled"
        assert said["errorType"] == "Runtime.ImportModuleError"

    def test_of_an_unknown_function_is_refused(
        self, lambda_client: "LambdaClient"
    ) -> None:
        with pytest.raises(lambda_client.exceptions.ResourceNotFoundException):
            invoke(lambda_client, "nobody", {})

    def test_beyond_the_concurrency_is_refused(
        self, lambda_api: LambdaApi, lambda_client: "LambdaClient", tmp_path: Path
    ) -> None:
        begun = tmp_path / "begun"
        deploy(lambda_api, "sleep", timeout=120, concurrency=1)
        send(lambda_client, "sleep", {"seconds": 60, "file": str(begun)})
        until(lambda: begun.exists() and begun.read_text() == "begun\n")

        with pytest.raises(ClientError, match="TooManyRequestsException"):
            invoke(lambda_client, "sleep", {"seconds": 0})


class TestALimit:
    def test_of_time_ends_the_process(
        self, lambda_api: LambdaApi, lambda_client: "LambdaClient"
    ) -> None:
        deploy(lambda_api, "sleep", timeout=1)

        answer, said = invoke(lambda_client, "sleep", {"seconds": 60})

        assert answer["FunctionError"] == "Unhandled"
        assert said["errorType"] == "Sandbox.Timedout"
        assert said["errorMessage"].endswith("Task timed out after 1.00 seconds")
        # A second may be too little for the next one as well, where much else runs.
        until(lambda: invoke(lambda_client, "sleep", {"seconds": 0})[1] == "rested")

    def test_of_time_counts_anew_for_each_event(
        self,
        lambda_api: LambdaApi,
        lambda_client: "LambdaClient",
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        deploy(lambda_api, "sleep", timeout=60)
        assert invoke(lambda_client, "sleep", {"seconds": 0})[1] == "rested"
        # The time of the first is over by now, as the host sees it.
        clock = SimpleNamespace(
            monotonic=lambda: time.monotonic() + 61, time_ns=time.time_ns
        )
        monkeypatch.setattr(runtime_api, "time", clock)

        # Long enough for the host to look at the time.
        assert invoke(lambda_client, "sleep", {"seconds": 0.2})[1] == "rested"

    def test_of_memory_ends_the_process(
        self, lambda_api: LambdaApi, lambda_client: "LambdaClient"
    ) -> None:
        deploy(lambda_api, "hoard", memory=128)

        assert invoke(lambda_client, "hoard", {"megabytes": 8})[1] == 8 * 1024 * 1024
        answer, said = invoke(lambda_client, "hoard", {"megabytes": 256})

        assert answer["FunctionError"] == "Unhandled"
        assert said["errorMessage"].endswith(
            "Runtime exited with error: signal: killed"
        )

    def test_of_an_answer_is_six_megabytes(
        self, lambda_api: LambdaApi, lambda_client: "LambdaClient"
    ) -> None:
        deploy(lambda_api, "answer_of")

        _, largest = invoke(lambda_client, "answer_of", {"bytes": MAX_RESPONSE})
        answer, said = invoke(lambda_client, "answer_of", {"bytes": MAX_RESPONSE + 1})

        assert len(largest) == MAX_RESPONSE - 2
        assert answer["FunctionError"] == "Unhandled"
        assert said["errorType"] == "Function.ResponseSizeTooLarge"

    def test_of_an_asynchronous_event_is_one_megabyte(
        self, lambda_api: LambdaApi, lambda_client: "LambdaClient"
    ) -> None:
        deploy(lambda_api, "echo")

        send(lambda_client, "echo", "x" * (MAX_EVENT - 2))
        with pytest.raises(lambda_client.exceptions.RequestTooLargeException):
            send(lambda_client, "echo", "x" * (MAX_EVENT - 1))

        lambda_api.wait_until_idle()
        assert [len(record.event) for record in lambda_api.records("echo")] == [
            MAX_EVENT
        ]

    def test_of_an_event_is_that_it_is_json(
        self, lambda_api: LambdaApi, lambda_client: "LambdaClient"
    ) -> None:
        deploy(lambda_api, "echo")

        with pytest.raises(lambda_client.exceptions.InvalidRequestContentException):
            lambda_client.invoke(FunctionName="echo", Payload=b"{")

    def test_of_what_may_be_deployed_is_known(self) -> None:
        for wrong in (
            {"timeout": 901},
            {"memory": 64},
            {"environment": {"BOTTLES_ORDER": "x" * 4_096}},
        ):
            with pytest.raises(ValueError, match=r"timeout|memory|variables"):
                Function("handler", **wrong)


class TestAProcess:
    @pytest.mark.parametrize(
        ("status", "words"),
        [
            (0, "Runtime exited without providing a reason"),
            (3, "Runtime exited with error: exit status 3"),
        ],
    )
    def test_that_ends_ends_the_invocation(
        self,
        lambda_api: LambdaApi,
        lambda_client: "LambdaClient",
        status: int,
        words: str,
    ) -> None:
        deploy(lambda_api, "leave")

        answer, said = invoke(lambda_client, "leave", {"status": status})

        assert answer["FunctionError"] == "Unhandled"
        assert said["errorType"] == "Runtime.ExitError"
        assert said["errorMessage"].endswith(words)

    def test_that_is_killed_is_followed_by_a_fresh_one(
        self, lambda_api: LambdaApi, lambda_client: "LambdaClient", tmp_path: Path
    ) -> None:
        begun = tmp_path / "begun"
        deploy(lambda_api, "sleep_at_first", retries=1)
        send(lambda_client, "sleep_at_first", {"seconds": 60, "file": str(begun)})
        until(lambda: begun.exists() and begun.read_text() == "begun\n")

        assert lambda_api.kill("sleep_at_first") == 1
        lambda_api.wait_until_idle()

        killed, rested = lambda_api.records("sleep_at_first")
        assert b"signal: killed" in killed.outcome.payload
        assert rested.outcome.payload == b'"rested"'
        assert begun.read_text() == "begun\nbegun\n"
