"""What the programs in the cloud are made of, beside the mirror itself."""

from __future__ import annotations

import sys
from collections.abc import Mapping, MutableSet
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING, Final, TextIO

from adapters.aws.client import Aws
from adapters.aws_ecs import EcsDispatcher
from adapters.aws_lambda import LambdaDispatcher
from adapters.system_clock import SystemClock
from adapters.telemetry.embedded_metrics import EmbeddedMetrics
from adapters.telemetry.log_lines import LogLines
from adapters.telemetry.logged_progress import LoggedProgress
from application.announce import Announce
from application.carry_out import CarryOut
from application.close_run import CloseRun
from application.keep_indexes import KeepIndexes
from application.patience import LONGEST
from application.prepare_sync import PrepareSync
from application.run import Runs
from application.salvage import Salvage
from application.tell_of_ends import TellOfEnds
from application.tell_of_run import TellOfRun
from domain.cloud_config import CloudConfig
from domain.config import SyncConfig
from domain.words import Route
from entrypoints.container import MirrorContainer
from entrypoints.injector import containers, providers
from entrypoints.notifying import announce_over, open_ways
from entrypoints.stores import CountedStore
from ports.clock import Clock
from ports.dispatcher import Dispatcher
from ports.event_log import EventLog
from ports.hash_file import HashFile
from ports.metrics import Metrics
from ports.notifier import Notifier
from ports.progress import Progress

if TYPE_CHECKING:
    from adapters.homebrew.http import HttpClient


_UNBEGUN: Final[set[str]] = set()
"""Lambda tries an event again in the process that failed at it, as a rule."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What a worker has used so far: it is counted with the run."""

    upstream: HttpClient
    store: CountedStore

    def __call__(self) -> Mapping[str, int]:
        """Return how many requests were sent, to whom."""
        return {"store": self.store.requests, "upstream": self.upstream.requests}


def by_route(lambdas: Dispatcher, ecs: Dispatcher) -> Mapping[Route, Dispatcher]:
    """Return who hands out orders, by what they are handed to."""
    return {"lambda": lambdas, "ecs": ecs}


def logs_of(cloud: CloudConfig) -> Mapping[str, str]:
    """Return where to read more, by what works on a run; ``none`` plans it."""
    return {
        "none": f"/aws/lambda/{cloud.orchestrator_function}",
        "lambda": f"/aws/lambda/{cloud.worker_function}",
        "ecs": f"/aws/ecs/{cloud.project_name}",
    }


def retry_of(cloud: CloudConfig) -> str:
    """Return the command that starts another run."""
    return (
        f"aws lambda invoke --function-name {cloud.orchestrator_function} --payload"
        ' \'{"source":"manual"}\' --cli-binary-format raw-in-base64-out answer.json'
    )


class CloudContainer(containers.DeclarativeContainer):
    """The mirror, its voice, and those who work on it, for one invocation."""

    config: providers.Dependency[SyncConfig] = providers.Dependency(
        instance_of=SyncConfig
    )
    cloud: providers.Dependency[CloudConfig] = providers.Dependency(
        instance_of=CloudConfig
    )
    stream: providers.Provider[TextIO] = providers.Callable(lambda: sys.stdout)

    clock: providers.Provider[Clock] = providers.Singleton(SystemClock)
    stop: providers.Provider[Event] = providers.Singleton(Event)
    lines: providers.Provider[LogLines] = providers.Singleton(
        LogLines, stream, cloud.provided.log_level
    )
    progress: providers.Provider[Progress] = providers.Singleton(
        LoggedProgress, lines, clock
    )
    metrics: providers.Provider[Metrics] = providers.Singleton(
        EmbeddedMetrics, stream, cloud.provided.environment
    )
    mirror = providers.Container(
        MirrorContainer,
        config=config,
        cloud=cloud,
        clock=clock,
        progress=progress,
        metrics=metrics,
        stop=stop,
        kind="cloud",
        patience=LONGEST,
    )

    aws: providers.Provider[Aws] = providers.Singleton(
        Aws, config.provided.aws_region, config.provided.retry_attempts
    )
    prepare_sync: providers.Provider[PrepareSync] = mirror.prepare_sync
    carry_out: providers.Provider[CarryOut] = mirror.carry_out
    keep_indexes: providers.Provider[KeepIndexes] = mirror.keep_indexes
    salvage: providers.Provider[Salvage] = providers.Factory(
        Salvage, store=mirror.store
    )
    runs: providers.Provider[Runs] = mirror.runs
    event_log: providers.Provider[EventLog] = mirror.event_log
    hash_file: providers.Provider[HashFile] = mirror.hash_file

    # Nobody is waited for once this program is told to leave.
    ways: providers.Provider[Mapping[str, Notifier]] = providers.Singleton(
        open_ways, cloud, config, mirror.upstream_clock, mirror.chance
    )
    announce: providers.Provider[Announce] = providers.Singleton(
        announce_over, ways, metrics, progress
    )
    # Not an object of the container, of which each invocation has a copy.
    unbegun: providers.Provider[MutableSet[str]] = providers.Callable(lambda: _UNBEGUN)
    tell: providers.Provider[TellOfRun] = providers.Factory(
        TellOfRun,
        announce=announce,
        clock=clock,
        environment=cloud.provided.environment,
        store=providers.Callable(str, config.provided.store),
        logs=providers.Callable(logs_of, cloud),
        retry=providers.Callable(retry_of, cloud),
        unbegun=unbegun,
    )
    ends: providers.Provider[TellOfEnds] = providers.Factory(
        TellOfEnds, runs=mirror.runs, tell=tell
    )
    close_run: providers.Provider[CloseRun] = providers.Factory(
        CloseRun,
        runs=mirror.runs,
        expose=mirror.expose_run,
        ends=ends,
        refresh_status=mirror.refresh_status,
        metrics=metrics,
        progress=progress,
    )
    lambda_workers: providers.Provider[Dispatcher] = providers.Singleton(
        LambdaDispatcher, aws, cloud.provided.worker_function
    )
    ecs_workers: providers.Provider[Dispatcher] = providers.Singleton(
        EcsDispatcher, aws, cloud.provided.state_machine_arn
    )
    dispatchers: providers.Provider[Mapping[Route, Dispatcher]] = providers.Callable(
        by_route, lambda_workers, ecs_workers
    )
    usage: providers.Provider[Usage] = providers.Singleton(
        Usage, upstream=mirror.http, store=mirror.store
    )
