"""What Slack is told of a sync from a command line, and of ``doctor --notify``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from tests.standin.faults import Fault
from tests.standin.server import Upstream
from tests.support import loopback
from tests.support.canned import Answer, CannedServer
from tests.support.command import Bottles
from tests.support.loopback import Asked, LoopbackServer
from tests.support.slack import NO_SERVICE, SERVER_ERROR, SlackWebhook

ONE = ("ledger", "--tag", "arm64_sonoma")
SECRET = "homebrew-sync/slack-webhook"


@pytest.fixture
def slack(
    upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> Iterator[SlackWebhook]:
    """Yield a webhook that the environment names, beside an upstream."""
    assert upstream.formulae
    with SlackWebhook() as webhook:
        monkeypatch.setenv("BOTTLES_SLACK_WEBHOOK_URL", webhook.url)
        yield webhook


def titles(slack: SlackWebhook) -> list[str]:
    return [message["text"].partition("\n")[0] for message in slack.messages]


def test_a_sync_tells_slack_how_it_begins_and_how_it_ends(
    bottles: Bottles, slack: SlackWebhook
) -> None:
    answer = bottles.json("sync", *ONE, "--environment", "laptop")

    started, ended = slack.messages
    assert started["text"].splitlines()[:2] == [
        "🚀 Homebrew Bottles Sync Started",
        "Environment: laptop",
    ]
    assert "Sync method: local" in started["text"]
    assert ended["text"].startswith("✅ Homebrew Bottles Sync Complete\n")
    assert "New bottles: 1\n" in ended["text"]
    head = answer["ledger"]
    assert ended["text"].endswith(f"Ledger head: {head['seq']}:{head['sha256']}")


def test_nothing_to_do_and_bottles_that_failed_are_told_as_such(
    bottles: Bottles, slack: SlackWebhook, upstream: Upstream
) -> None:
    bottles.json("sync", *ONE)
    bottles.json("sync", *ONE)
    upstream.faults.add(Fault("404", path="core/kettle/2/", on="blob"))
    failed = bottles("sync", "kettle@2", "--tag", "arm64_sonoma")

    assert failed.status == 1
    assert titles(slack)[2:] == [
        "✅ Homebrew Bottles Sync Complete",
        "🚀 Homebrew Bottles Sync Started",
        "❌ Homebrew Bottles Sync Degraded",
    ]
    assert "\nNothing to do: " in slack.messages[2]["text"]


def test_a_slack_that_is_down_is_noted_and_changes_nothing_else(
    bottles: Bottles, slack: SlackWebhook
) -> None:
    slack.answer_always(SERVER_ERROR)

    ended = bottles("sync", *ONE)

    assert ended.status == 0
    assert (
        ended.err.count("Failed to send Slack notification: 500 Internal Server Error")
        == 2
    )
    assert "\n1 bottle mirrored" in ended.out
    assert slack.url not in ended.out + ended.err


def test_who_wants_no_messages_gets_none(bottles: Bottles, slack: SlackWebhook) -> None:
    bottles.json("sync", *ONE, "--no-enable-notifications")
    bottles("sync", *ONE, "--dry-run")
    bottles("verify")

    assert slack.attempts == []


def test_a_sync_that_cannot_begin_tells_slack_why(
    bottles: Bottles, slack: SlackWebhook, upstream: Upstream
) -> None:
    upstream.faults.add(Fault("500"))

    ended = bottles("sync", *ONE)

    assert ended.status == 4
    assert titles(slack) == ["❌ Homebrew Bottles Sync Failed"]
    assert ended.err.strip().removeprefix("bottles: ") in slack.messages[0]["text"]


def test_doctor_sends_a_test_message_when_it_is_asked_to(
    bottles: Bottles, slack: SlackWebhook
) -> None:
    without = bottles.json("doctor")
    assert slack.attempts == []
    told = bottles("doctor", "--notify")
    answer = bottles.json("doctor", "--notify")

    assert told.status == 0
    assert "ok    notifications  a message was taken by Slack" in told.out
    assert titles(slack) == ["✅ Homebrew Bottles Sync Test"] * 2
    assert [check["check"] for check in answer["checks"]] == [
        *(check["check"] for check in without["checks"]),
        "notifications",
    ]


def test_doctor_tells_that_a_message_does_not_arrive(
    bottles: Bottles, slack: SlackWebhook
) -> None:
    slack.answer_always(NO_SERVICE)

    ended = bottles("doctor", "--notify")

    assert ended.status == 4
    assert (
        "FAIL  notifications  Failed to send Slack notification: 404 Not Found"
    ) in ended.out
    assert slack.url not in ended.out + ended.err


@pytest.mark.usefixtures("upstream")
def test_doctor_tells_that_nobody_would_be_told(bottles: Bottles) -> None:
    ended = bottles("doctor", "--notify")

    assert ended.status == 0
    assert "warn  notifications  nobody is told of anything" in ended.out


def test_a_webhook_may_be_a_secret_and_a_topic_is_told_the_same(
    bottles: Bottles, folder: Path, slack: SlackWebhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert folder.is_dir()
    monkeypatch.delenv("BOTTLES_SLACK_WEBHOOK_URL")
    with mock_aws():
        boto3.client("secretsmanager").create_secret(
            Name=SECRET, SecretString=json.dumps({"webhook_url": slack.url})
        )
        topics, queues = boto3.client("sns"), boto3.client("sqs")
        topic = topics.create_topic(Name="alerts")["TopicArn"]
        queue = queues.create_queue(QueueName="inbox")["QueueUrl"]
        topics.subscribe(
            TopicArn=topic,
            Protocol="sqs",
            Endpoint=queues.get_queue_attributes(
                QueueUrl=queue, AttributeNames=["QueueArn"]
            )["Attributes"]["QueueArn"],
        )

        told = bottles(
            *("doctor", "--notify", "--slack-webhook-secret-id", SECRET),
            *("--notification-topic-arn", topic, "--aws-region", "us-east-1"),
        )
        arrived = queues.receive_message(QueueUrl=queue)["Messages"]

    assert told.status == 0
    assert f"a message was taken by Slack and {topic}" in told.out
    assert json.loads(arrived[0]["Body"])["Subject"] == "Homebrew Bottles Sync Test"
    assert titles(slack) == ["✅ Homebrew Bottles Sync Test"]


@pytest.mark.usefixtures("upstream")
def test_a_secret_that_is_denied_is_told_and_the_sync_goes_on(
    bottles: Bottles, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = json.dumps({"__type": "AccessDeniedException", "Message": "No"}).encode()
    with CannedServer(Answer(400, body=body)) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.endpoint_url)
        ended = bottles(
            *("sync", *ONE, "--slack-webhook-secret-id", SECRET),
            *("--aws-region", "us-east-1"),
        )

    assert ended.status == 0
    assert (
        "Failed to send Slack notification: its webhook is not known: the secret"
        f" {SECRET}: "
    ) in ended.err
    assert f"the right to secretsmanager:GetSecretValue on {SECRET}" in ended.err


@pytest.mark.usefixtures("upstream")
def test_a_profile_that_is_not_there_hinders_the_message_alone(
    bottles: Bottles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    monkeypatch.setenv("BOTTLES_SLACK_WEBHOOK_SECRET_ID", SECRET)

    ended = bottles("sync", *ONE)

    assert ended.status == 0
    assert "Failed to send Slack notification: " in ended.err
    assert "no-such-profile" in ended.err


@pytest.mark.usefixtures("upstream")
def test_the_registrys_token_may_be_a_secret(bottles: Bottles) -> None:
    tokens: list[str | None] = []

    def refuse(asked: Asked) -> loopback.Answer:
        tokens.append(asked.headers.get("authorization"))
        return loopback.Answer(HTTPStatus.NOT_FOUND)

    with mock_aws(), LoopbackServer(refuse) as registry:
        keeper = boto3.client("secretsmanager")
        keeper.create_secret(Name="ghcr", SecretString='{"token": "hunter2"}')
        keeper.create_secret(Name="odd", SecretString="two words")
        options = ("--aws-region", "us-east-1", "--registry", registry.origin)

        ended, odd, absent = (
            bottles("sync", *ONE, *options, "--registry-token-secret-id", name)
            for name in ("ghcr", "odd", "absent")
        )

    assert tokens == ["Bearer hunter2"]
    assert (ended.status, odd.status, absent.status) == (1, 4, 4)
    assert "the secret odd: it is not a token: printable ASCII" in odd.err
    assert "two words" not in odd.err
    assert "the secret absent: " in absent.err
