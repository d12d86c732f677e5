"""Opening the ways to people, and the secrets that open them.

Nothing is asked of anybody before there is something to send: that a secret cannot be
read is a failure of the message, and of nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from adapters.memory.secret import KnownSecret
from adapters.retry import Backoff
from application.announce import Announce
from domain.arn import region_of
from domain.cloud_config import CloudConfig
from domain.config import SyncConfig
from entrypoints.user_agent import user_agent
from ports.clock import Clock
from ports.metrics import Metrics
from ports.notifier import Notifier
from ports.progress import Progress
from ports.secret import Secret
from ports.secret_versions import SecretVersions

if TYPE_CHECKING:
    from adapters.aws.client import Aws


def open_ways(
    cloud: CloudConfig, config: SyncConfig, clock: Clock, chance: Callable[[], float]
) -> Mapping[str, Notifier]:
    """Return every way to people that is configured, by what it is called."""
    if not cloud.enable_notifications:
        return {}
    ways: dict[str, Notifier] = {}
    slack = open_slack(cloud, config, clock, chance)
    if slack is not None:
        ways["Slack"] = slack
    topic = cloud.notification_topic_arn
    if topic is not None:
        from adapters.sns import SnsNotifier  # noqa: PLC0415 - boto3 is slow

        ways[topic] = SnsNotifier(_open_to_tell(topic, config), topic)
    return ways


def announce_over(
    ways: Mapping[str, Notifier], metrics: Metrics, progress: Progress
) -> Announce:
    """Return what tells people over all of ``ways``."""
    return Announce(tuple(ways.values()), metrics, progress)


def open_slack(
    cloud: CloudConfig, config: SyncConfig, clock: Clock, chance: Callable[[], float]
) -> Notifier | None:
    """Return the way to Slack, None when no webhook is configured."""
    webhook: Secret
    if cloud.slack_webhook_url is not None:
        webhook = KnownSecret(cloud.slack_webhook_url)
    elif cloud.slack_webhook_secret_id is not None:
        webhook = _open_webhook(cloud.slack_webhook_secret_id, config)
    else:
        return None
    return slack_over(config, clock, chance)(webhook)


def slack_over(
    config: SyncConfig, clock: Clock, chance: Callable[[], float]
) -> Callable[[Secret], Notifier]:
    """Return what makes of a webhook a way to Slack."""

    def opened(webhook: Secret) -> Notifier:
        from adapters.slack.notifier import (  # noqa: PLC0415 - requests is slow
            Patience,
            SlackNotifier,
        )

        patience = Patience(Backoff(attempts=config.retry_attempts))
        return SlackNotifier(
            webhook, clock, chance, user_agent=user_agent(), patience=patience
        )

    return opened


def open_webhook_versions(name: str, config: SyncConfig) -> SecretVersions:
    """Return the versions of a webhook that AWS Secrets Manager keeps."""
    from adapters.secrets import (  # noqa: PLC0415 - boto3 is slow
        WEBHOOK,
        ManagedSecretVersions,
    )

    return ManagedSecretVersions(_open_aws(name, config), name, WEBHOOK)


def open_token(name: str, config: SyncConfig) -> Secret:
    """Return a token that AWS Secrets Manager keeps."""
    from adapters.secrets import TOKEN, ManagedSecret  # noqa: PLC0415 - boto3 is slow

    return ManagedSecret(_open_aws(name, config), name, TOKEN)


def _open_webhook(name: str, config: SyncConfig) -> Secret:
    from adapters.secrets import WEBHOOK, ManagedSecret  # noqa: PLC0415 - boto3 is slow

    return ManagedSecret(_open_to_tell(name, config), name, WEBHOOK)


def _open_aws(name: str, config: SyncConfig) -> Aws:
    """Return AWS in the region that ``name`` names, or in the configured one."""
    from adapters.aws.client import Aws  # noqa: PLC0415 - boto3 is slow

    return Aws(region_of(name) or config.aws_region, config.retry_attempts)


def _open_to_tell(name: str, config: SyncConfig) -> Aws:
    """Return the same where it only serves to tell people, who may not answer."""
    from adapters.aws.client import FOR_MESSAGES, Aws  # noqa: PLC0415 - boto3 is slow

    region = region_of(name) or config.aws_region
    return Aws(region, config.retry_attempts, FOR_MESSAGES)
