"""The worker on ECS, to which a bottle of some megabytes is a large one."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, cast

from dependency_injector import providers

from adapters.spool.bottles import SpooledBottles
from adapters.spool.parts import Parts
from domain.cloud_config import CloudConfig
from domain.config import SyncConfig
from entrypoints import ecs_worker
from entrypoints.ecs_worker import EcsWorkerContainer

LARGE: Final = 10_000_000
"""Bytes, where the worker itself has a hundred times as many."""
BLOCK: Final = 1_000_000


def scaled(config: SyncConfig, settings: CloudConfig) -> EcsWorkerContainer:
    """Return one task, the measures of its spool apart."""
    assert settings.spool is not None
    container = EcsWorkerContainer(
        config=config, settings=replace(settings, spool=None)
    )
    cloud, mirror = container.cloud, cast("Any", container.cloud.mirror)
    # SIGKILL leaves what was written, and a disk that is slow would be given up.
    parts = Parts(
        Path(settings.spool),
        cloud.clock(),
        cloud.progress(),
        block=BLOCK,
        sync=lambda _: None,
    )
    spooled = SpooledBottles(mirror.bottle_source(), parts, large=LARGE)
    mirror.spool.override(providers.Object(parts))
    mirror.bottle_source.override(providers.Object(spooled))
    return container


if __name__ == "__main__":
    ecs_worker.EcsWorkerContainer = scaled  # type: ignore[assignment, misc]
    sys.exit(ecs_worker.main())
