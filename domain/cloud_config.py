"""The configuration of what is deployed, and of who is told about it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Final
from urllib.parse import urlsplit

from domain.errors import InvalidValueError
from domain.secret import parse_secret_id
from domain.urls import is_loopback

LOG_LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")

# The longest name that is made of it is a role's, of 64 characters at most.
_PROJECT = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,39}")
# It is the value of a dimension of every metric.
_ENVIRONMENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_TOPIC = re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}")
_STATE_MACHINE = re.compile(
    r"arn:aws[a-z-]*:states:[a-z0-9-]+:[0-9]{12}:stateMachine:[A-Za-z0-9_-]{1,80}"
)
_NOT_IN_A_WEBHOOK = re.compile(r"[\s#\\\x00-\x1f\x7f]")


def parse_webhook(text: str) -> str:
    """Return ``text``, which is the URL of an incoming webhook.

    Raises:
        InvalidValueError: It is not https, nor http to this machine itself. Whoever
            knows a webhook can write to its channel: nothing of it is repeated.
    """
    if not _is_webhook(text):
        raise InvalidValueError(
            "webhook",
            "…",
            "https://host/path (http:// is accepted for loopback addresses only)",
        )
    return text


def _is_webhook(text: str) -> bool:
    try:
        parts = urlsplit(text)
        # The port is not needed, but it too is only read when it is asked for.
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if not host or parts.username is not None or _NOT_IN_A_WEBHOOK.search(text):
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))


@dataclass(frozen=True, slots=True)
class CloudConfig:
    """What the parts of a deployed mirror are called, and whom they tell.

    Attributes:
        project_name: What the name of everything that is deployed begins with.
        environment: Which of several mirrors this is, in messages and metrics.
        slack_webhook_url: Opens a channel to whoever knows it; never shown.
        slack_webhook_secret_id: The secret that holds such a URL.
        notification_topic_arn: The SNS topic that is told the same.
        state_machine_arn: Of the state machine that runs ECS tasks.
        max_parallel_tasks: ECS tasks at a time.
        spool: A folder that keeps partly fetched large bottles; None keeps none.

    Raises:
        InvalidValueError: One of them cannot be what it is.
    """

    project_name: str = "homebrew-sync"
    environment: str = "prod"
    enable_notifications: bool = True
    slack_webhook_url: str | None = field(default=None, repr=False)
    slack_webhook_secret_id: str | None = None
    notification_topic_arn: str | None = None
    state_machine_arn: str | None = None
    max_parallel_tasks: int = 16
    log_level: str = "INFO"
    spool: PurePath | None = None

    def __post_init__(self) -> None:
        for name, value, shape, wanted in (
            (
                "project_name",
                self.project_name,
                _PROJECT,
                "up to 40 letters, digits and -, a letter first",
            ),
            (
                "environment",
                self.environment,
                _ENVIRONMENT,
                "up to 64 letters, digits and ._-, as prod",
            ),
            (
                "notification_topic_arn",
                self.notification_topic_arn,
                _TOPIC,
                "the ARN of an SNS topic, arn:aws:sns:REGION:ACCOUNT:NAME",
            ),
            (
                "state_machine_arn",
                self.state_machine_arn,
                _STATE_MACHINE,
                (
                    "the ARN of a state machine,"
                    " arn:aws:states:REGION:ACCOUNT:stateMachine:NAME"
                ),
            ),
        ):
            if value is not None and not shape.fullmatch(value):
                raise InvalidValueError(name, value, wanted)
        if self.slack_webhook_url is not None:
            parse_webhook(self.slack_webhook_url)
        if self.slack_webhook_secret_id is not None:
            parse_secret_id(self.slack_webhook_secret_id)
        if self.max_parallel_tasks < 1:
            raise InvalidValueError(
                "max_parallel_tasks", self.max_parallel_tasks, "1 or more"
            )
        if self.log_level.upper() not in LOG_LEVELS:
            raise InvalidValueError(
                "log_level", self.log_level, f"one of {', '.join(LOG_LEVELS)}"
            )
        object.__setattr__(self, "log_level", self.log_level.upper())

    @property
    def orchestrator_function(self) -> str:
        """The name of the Lambda function that plans runs and closes them."""
        return f"{self.project_name}-orchestrator"

    @property
    def worker_function(self) -> str:
        """The name of the Lambda function that mirrors bottles."""
        return f"{self.project_name}-worker"
