"""What all queues of dead letters promise."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest

from adapters.aws.client import Aws
from adapters.aws_dead_letters import SqsDeadLetters
from adapters.memory.dead_letters import MemoryDeadLetters
from ports.dead_letters import DeadLetter, DeadLetters
from ports.errors import MalformedError
from tests.support.cloud_in_moto import PROJECT, REGION, client, cloud_in_moto

QUEUE = f"{PROJECT}-rules-dlq"
TRIGGER = {"source": "manual"}
CLOSE = {"run_id": "run-1", "shards": None, "source": "close"}
NOW = datetime(2026, 11, 27, 3, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Lying:
    """Two letters in one queue, and what the orchestrator has been handed."""

    letters: DeadLetters
    handed: Callable[[], list[Mapping[str, object]]]


def _letter(payload: Mapping[str, object] | None) -> DeadLetter:
    name = json.dumps(payload)
    orchestrator = f"{PROJECT}-orchestrator"
    return DeadLetter(name, QUEUE, NOW, payload, orchestrator, "a trigger", "", name)


@contextmanager
def _in_memory() -> Iterator[Lying]:
    letters = MemoryDeadLetters([_letter(TRIGGER), _letter(CLOSE)])
    yield Lying(letters, lambda: letters.started)


@contextmanager
def _in_sqs() -> Iterator[Lying]:
    handed: list[Mapping[str, object]] = []

    def see(params: Mapping[str, object], **_: object) -> None:
        handed.append(json.loads(str(params["Payload"], "utf-8")))  # type: ignore[call-overload]

    with cloud_in_moto() as cloud:
        cloud.deploy_function("orchestrator")
        cloud.deploy_queue(f"{PROJECT}-tasks")
        url = cloud.deploy_queue(QUEUE)
        for payload in (TRIGGER, CLOSE):
            client("sqs").send_message(QueueUrl=url, MessageBody=json.dumps(payload))
        aws = Aws(REGION, 1)
        aws.functions.meta.events.register("provide-client-params.lambda.Invoke", see)
        yield Lying(SqsDeadLetters(aws, PROJECT), lambda: handed)


LETTERS: dict[str, Callable[[], AbstractContextManager[Lying]]] = {
    "memory": _in_memory,
    "sqs": _in_sqs,
}


@pytest.fixture(params=LETTERS)
def lying(request: pytest.FixtureRequest) -> Iterator[Lying]:
    with LETTERS[request.param]() as opened:
        yield opened


class TestDeadLettersContract:
    def test_counts_the_letters_of_each_queue(self, lying: Lying) -> None:
        assert lying.letters.count() == {QUEUE: 2}

    def test_reads_each_letter_once(self, lying: Lying) -> None:
        found = list(lying.letters.read())
        assert sorted(str(letter.payload) for letter in found) == sorted(
            map(str, (TRIGGER, CLOSE))
        )
        assert {letter.queue for letter in found} == {QUEUE}
        assert list(lying.letters.read()) == []

    def test_lets_others_read_what_is_put_back(self, lying: Lying) -> None:
        for letter in list(lying.letters.read()):
            lying.letters.put_back(letter)
        assert len(list(lying.letters.read())) == 2

    def test_hands_the_orchestrator_what_is_started_again(self, lying: Lying) -> None:
        first, second = lying.letters.read()
        lying.letters.start_again(first)
        assert lying.handed() == [first.payload]
        lying.letters.remove(first)
        lying.letters.put_back(second)
        assert [letter.id for letter in lying.letters.read()] == [second.id]


class TestInSqs:
    def test_what_makes_no_sense_is_not_started(self) -> None:
        with cloud_in_moto() as cloud:
            url = cloud.deploy_queue(QUEUE)
            client("sqs").send_message(QueueUrl=url, MessageBody="hello")
            letters = SqsDeadLetters(Aws(REGION, 1), PROJECT)
            (letter,) = letters.read()
            assert letter.payload is None
            with pytest.raises(MalformedError):
                letters.start_again(letter)
            assert letters.count() == {QUEUE: 0}
            letters.put_back(letter)
            assert letters.count() == {QUEUE: 1}

    @pytest.mark.parametrize(
        "neighbour", [f"{PROJECT}-dev-rules-dlq", f"{PROJECT}-staging-orchestrator-dlq"]
    )
    def test_what_another_mirror_of_the_account_has_given_up_is_left_to_it(
        self, neighbour: str
    ) -> None:
        with cloud_in_moto() as cloud:
            cloud.deploy_queue(QUEUE)
            url = cloud.deploy_queue(neighbour)
            client("sqs").send_message(QueueUrl=url, MessageBody=json.dumps(TRIGGER))
            letters = SqsDeadLetters(Aws(REGION, 1), PROJECT)
            assert letters.count() == {QUEUE: 0}
            assert list(letters.read()) == []

    @pytest.mark.parametrize("part", ["orchestrator", "alarm", "rules"])
    def test_every_queue_of_the_mirror_is_read(self, part: str) -> None:
        with cloud_in_moto() as cloud:
            url = cloud.deploy_queue(f"{PROJECT}-{part}-dlq")
            client("sqs").send_message(QueueUrl=url, MessageBody=json.dumps(TRIGGER))
            (letter,) = SqsDeadLetters(Aws(REGION, 1), PROJECT).read()
            assert letter.queue == f"{PROJECT}-{part}-dlq"

    def test_a_message_for_people_is_handed_to_the_alarm_function(self) -> None:
        invoked: list[object] = []
        topic = {"EventSource": "aws:sns", "Sns": {"Subject": "ALARM", "Message": ""}}
        arn = f"arn:aws:lambda:{REGION}:123456789012:function:{PROJECT}-alarm:$LATEST"
        record = {
            "requestContext": {"functionArn": arn},
            "requestPayload": {"Records": [topic]},
        }
        with cloud_in_moto() as cloud:
            cloud.deploy_function("alarm")
            url = cloud.deploy_queue(f"{PROJECT}-alarm-dlq")
            client("sqs").send_message(QueueUrl=url, MessageBody=json.dumps(record))
            aws = Aws(REGION, 1)
            aws.functions.meta.events.register(
                "provide-client-params.lambda.Invoke",
                lambda params, **_: invoked.append(params["FunctionName"]),
            )
            letters = SqsDeadLetters(aws, PROJECT)
            (letter,) = letters.read()
            letters.start_again(letter)
            letters.remove(letter)
            assert list(letters.read()) == []
        assert invoked == [f"{PROJECT}-alarm"]

    def test_without_queues_there_are_no_letters(self) -> None:
        with cloud_in_moto():
            letters = SqsDeadLetters(Aws(REGION, 1), PROJECT)
            assert letters.count() == {}
            assert list(letters.read()) == []

    def test_a_letter_tells_why_it_died(self) -> None:
        with cloud_in_moto() as cloud:
            url = cloud.deploy_queue(QUEUE)
            client("sqs").send_message(
                QueueUrl=url,
                MessageBody=json.dumps(TRIGGER),
                MessageAttributes={
                    "ERROR_CODE": {"DataType": "String", "StringValue": "THROTTLED"}
                },
            )
            (letter,) = SqsDeadLetters(Aws(REGION, 1), PROJECT).read()
            assert letter.reason == "THROTTLED"


def test_memory_starts_nothing_that_makes_no_sense() -> None:
    letters = MemoryDeadLetters([_letter(None)])
    (letter,) = letters.read()
    with pytest.raises(MalformedError):
        letters.start_again(letter)
