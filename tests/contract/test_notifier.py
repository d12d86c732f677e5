from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import boto3
import pytest
from moto import mock_aws

from adapters.aws.client import Aws
from adapters.memory.clock import ManualClock
from adapters.memory.notifier import MemoryNotifier
from adapters.memory.secret import KnownSecret
from adapters.slack.notifier import SlackNotifier
from adapters.sns import SnsNotifier
from domain.messages import Message
from ports.errors import NotFoundError, PortError
from ports.notifier import Notifier
from tests.support.messages import MESSAGES
from tests.support.slack import NO_SERVICE, SlackWebhook


@dataclass(frozen=True, slots=True)
class Line:
    """A notifier, and the other end of it.

    Attributes:
        heard: Gives what has arrived, each message as one text.
        refuse: Lets nothing more arrive.
        secret: What opens the line, and is shown to nobody.
    """

    notifier: Notifier
    heard: Callable[[], Sequence[str]]
    refuse: Callable[[], object]
    secret: str | None = None


def in_memory(_stack: ExitStack) -> Line:
    notifier = MemoryNotifier()

    def refuse() -> None:
        notifier.refusal = NotFoundError("Failed to send", "there is nobody")

    return Line(notifier, lambda: [each.text for each in notifier.messages], refuse)


def at_slack(stack: ExitStack) -> Line:
    slack = stack.enter_context(SlackWebhook())
    notifier = SlackNotifier(
        KnownSecret(slack.url),
        ManualClock(),
        random.random,
        user_agent="bottles-tests",
    )
    return Line(
        notifier,
        lambda: [
            "\n".join(block["text"]["text"] for block in posted["blocks"])
            for posted in slack.messages
        ],
        lambda: slack.answer_always(NO_SERVICE),
        slack.url,
    )


def at_sns(stack: ExitStack) -> Line:
    stack.enter_context(mock_aws())
    topics, queues = boto3.client("sns"), boto3.client("sqs")
    topic = topics.create_topic(Name="alerts")["TopicArn"]
    queue = queues.create_queue(QueueName="inbox")["QueueUrl"]
    known = queues.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    topics.subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint=known["Attributes"]["QueueArn"]
    )

    def heard() -> Sequence[str]:
        answer = queues.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
        arrived = answer.get("Messages", [])
        return [json.loads(each["Body"])["Message"] for each in arrived]

    return Line(
        SnsNotifier(Aws("us-east-1", 1), topic),
        heard,
        lambda: topics.delete_topic(TopicArn=topic),
    )


LINES: dict[str, Callable[[ExitStack], Line]] = {
    "memory": in_memory,
    "slack": at_slack,
    "sns": at_sns,
}


@pytest.fixture(params=LINES)
def line(request: pytest.FixtureRequest) -> Iterator[Line]:
    with ExitStack() as stack:
        yield LINES[request.param](stack)


class TestNotifierContract:
    @pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES)
    def test_a_message_arrives_with_all_of_its_words_in_their_order(
        self, line: Line, message: Message
    ) -> None:
        line.notifier.send(message)

        (heard,) = line.heard()
        words = [message.title, *(word for said in message.lines for word in said)]
        place = 0
        for word in words:
            for part in word.splitlines():
                place = heard.index(part, place)

    def test_messages_arrive_in_the_order_in_which_they_were_sent(
        self, line: Line
    ) -> None:
        for number in range(3):
            line.notifier.send(Message(f"⏳ number {number}"))

        assert [f"number {n}" in heard for n, heard in enumerate(line.heard())] == [
            True
        ] * 3

    def test_the_same_message_twice_arrives_twice(self, line: Line) -> None:
        for _ in range(2):
            line.notifier.send(MESSAGES["started"])

        assert len(line.heard()) == 2

    def test_what_is_not_taken_is_an_error_without_a_secret(self, line: Line) -> None:
        line.refuse()

        with pytest.raises(PortError) as refused:
            line.notifier.send(MESSAGES["started"])

        assert str(refused.value).startswith("Failed to send")
        if line.secret is not None:
            assert line.secret not in repr(refused.value) + repr(line.notifier)
        assert line.heard() == []
