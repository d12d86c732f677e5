"""A worker in AWS Lambda: carries out one order, and hands on what time leaves."""

from __future__ import annotations

import os
from typing import Protocol

from adapters.aws_lambda import LambdaCloser
from adapters.order_codec import decode_order
from application.work_shard import WorkShard
from domain.cloud_config import CloudConfig
from domain.config import SyncConfig
from entrypoints.cloud.container import CloudContainer
from entrypoints.cloud.invocation import configured_by, logged
from entrypoints.injector import containers, providers
from ports.dispatcher import Closer


class Context(Protocol):
    """What Lambda tells of an invocation."""

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until Lambda ends it."""
        raise NotImplementedError


class LambdaWorkerContainer(containers.DeclarativeContainer):
    """One invocation of the worker."""

    config: providers.Dependency[SyncConfig] = providers.Dependency(
        instance_of=SyncConfig
    )
    settings: providers.Dependency[CloudConfig] = providers.Dependency(
        instance_of=CloudConfig
    )
    cloud = providers.Container(CloudContainer, config=config, cloud=settings)

    closer: providers.Provider[Closer] = providers.Singleton(
        LambdaCloser, cloud.aws, settings.provided.orchestrator_function
    )
    work_shard: providers.Provider[WorkShard] = providers.Factory(
        WorkShard,
        carry_out=cloud.carry_out,
        salvage=cloud.salvage,
        runs=cloud.runs,
        route="lambda",
        dispatchers=cloud.dispatchers,
        closer=closer,
        tell=cloud.tell,
        used=cloud.usage,
        metrics=cloud.metrics,
        progress=cloud.progress,
    )


def handler(event: object, context: Context) -> dict[str, object]:
    """Carry out an order.

    Raises:
        MirrorError: It could not be carried out; the log says why.
    """
    configured = configured_by(os.environ, needed=("state_machine_arn",))
    container = LambdaWorkerContainer(
        config=configured.config, settings=configured.cloud
    )
    lines = container.cloud.lines()
    with logged(lines, container.cloud.metrics()):
        order = decode_order(event)
        lines.bind(run_id=order.run_id, shard=order.shard)
        work_shard = container.work_shard()
        # Only now: to open everything has taken its time.
        report = work_shard(order, context.get_remaining_time_in_millis() / 1000)
        lines.info(
            f"shard {order.shard}, attempt {order.attempt}: {report.ending}:"
            f" {report.reason}",
            **report.tally.counts,
        )
    return {
        "run_id": order.run_id,
        "shard": order.shard,
        "ending": report.ending,
        "left": report.left,
        **report.tally.counts,
    }
