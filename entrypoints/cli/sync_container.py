"""The container of ``bottles sync``: it has nothing that looks after a mirror."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from typing import TYPE_CHECKING

from adapters.pacing import Pacing
from application.announced_sync import AnnouncedSync
from application.carry_out import OpenCrew
from application.transfer import Transfer
from entrypoints.cli.command_container import CommandContainer
from entrypoints.injector import providers
from entrypoints.notifying import announce_over, open_ways
from entrypoints.stores import CountedStore
from entrypoints.syncing import Syncing
from ports.notifier import Notifier

if TYPE_CHECKING:
    from adapters.homebrew.http import HttpClient


class SyncContainer(CommandContainer):
    """The mirror of a command that syncs."""

    mirror = providers.Container(
        Syncing,
        config=CommandContainer.config,
        clock=CommandContainer.clock,
        progress=CommandContainer.progress,
        metrics=CommandContainer.metrics,
        stop=CommandContainer.stop,
        cloud=CommandContainer.cloud,
    )

    store: providers.Provider[CountedStore] = mirror.store
    http: providers.Provider[HttpClient] = mirror.http
    store_pacing: providers.Provider[Pacing] = mirror.store_pacing
    upstream_pacing: providers.Provider[Pacing] = mirror.upstream_pacing
    transfer: providers.Provider[Transfer] = mirror.transfer
    open_crew: providers.Provider[OpenCrew] = mirror.open_crew
    ways: providers.Provider[Mapping[str, Notifier]] = providers.Singleton(
        open_ways,
        cloud=CommandContainer.cloud,
        config=CommandContainer.config,
        clock=mirror.upstream_clock,
        chance=mirror.chance,
    )
    announced_sync: providers.Provider[AnnouncedSync] = providers.Factory(
        AnnouncedSync,
        sync=mirror.sync_bottles,
        announce=providers.Factory(
            announce_over,
            ways=ways,
            metrics=CommandContainer.metrics,
            progress=CommandContainer.progress,
        ),
        clock=CommandContainer.clock,
        environment=CommandContainer.cloud.provided.environment,
        store=providers.Callable(str, CommandContainer.config.provided.store),
        logs=f"what bottles sync wrote to standard error on {platform.node()}",
    )
