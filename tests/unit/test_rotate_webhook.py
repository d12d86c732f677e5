from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from adapters.memory.secret_versions import MemorySecretVersions
from application.rotate_webhook import RotateWebhook
from domain.messages import Message
from domain.rotation import Step
from ports.errors import NotFoundError, PortError
from ports.notifier import Notifier
from ports.secret import Secret

VERSION = "version"
STEPS: tuple[Step, ...] = ("prepare", "install", "test", "promote")


@dataclass
class Slack:
    """Knows some webhooks, and keeps what is posted to them."""

    known: set[str]
    posted: list[tuple[str, Message]] = field(default_factory=list)

    def over(self, webhook: Secret) -> Notifier:
        return Way(self, webhook)


class Way(Notifier):
    def __init__(self, slack: Slack, webhook: Secret) -> None:
        self._slack = slack
        self._webhook = webhook

    def send(self, message: Message) -> None:
        webhook = self._webhook()
        if webhook not in self._slack.known:
            raise NotFoundError("Failed to send Slack notification", "no_service")
        self._slack.posted.append((webhook, message))


def rotate(versions: MemorySecretVersions, slack: Slack) -> RotateWebhook:
    return RotateWebhook(versions, slack.over, "staging")


def test_a_webhook_that_works_takes_the_place_of_the_present_one() -> None:
    versions, slack = MemorySecretVersions("old", "new"), Slack({"old", "new"})

    for step in STEPS:
        rotate(versions, slack)(step, VERSION)

    ((webhook, message),) = slack.posted
    assert versions.present == "new"
    assert webhook == "new"
    assert message.title == "✅ Homebrew Bottles Sync Test"
    assert "Environment: staging" in message.text
    assert "the rotation of its secret" in message.text


def test_a_webhook_that_does_not_work_is_never_used() -> None:
    versions, slack = MemorySecretVersions("old", "mistyped"), Slack({"old"})
    rotate(versions, slack)("prepare", VERSION)

    with pytest.raises(PortError):
        rotate(versions, slack)("test", VERSION)

    assert versions.present == "old"


def test_without_a_new_one_the_present_one_is_tried_and_stays() -> None:
    versions, slack = MemorySecretVersions("old"), Slack({"old"})

    for step in STEPS:
        rotate(versions, slack)(step, VERSION)

    assert versions.present == "old"
    assert [webhook for webhook, _ in slack.posted] == ["old"]
