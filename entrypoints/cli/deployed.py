"""What looks at the deployed mirror, put together: no other command waits for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from application.follow_lines import FollowLines
from application.inspect_cloud import InspectCloud
from application.redrive import Redrive
from entrypoints.deployed import (
    open_aws,
    open_dead_letters,
    open_deployment,
    open_lines,
)
from entrypoints.injector import containers, providers
from ports.cloud_lines import CloudLines
from ports.dead_letters import DeadLetters
from ports.deployment import Deployment

if TYPE_CHECKING:
    from adapters.aws.client import Aws


class DeployedContainer(containers.DeclarativeContainer):
    """The deployed mirror, beside the mirror of the command."""

    mirror = providers.DependenciesContainer()

    aws: providers.Provider[Aws] = providers.Singleton(open_aws, mirror.config)
    deployment: providers.Provider[Deployment] = providers.Singleton(
        open_deployment, aws, mirror.cloud
    )
    lines: providers.Provider[CloudLines] = providers.Singleton(
        open_lines, aws, mirror.cloud
    )
    dead_letters: providers.Provider[DeadLetters] = providers.Singleton(
        open_dead_letters, aws, mirror.cloud
    )
    inspect_cloud: providers.Provider[InspectCloud] = providers.Factory(
        InspectCloud,
        log=mirror.event_log.provider,
        hash_file=mirror.hash_file.provider,
        deployment=deployment,
        dead_letters=dead_letters,
        clock=mirror.clock,
    )
    follow_lines: providers.Provider[FollowLines] = providers.Factory(
        FollowLines, lines=lines, clock=mirror.clock
    )
    redrive: providers.Provider[Redrive] = providers.Factory(
        Redrive, letters=dead_letters
    )
