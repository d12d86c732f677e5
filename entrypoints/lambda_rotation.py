"""The rotation of Slack's webhook, in AWS Lambda."""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Callable
from typing import Final, TextIO

from adapters.configuration_sources import environment
from adapters.rotation_codec import decode_rotation
from adapters.system_clock import SystemClock
from adapters.telemetry.embedded_metrics import EmbeddedMetrics
from adapters.telemetry.log_lines import LogLines
from application.rotate_webhook import RotateWebhook
from domain.cloud_config import CloudConfig
from domain.config import SyncConfig
from entrypoints.cloud.invocation import logged, mistakes_logged
from entrypoints.cloud.settings import checked
from entrypoints.injector import containers, providers
from entrypoints.notifying import open_webhook_versions, slack_over
from ports.clock import Clock
from ports.errors import RefusedError
from ports.metrics import Metrics
from ports.secret_versions import SecretVersions

_SECRET: Final = "slack_webhook_secret_id"  # noqa: S105 - the name of a setting


class RotationContainer(containers.DeclarativeContainer):
    """The webhook's secret and the way to Slack, and nothing of the mirror."""

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
    versions: providers.Provider[SecretVersions] = providers.Singleton(
        open_webhook_versions, cloud.provided.slack_webhook_secret_id, config
    )
    rotate: providers.Provider[RotateWebhook] = providers.Factory(
        RotateWebhook,
        versions=versions,
        way=providers.Callable(slack_over, config, clock, chance),
        environment=cloud.provided.environment,
    )


def handler(event: object, _context: object) -> dict[str, str]:
    """Take one step of the exchange, and tell which.

    Raises:
        ConfigurationError: The environment names no secret, or is wrong.
        PortError: It is nothing of Secrets Manager's, about another secret, or it could
            not be done: Secrets Manager tries again, and changes nothing until then.
    """
    given = environment(os.environ)
    missing = []
    if _SECRET not in given.values:
        variable = given.spelt(_SECRET)
        missing = [f"environment {variable}: is missing: it names the webhook's secret"]
    with mistakes_logged():
        configured = checked(given, missing)
    container = RotationContainer(config=configured.config, cloud=configured.cloud)
    lines = container.lines()
    with logged(lines, container.metrics()):
        rotation = decode_rotation(event)
        if rotation.secret != configured.cloud.slack_webhook_secret_id:
            # Its rights would not let it, and it is not to be tried.
            raise RefusedError(
                f"rotate the secret {rotation.secret}", "it is not the one configured"
            )
        container.rotate()(rotation.step, rotation.version)
        lines.info(f"rotation of the webhook: {rotation.step} is done")
    return {"step": rotation.step}
