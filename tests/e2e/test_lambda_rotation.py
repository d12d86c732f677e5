"""The rotation of the webhook, step by step as Secrets Manager asks for it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from adapters.configuration_sources import ConfigurationError
from adapters.secrets import NEXT
from entrypoints import lambda_rotation
from ports.errors import MalformedError, PortError, RefusedError
from tests.support.slack import NO_SERVICE, SERVER_ERROR, SlackWebhook

VERSION = "11111111-2222-3333-4444-555555555555"
NEXT_VERSION = "66666666-7777-8888-9999-000000000000"
STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
OLD = "https://hooks.slack.example/services/T0/B0/old"


@pytest.fixture
def slack() -> Iterator[SlackWebhook]:
    with SlackWebhook() as webhook:
        yield webhook


@pytest.fixture
def secret(slack: SlackWebhook, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Yield the ARN of a secret for which another webhook lies ready."""
    # Slack's stand-in is reached, and nothing else of the network.
    with mock_aws(config={"core": {"passthrough": {"urls": [rf"{slack.url}.*"]}}}):
        keeper = boto3.client("secretsmanager")
        arn = keeper.create_secret(Name="slack-webhook", SecretString=OLD)["ARN"]
        keeper.put_secret_value(
            SecretId=arn, SecretString=slack.url, VersionStages=[NEXT]
        )
        monkeypatch.setenv("BOTTLES_SLACK_WEBHOOK_SECRET_ID", arn)
        monkeypatch.setenv("BOTTLES_RETRY_ATTEMPTS", "1")
        yield arn


def asked(step: str, secret: str, version: str = VERSION) -> dict[str, Any]:
    return {
        "Step": step,
        "SecretId": secret,
        "ClientRequestToken": version,
        "RotationToken": "token",
    }


def kept(secret: str) -> str:
    keeper = boto3.client("secretsmanager")
    # By the label that everybody reads who names none; moto forgets to.
    kept = keeper.get_secret_value(SecretId=secret, VersionStage="AWSCURRENT")
    return kept["SecretString"]


def test_a_webhook_that_works_is_what_everybody_reads_from_then_on(
    secret: str, slack: SlackWebhook, capsys: pytest.CaptureFixture[str]
) -> None:
    before = kept(secret)
    done = []
    for step in STEPS:
        assert kept(secret) == before
        done.append(lambda_rotation.handler(asked(step, secret), None)["step"])

    assert done == ["prepare", "install", "test", "promote"]
    assert kept(secret) == slack.url
    (message,) = slack.messages
    assert message["text"].startswith("✅ Homebrew Bottles Sync Test\n")
    assert slack.url not in capsys.readouterr().out


def test_a_webhook_that_does_not_work_stays_outside(
    secret: str, slack: SlackWebhook, capsys: pytest.CaptureFixture[str]
) -> None:
    slack.answer_next(NO_SERVICE, NO_SERVICE)
    lambda_rotation.handler(asked("createSecret", secret), None)

    with pytest.raises(PortError):
        lambda_rotation.handler(asked("testSecret", secret), None)

    assert kept(secret) == OLD
    said = capsys.readouterr().out
    assert "no_service" in said
    assert slack.url not in said


def test_one_that_does_not_work_does_not_stand_in_the_way_of_the_next(
    secret: str, slack: SlackWebhook
) -> None:
    keeper = boto3.client("secretsmanager")
    slack.answer_next(NO_SERVICE)
    lambda_rotation.handler(asked("createSecret", secret), None)
    with pytest.raises(PortError):
        lambda_rotation.handler(asked("testSecret", secret), None)

    # As long as it is there, AWS goes on with that version, and begins no other.
    labels = keeper.describe_secret(SecretId=secret)["VersionIdsToStages"]
    assert not [found for found in labels.values() if "AWSPENDING" in found]
    good = slack.renew()
    keeper.put_secret_value(SecretId=secret, SecretString=good, VersionStages=[NEXT])
    for step in STEPS:
        lambda_rotation.handler(asked(step, secret, NEXT_VERSION), None)
    assert kept(secret) == good


def test_a_slack_that_does_not_answer_leaves_what_is_tried_where_it_is(
    secret: str, slack: SlackWebhook
) -> None:
    slack.answer_next(SERVER_ERROR)
    for step in STEPS:
        if step == "testSecret":
            with pytest.raises(PortError):
                lambda_rotation.handler(asked(step, secret), None)
        lambda_rotation.handler(asked(step, secret), None)
    assert kept(secret) == slack.url


def test_another_secret_is_not_touched(secret: str) -> None:
    with pytest.raises(RefusedError, match="it is not the one configured"):
        lambda_rotation.handler(asked("createSecret", f"{secret}-other"), None)


@pytest.mark.parametrize(
    "event",
    [
        None,
        {},
        {"Step": "deleteSecret", "SecretId": "x", "ClientRequestToken": "y"},
        {"Step": "createSecret", "SecretId": 1, "ClientRequestToken": "y"},
    ],
    ids=repr,
)
def test_what_is_not_of_secrets_manager_is_refused(secret: str, event: object) -> None:
    with pytest.raises(MalformedError, match="the rotation's payload"):
        lambda_rotation.handler(event, None)

    assert kept(secret) == OLD


def test_without_a_secret_there_is_nothing_to_rotate(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("BOTTLES_SLACK_WEBHOOK_SECRET_ID", raising=False)

    with pytest.raises(ConfigurationError, match="names the webhook's secret"):
        lambda_rotation.handler(asked("createSecret", "x"), None)
