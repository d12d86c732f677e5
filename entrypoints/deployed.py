"""Opening what is deployed: its parts, its lines, its dead letters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from domain.cloud_config import CloudConfig
from domain.config import SyncConfig

if TYPE_CHECKING:
    from adapters.aws.client import Aws
    from ports.cloud_lines import CloudLines
    from ports.dead_letters import DeadLetters
    from ports.deployment import Deployment


def open_aws(config: SyncConfig) -> Aws:
    """Return AWS in the configured region. Nothing is asked yet."""
    from adapters.aws.client import Aws  # noqa: PLC0415 - boto3 is slow

    return Aws(config.aws_region, config.retry_attempts)


def open_deployment(aws: Aws, cloud: CloudConfig) -> Deployment:
    """Return what is deployed under the configured name."""
    from adapters.aws_deployment import AwsDeployment  # noqa: PLC0415 - boto3 is slow

    return AwsDeployment(aws, cloud.project_name, cloud.state_machine_arn)


def open_lines(aws: Aws, cloud: CloudConfig) -> CloudLines:
    """Return the lines of what is deployed."""
    from adapters.aws_lines import AwsLines  # noqa: PLC0415 - boto3 is slow

    return AwsLines(aws, cloud.project_name)


def open_dead_letters(aws: Aws, cloud: CloudConfig) -> DeadLetters:
    """Return the dead letters of what is deployed."""
    from adapters.aws_dead_letters import (  # noqa: PLC0415 - boto3 is slow
        SqsDeadLetters,
    )

    return SqsDeadLetters(aws, cloud.project_name)
