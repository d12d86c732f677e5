"""The topic's function, in AWS Lambda: passes on what is alarming, to Slack."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Callable
from functools import cache
from typing import Final, TextIO

from adapters.alert_codec import decode_alerts
from adapters.configuration_sources import environment
from adapters.system_clock import SystemClock
from adapters.telemetry.embedded_metrics import EmbeddedMetrics
from adapters.telemetry.log_lines import LogLines
from domain.cloud_config import CloudConfig
from domain.config import SyncConfig
from entrypoints.cloud.invocation import logged, mistakes_logged
from entrypoints.cloud.settings import checked
from entrypoints.injector import containers, providers
from entrypoints.notifying import open_slack
from ports.clock import Clock
from ports.errors import PortError
from ports.metrics import Metrics
from ports.notifier import Notifier

_WEBHOOK: Final = ("slack_webhook_secret_id", "slack_webhook_url")


class AlarmContainer(containers.DeclarativeContainer):
    """The way to Slack, and nothing of the mirror."""

    config: providers.Dependency[SyncConfig] = providers.Dependency(
        instance_of=SyncConfig
    )
    cloud: providers.Dependency[CloudConfig] = providers.Dependency(
        instance_of=CloudConfig
    )
    stream: providers.Provider[TextIO] = providers.Callable(lambda: sys.stdout)
    clock: providers.Provider[Clock] = providers.Singleton(SystemClock)
    chance: providers.Provider[Callable[[], float]] = providers.Object(random.random)
    lines: providers.Provider[LogLines] = providers.Singleton(
        LogLines, stream, cloud.provided.log_level
    )
    metrics: providers.Provider[Metrics] = providers.Singleton(
        EmbeddedMetrics, stream, cloud.provided.environment
    )
    slack: providers.Provider[Notifier | None] = providers.Singleton(
        open_slack, cloud=cloud, config=config, clock=clock, chance=chance
    )


def handler(event: object, _context: object) -> dict[str, int]:
    """Pass on what SNS hands over, and tell how many messages that were.

    Raises:
        ConfigurationError: The environment names no webhook, or is wrong.
        PortError: It is nothing of SNS's, or Slack has not taken it. Lambda hands it
            over again, twice, as it does whatever a topic sends.
    """
    container = _container()
    metrics = container.metrics()
    with logged(container.lines(), metrics):
        cloud, slack = container.cloud(), container.slack()
        alerts = decode_alerts(event, cloud.environment)
        if slack is None or not cloud.enable_notifications:
            return {"told": 0}
        for message in alerts:
            try:
                slack.send(message)
            except PortError:
                metrics.add("NotificationFailures", 1)
                raise
            container.lines().info(f"told Slack: {message.title}")
        return {"told": len(alerts)}


@cache
def _container() -> AlarmContainer:
    # Once for each execution environment, so that the webhook's secret is read once;
    # and not at import, for a wrong environment has to fail an invocation.
    given = environment(os.environ)
    missing = []
    if given.values.keys().isdisjoint(_WEBHOOK):
        variable = given.spelt(_WEBHOOK[0])
        missing = [f"environment {variable}: is missing: it names Slack's webhook"]
    with mistakes_logged():
        configured = checked(given, missing)
    container = AlarmContainer(config=configured.config, cloud=configured.cloud)
    container.check_dependencies()
    return container
