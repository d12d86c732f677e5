"""What every use case stands on: the store, the ledger in it, upstream, the clocks.

A provider is annotated with the port it stands for: there mypy holds the adapter
against the port.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from threading import Event
from typing import TYPE_CHECKING
from uuid import uuid4

from adapters.ledger.documents import StoredDocuments
from adapters.ledger.event_log import StoredEventLog
from adapters.ledger.generations import StoredGenerations
from adapters.ledger.hash_file import StoredHashFile
from adapters.pacing import Pacing
from adapters.retry import Backoff
from adapters.s3 import pace
from adapters.system_clock import StoppableClock, SystemClock
from adapters.telemetry.counted_log import CountedLog
from application.probe_store import ProbeStore
from application.run import Runs
from domain.cloud_config import CloudConfig
from domain.config import SyncConfig
from domain.words import RunKind
from entrypoints.injector import containers, providers
from entrypoints.stores import (
    CountedStore,
    open_public_objects,
    open_served,
    open_store,
    readers_of,
    tell_written,
)
from entrypoints.upstream import (
    open_catalog,
    open_documents,
    open_http,
    open_pacing,
    open_registry,
    open_spool,
)
from ports.api_documents import ApiDocuments
from ports.bottle_source import BottleSource
from ports.catalog import CatalogSource
from ports.clock import Clock
from ports.documents import Documents
from ports.event_log import EventLog
from ports.generations import Generations
from ports.hash_file import HashFile
from ports.metrics import Metrics
from ports.progress import Progress
from ports.public_objects import PublicObjects
from ports.served_objects import ServedObjects
from ports.spool import Spool

if TYPE_CHECKING:
    from adapters.homebrew.http import HttpClient


def new_id() -> str:
    """Return a new UUID."""
    return str(uuid4())


class Foundation(containers.DeclarativeContainer):
    """The adapters of one mirror, as its configuration describes it.

    What differs from entry point to entry point is a ``Dependency``. What is built on
    this inherits it, and replaces nothing of it: a provider that a subclass replaces
    would be replaced in the subclass alone, and everything here would go on with the
    one that it was declared with.
    """

    config: providers.Dependency[SyncConfig] = providers.Dependency(
        instance_of=SyncConfig
    )
    progress: providers.Dependency[Progress] = providers.Dependency()
    metrics: providers.Dependency[Metrics] = providers.Dependency()
    stop: providers.Dependency[Event] = providers.Dependency(instance_of=Event)
    kind: providers.Dependency[RunKind] = providers.Dependency(default="local")
    cloud: providers.Dependency[CloudConfig] = providers.Dependency(
        instance_of=CloudConfig
    )
    patience: providers.Dependency[float] = providers.Dependency(default=0.0)

    clock: providers.Provider[Clock] = providers.Singleton(SystemClock)
    # Who waits for upstream is woken by a stop; who records what was stored is not.
    upstream_clock: providers.Provider[Clock] = providers.Singleton(
        StoppableClock, stop=stop
    )
    chance: providers.Provider[Callable[[], float]] = providers.Object(random.random)
    backoff: providers.Provider[Backoff] = providers.Singleton(
        Backoff, attempts=config.provided.retry_attempts
    )

    # What all hands that work for this process keep to, too.
    store_pacing: providers.Provider[Pacing] = providers.Singleton(pace.store_pacing)
    upstream_pacing: providers.Provider[Pacing] = providers.Singleton(
        open_pacing, clock=upstream_clock, chance=chance
    )

    store: providers.Provider[CountedStore] = providers.Singleton(
        open_store, config=config, pacing=store_pacing
    )
    public_objects: providers.Provider[PublicObjects] = providers.Singleton(
        open_public_objects, store
    )
    readers: providers.Provider[int] = providers.Callable(readers_of, config)
    stored_log: providers.Provider[StoredEventLog] = providers.Singleton(
        StoredEventLog,
        store=store,
        clock=clock,
        backoff=backoff,
        chance=chance,
        readers=readers,
    )
    event_log: providers.Provider[EventLog] = providers.Singleton(
        CountedLog, log=stored_log, metrics=metrics
    )
    hash_file: providers.Provider[HashFile] = providers.Singleton(
        StoredHashFile, store=store, clock=clock, backoff=backoff, chance=chance
    )
    documents: providers.Provider[Documents] = providers.Singleton(
        StoredDocuments, store=store, clock=clock, backoff=backoff, chance=chance
    )

    http: providers.Provider[HttpClient] = providers.Singleton(
        open_http,
        config=config,
        clock=upstream_clock,
        chance=chance,
        metrics=metrics,
        pacing=upstream_pacing,
    )
    catalog: providers.Provider[CatalogSource] = providers.Singleton(
        open_catalog, config=config, http=http
    )
    api_documents: providers.Provider[ApiDocuments] = providers.Singleton(
        open_documents, config=config, http=http
    )
    served: providers.Provider[ServedObjects] = providers.Singleton(
        open_served, config=config
    )
    generations: providers.Provider[Generations] = providers.Singleton(
        StoredGenerations,
        store=store,
        objects=public_objects,
        written_at=providers.Callable(tell_written, served.provider),
    )
    spool: providers.Provider[Spool] = providers.Singleton(
        open_spool, cloud=cloud, clock=clock, progress=progress
    )
    bottle_source: providers.Provider[BottleSource] = providers.Singleton(
        open_registry,
        config=config,
        http=http,
        clock=upstream_clock,
        chance=chance,
        spool=spool,
    )
    probe_store: providers.Provider[ProbeStore] = providers.Factory(
        ProbeStore, store=store, new_id=providers.Object(new_id)
    )
    runs: providers.Provider[Runs] = providers.Factory(
        Runs,
        log=event_log,
        hash_file=hash_file,
        documents=documents,
        clock=clock,
        new_id=providers.Object(new_id),
        kind=kind,
        size_threshold=config.provided.size_threshold,
        require_fit=probe_store.provided.require_fit,
    )
