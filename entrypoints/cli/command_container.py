"""What every command is made of: its settings, its voice, and how it is stopped."""

from __future__ import annotations

import sys
from dataclasses import dataclass

from adapters.memory.metrics import NoMetrics
from adapters.memory.progress import SilentProgress
from adapters.system_clock import SystemClock
from adapters.terminal.plain_progress import PlainProgress
from domain.cloud_config import CloudConfig
from domain.config import SyncConfig
from entrypoints.cli.interruption import StopFlag
from entrypoints.injector import containers, providers
from ports.clock import Clock
from ports.metrics import Metrics
from ports.progress import Progress


@dataclass(frozen=True, slots=True)
class Manner:
    """How much is told on standard error while a command works."""

    quiet: bool = False
    verbose: bool = False


def open_progress(manner: Manner, clock: Clock) -> Progress:
    """Return bars on a terminal, plain lines elsewhere, nothing for the quiet."""
    if manner.quiet:
        return SilentProgress()
    if not sys.stderr.isatty():
        return PlainProgress(sys.stderr, clock, verbose=manner.verbose)
    # A pipe or a log pays nothing for rich.
    from rich.console import Console

    from adapters.terminal.rich_progress import RichProgress

    return RichProgress(Console(stderr=True), clock, verbose=manner.verbose)


class CommandContainer(containers.DeclarativeContainer):
    """A command, whatever it does; each kind adds to it, and replaces nothing."""

    config: providers.Dependency[SyncConfig] = providers.Dependency(
        instance_of=SyncConfig
    )
    cloud: providers.Dependency[CloudConfig] = providers.Dependency(
        instance_of=CloudConfig
    )
    manner: providers.Dependency[Manner] = providers.Dependency(instance_of=Manner)

    clock: providers.Provider[Clock] = providers.Singleton(SystemClock)
    stop: providers.Provider[StopFlag] = providers.Singleton(StopFlag)
    progress: providers.Provider[Progress] = providers.Singleton(
        open_progress, manner=manner, clock=clock
    )
    metrics: providers.Provider[Metrics] = providers.Singleton(NoMetrics)
