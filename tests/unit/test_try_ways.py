from adapters.memory.notifier import MemoryNotifier
from application.try_ways import TryWays
from domain.messages import Message
from ports.errors import NotFoundError

MESSAGE = Message("✅ Test")
FAILURE = NotFoundError("Failed to send Slack notification", "404 Not Found")


def test_every_way_is_tried() -> None:
    slack, topic = MemoryNotifier(), MemoryNotifier()

    check = TryWays(lambda: {"Slack": slack, "arn:topic": topic})(MESSAGE)

    assert (check.name, check.state, check.error) == ("notifications", "ok", None)
    assert check.detail == (
        "a message was taken by Slack and arn:topic: see that it has arrived"
    )
    assert slack.messages == topic.messages == [MESSAGE]


def test_a_way_that_fails_is_told_with_those_that_do_not() -> None:
    slack, topic = MemoryNotifier(), MemoryNotifier()
    slack.refusal = FAILURE

    check = TryWays(lambda: {"Slack": slack, "arn:topic": topic})(MESSAGE)

    assert (check.state, check.error) == ("fail", FAILURE)
    assert check.detail == (
        "a message was taken by arn:topic; Failed to send Slack notification: 404 Not"
        " Found"
    )
    assert "webhook" in check.advice


def test_that_there_is_no_way_is_something_to_look_at() -> None:
    check = TryWays(dict)(MESSAGE)

    assert check.state == "warn"
    assert "slack_webhook_url" in check.advice
