"""``bottles cloud``, over a deployment that moto or canned answers imitate."""

from __future__ import annotations

import json
import signal
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from domain.order import Order
from tests.support.canned import Answer, CannedServer
from tests.support.cloud_in_moto import PROJECT, CloudInMoto, client, cloud_in_moto
from tests.support.command import Bottles, finished, start

ORDER = Order("run-1", "a" * 64, 0, 1)
STARTED = {
    "run_id": "run-1",
    "outcome": "started",
    "route": "ecs",
    "bottles": 22_879,
    "bytes": 135_000_000_000,
    "shards": 4,
}


@pytest.fixture
def cloud() -> Iterator[CloudInMoto]:
    with cloud_in_moto() as opened:
        yield opened


def milliseconds_ago(count: int) -> int:
    return round(datetime.now(UTC).timestamp() * 1_000) - count  # noqa: TID251


class TestStatus:
    def test_tells_what_is_deployed_and_at_work(
        self, bottles: Bottles, cloud: CloudInMoto
    ) -> None:
        cloud.deploy_function("orchestrator")
        cloud.deploy_cluster()
        cloud.run_task(ORDER)
        cloud.start_execution(cloud.deploy_state_machine(), [ORDER])
        cloud.deploy_queue(f"{PROJECT}-rules-dlq")
        ended = bottles("cloud", "status")
        assert ended.status == 0
        assert f"mirror         {PROJECT}, mirror\n" in ended.out
        assert "run            none is open" in ended.out
        assert "shard 0 of run run-1" in ended.out
        assert "homebrew-sync-rules-dlq  0" in ended.out
        assert "do: deploy homebrew-sync-worker\n" in ended.out

    def test_tells_a_script_the_same(
        self, bottles: Bottles, cloud: CloudInMoto
    ) -> None:
        cloud.deploy_cluster()
        cloud.run_task(ORDER)
        cloud.start_execution(cloud.deploy_state_machine(), [ORDER])
        answer = bottles.json("cloud", "status")
        assert answer["project"] == PROJECT
        assert (answer["run"], answer["problems"]) == (None, {})
        assert answer["functions"][0] == {
            "name": f"{PROJECT}-orchestrator",
            "state": None,
        }
        assert [each["name"] for each in answer["executions"]] == ["run-1"]
        assert answer["tasks"][0]["order"]["run_id"] == "run-1"

    def test_tells_what_could_not_be_found_out_and_exits_so(
        self, bottles: Bottles, cloud: CloudInMoto
    ) -> None:
        del cloud
        ended = bottles("cloud", "status", "--project-name", "another")
        assert ended.status == 4
        assert "nothing is deployed under this name" in ended.out
        assert "tasks: list tasks, cluster another: " in ended.out


class TestTrigger:
    @pytest.fixture
    def answered(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[CannedServer]:
        with CannedServer(Answer(200, body=json.dumps(STARTED).encode())) as server:
            monkeypatch.setenv("AWS_ENDPOINT_URL", server.endpoint_url)
            yield server

    def test_tells_what_the_orchestrator_answers(
        self, bottles: Bottles, answered: CannedServer
    ) -> None:
        ended = bottles("cloud", "trigger", "--project-name", "mine")
        assert ended.status == 0
        assert ended.out == (
            "Run run-1 has started: 22,879 bottles, 135.0 GB, in 4 shards on ecs.\n"
            "bottles cloud status tells how far it is, bottles cloud logs --follow what"
            " is written.\n"
        )
        assert "/functions/mine-orchestrator/" in answered.requests[0].path

    def test_tells_a_script_the_same(
        self, bottles: Bottles, answered: CannedServer
    ) -> None:
        assert bottles.json("cloud", "trigger") == STARTED
        assert len(answered.requests) == 1

    @pytest.mark.parametrize(
        ("outcome", "said"),
        [
            ("nothing_to_do", "Nothing to do; recorded as run run-1.\n"),
            ("already_running", "No other run was started while run-1 is open: "),
            ("put_off", "Run run-1: put_off; "),
        ],
    )
    def test_tells_when_no_run_was_started(
        self, bottles: Bottles, answered: CannedServer, outcome: str, said: str
    ) -> None:
        answer = STARTED | {"outcome": outcome}
        answered.answers[0] = Answer(200, body=json.dumps(answer).encode())
        ended = bottles("cloud", "trigger")
        assert (ended.status, ended.out[: len(said)]) == (0, said)

    def test_tells_why_the_orchestrator_failed(
        self, bottles: Bottles, answered: CannedServer
    ) -> None:
        said = {"errorType": "UntrustedError", "errorMessage": "a bad signature"}
        answered.answers[0] = Answer(
            200,
            headers={"X-Amz-Function-Error": "Unhandled"},
            body=json.dumps(said).encode(),
        )
        ended = bottles("cloud", "trigger")
        assert ended.status == 4
        assert ended.out == ""
        assert "it failed with UntrustedError: a bad signature" in ended.err


class TestLogs:
    def write(self, cloud: CloudInMoto) -> None:
        """Write lines of each kind."""
        cloud.write(
            f"/aws/lambda/{PROJECT}-orchestrator",
            "stream",
            [
                (milliseconds_ago(90 * 60_000), "long ago"),
                (milliseconds_ago(5_000), "START RequestId: 1 Version: $LATEST\n"),
                (
                    milliseconds_ago(4_000),
                    '{"level":"INFO","message":"planned","run_id":"run-1"}\n',
                ),
            ],
        )
        cloud.write(
            f"/aws/ecs/{PROJECT}",
            "stream",
            [
                (
                    milliseconds_ago(3_000),
                    '{"level":"ERROR","message":"no room","run_id":"run-1","shard":2}',
                ),
                (milliseconds_ago(2_000), '{"_aws":{},"BottlesMirrored":1}'),
                (milliseconds_ago(1_000), "Killed"),
            ],
        )

    def lines(self, told: str) -> list[str]:
        """Return the lines without their times."""
        return [line[22:] for line in told.splitlines()]

    def test_shows_what_all_programs_have_written(
        self, bottles: Bottles, cloud: CloudInMoto
    ) -> None:
        self.write(cloud)
        ended = bottles("cloud", "logs")
        assert ended.status == 0
        assert self.lines(ended.out) == [
            "orchestrator  INFO     planned",
            "ecs           ERROR    no room (shard 2)",
            "ecs           Killed",
        ]

    def test_shows_what_was_written_earlier_and_what_only_counts(
        self, bottles: Bottles, cloud: CloudInMoto
    ) -> None:
        self.write(cloud)
        assert "long ago" in bottles("cloud", "logs", "--since", "2h").out
        told = bottles("-v", "cloud", "logs").out
        assert "START RequestId" in told
        assert "BottlesMirrored" in told

    def test_shows_the_lines_of_one_run(
        self, bottles: Bottles, cloud: CloudInMoto
    ) -> None:
        self.write(cloud)
        told = bottles("cloud", "logs", "--run", "run-1", "--since", "2026-01-01").out
        assert len(self.lines(told)) == 2

    def test_gives_a_script_what_the_lines_say(
        self, bottles: Bottles, cloud: CloudInMoto
    ) -> None:
        self.write(cloud)
        lines = bottles.json("cloud", "logs")["lines"]
        assert lines[1]["line"]["message"] == "planned"
        assert lines[-1]["line"] == "Killed"
        assert lines[-1]["source"] == "ecs"
        assert lines[-1]["at"].endswith("Z")

    def test_follows_until_it_is_interrupted(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        event = {
            "eventId": "1",
            "timestamp": milliseconds_ago(1_000),
            "message": '{"level":"INFO","message":"planned"}',
        }
        body = json.dumps({"events": [event]}).encode()
        with CannedServer(Answer(200, body=body)) as server:
            monkeypatch.setenv("AWS_ENDPOINT_URL", server.endpoint_url)
            process = start("cloud", "logs", "--follow")
            # Asked for a second time: five groups at a time.
            for _ in range(6):
                server.arrived.acquire()
            process.send_signal(signal.SIGINT)
            ended = finished(process)
        assert ended.status == 130
        # It is the same line wherever and however often it is found.
        assert len(ended.out.splitlines()) == 1
        assert "Traceback" not in ended.err

    @pytest.mark.parametrize("since", ["yesterday", "1y", "-1h"])
    def test_refuses_a_time_that_is_none(self, bottles: Bottles, since: str) -> None:
        ended = bottles("cloud", "logs", f"--since={since}")
        assert ended.status == 2
        assert "90m, 2h or 1d" in ended.err

    def test_refuses_to_follow_into_one_object(self, bottles: Bottles) -> None:
        ended = bottles("cloud", "logs", "--follow", "--json")
        assert ended.status == 2
        assert "--follow has no end" in ended.err


class TestRedrive:
    def test_shows_dead_letters_and_starts_them_again(
        self, bottles: Bottles, cloud: CloudInMoto
    ) -> None:
        cloud.deploy_function("orchestrator")
        url = cloud.deploy_queue(f"{PROJECT}-rules-dlq")
        client("sqs").send_message(QueueUrl=url, MessageBody='{"source":"manual"}')
        looked_at = bottles("cloud", "redrive", "--dry-run")
        assert (looked_at.status, "left where it lies" in looked_at.out) == (0, True)
        (letter,) = bottles.json("cloud", "redrive")["letters"]
        assert (letter["fate"], letter["about"]) == ("started", "a trigger")
        assert bottles("cloud", "redrive").out == "There are no dead letters.\n"
