"""The topic's function, in this process and as AWS Lambda runs it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from adapters.alert_codec import SENDER, US
from adapters.configuration_sources import ConfigurationError
from entrypoints import lambda_alarm
from ports.errors import MalformedError, PortError
from tests.support.lambda_function import Function
from tests.support.lambda_host import LambdaHost
from tests.support.slack import NO_SERVICE, SERVER_ERROR, SlackWebhook
from tests.support.sns_payloads import alarm_text, payload

FIRED = payload(alarm_text())
TITLE = "❌ Alarm: homebrew-sync-orchestrator-errors"
OURS = payload("text", attributes={SENDER: {"Type": "String", "Value": US}})


@pytest.fixture
def slack(monkeypatch: pytest.MonkeyPatch) -> Iterator[SlackWebhook]:
    """Yield a webhook that the environment names, for a function that starts anew."""
    lambda_alarm._container.cache_clear()  # noqa: SLF001
    monkeypatch.setenv("BOTTLES_RETRY_ATTEMPTS", "1")
    with SlackWebhook() as webhook:
        monkeypatch.setenv("BOTTLES_SLACK_WEBHOOK_URL", webhook.url)
        yield webhook
    lambda_alarm._container.cache_clear()  # noqa: SLF001


def invoke(event: object) -> dict[str, int]:
    return lambda_alarm.handler(event, None)


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def titles(slack: SlackWebhook) -> list[str]:
    return [message["text"].partition("\n")[0] for message in slack.messages]


def test_an_alarm_that_fires_and_clears_reaches_slack(
    slack: SlackWebhook,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("BOTTLES_ENVIRONMENT", "staging")

    assert invoke(FIRED) == {"told": 1}
    assert invoke(payload(alarm_text(state="OK"))) == {"told": 1}

    assert titles(slack) == [TITLE, TITLE.replace("❌ Alarm", "✅ Alarm Over")]
    assert "Environment: staging" in slack.messages[0]["text"]
    assert [line["message"] for line in lines(capsys)] == [
        f"told Slack: {title}" for title in titles(slack)
    ]


def test_what_we_published_ourselves_is_not_told_twice(slack: SlackWebhook) -> None:
    assert invoke(OURS) == {"told": 0}
    assert slack.attempts == []


def test_who_wants_no_messages_gets_none(
    slack: SlackWebhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOTTLES_ENABLE_NOTIFICATIONS", "false")

    assert invoke(FIRED) == {"told": 0}
    assert slack.attempts == []


def test_a_message_that_is_not_taken_fails_the_invocation_and_is_counted(
    slack: SlackWebhook, capsys: pytest.CaptureFixture[str]
) -> None:
    slack.answer_always(NO_SERVICE)

    with pytest.raises(PortError):
        invoke(FIRED)

    told, counted = lines(capsys)
    assert told["level"] == "ERROR"
    assert told["message"].startswith(
        "Failed to send Slack notification: 404 Not Found"
    )
    assert counted["NotificationFailures"] == [1.0]
    assert slack.url not in json.dumps([told, counted])


def test_what_is_no_payload_of_sns_is_a_clear_error(
    slack: SlackWebhook, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(MalformedError):
        invoke({"source": "manual"})

    (told,) = lines(capsys)
    assert told["message"] == (
        "the topic's payload: Records: Missing data for required field."
    )
    assert slack.attempts == []


def test_every_mistake_of_the_environment_is_told(
    slack: SlackWebhook,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert slack.url
    monkeypatch.delenv("BOTTLES_SLACK_WEBHOOK_URL")
    monkeypatch.setenv("BOTTLES_LOG_LEVEL", "loud")

    for _ in range(2):
        with pytest.raises(ConfigurationError):
            invoke(FIRED)

    assert [line["message"] for line in lines(capsys)] == [
        (
            "environment BOTTLES_SLACK_WEBHOOK_SECRET_ID: is missing: it names Slack's"
            " webhook"
        ),
        (
            "environment BOTTLES_LOG_LEVEL: 'loud' is not one of DEBUG, INFO, WARNING,"
            " ERROR, CRITICAL"
        ),
    ] * 2


def test_a_secret_is_read_once_and_again_when_it_was_replaced(
    slack: SlackWebhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BOTTLES_SLACK_WEBHOOK_URL")
    monkeypatch.setenv("BOTTLES_SLACK_WEBHOOK_SECRET_ID", "hook")
    monkeypatch.setenv("BOTTLES_AWS_REGION", "us-east-1")
    with mock_aws():
        keeper = boto3.client("secretsmanager")
        keeper.create_secret(Name="hook", SecretString=slack.url)
        invoke(FIRED)

        keeper.put_secret_value(SecretId="hook", SecretString=slack.renew())
        invoke(FIRED)
        invoke(FIRED)

    assert len(slack.messages) == 3
    # The webhook of before was tried once in vain.
    assert len(slack.attempts) == 4


def test_aws_lambda_runs_it_in_the_least_memory_there_is(slack: SlackWebhook) -> None:
    pytest.importorskip("awslambdaric")
    slack.answer_next(SERVER_ERROR)
    function = Function(
        "entrypoints.lambda_alarm.handler",
        timeout=30,
        environment={
            "BOTTLES_SLACK_WEBHOOK_URL": slack.url,
            "BOTTLES_RETRY_ATTEMPTS": "1",
        },
    )
    with LambdaHost() as host:
        host.deploy("alarm", function)
        host.send("alarm", json.dumps(FIRED).encode())
        host.wait_until_idle()
        records, log = host.records("alarm"), host.log("alarm")

    # Slack was not well at first, and Lambda hands the same over again.
    assert [record.outcome.failed for record in records] == [True, False]
    assert titles(slack) == [TITLE]
    assert slack.url not in log + "".join(str(r.outcome.payload) for r in records)
