"""What everything is made of: the adapters, and the use cases that use them.

A provider is annotated with the port it stands for: there mypy holds the adapter
against the port. Vendors are imported by the functions that need them, so that a
run on a folder never waits for boto3.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from importlib.metadata import version
from threading import Event
from typing import TYPE_CHECKING, Final, Protocol
from uuid import uuid4

from dependency_injector import containers, providers

from adapters.ledger.documents import StoredDocuments
from adapters.ledger.event_log import StoredEventLog
from adapters.ledger.hash_file import StoredHashFile
from adapters.retry import Backoff
from adapters.system_clock import StoppableClock, SystemClock
from application.carry_out import CarryOut
from application.inspect_ledger import InspectLedger, RebuildHashFile
from application.plan_sync import PlanSync
from application.run import Runs
from application.sync_bottles import SyncBottles
from application.transfer import Transfer
from application.verify_mirror import VerifyMirror
from domain.config import BucketAddress, SyncConfig
from ports.bottle_source import BottleSource
from ports.catalog import CatalogSource
from ports.clock import Clock
from ports.documents import Documents
from ports.event_log import EventLog
from ports.hash_file import HashFile
from ports.progress import Progress
from ports.store import Store

if TYPE_CHECKING:
    from adapters.homebrew.http import HttpClient

DISTRIBUTION: Final = "homebrew-bottles-sync"

_AROUND_THE_JOBS: Final = 4
"""Connections beside those of the transfers: ledger, catalog, tokens."""


class CountedStore(Store, Protocol):
    """A store that counts its requests."""

    @property
    def requests(self) -> int:
        """How many requests it has answered so far."""
        raise NotImplementedError


def open_store(config: SyncConfig) -> CountedStore:
    """Return the store at the configured address. Nothing is written, nor asked."""
    address = config.store
    if isinstance(address, BucketAddress):
        from adapters.s3.store import S3Store  # noqa: PLC0415 - boto3 is slow

        return S3Store(
            address.bucket,
            address.prefix,
            region=config.aws_region,
            pool_size=config.jobs + _AROUND_THE_JOBS,
            retry_attempts=config.retry_attempts,
        )
    from pathlib import Path  # noqa: PLC0415

    from adapters.folder.store import FolderStore  # noqa: PLC0415

    return FolderStore(Path(address.path))


def open_http(
    config: SyncConfig, clock: Clock, chance: Callable[[], float]
) -> HttpClient:
    """Return the client that asks upstream for everything, at one pace."""
    from adapters.homebrew.http import (  # noqa: PLC0415 - requests is slow
        HttpClient,
        Patience,
    )

    return HttpClient(
        clock,
        chance,
        pool_size=config.jobs + _AROUND_THE_JOBS,
        user_agent=user_agent(),
        patience=Patience(Backoff(attempts=config.retry_attempts)),
    )


def open_catalog(config: SyncConfig, http: HttpClient) -> CatalogSource:
    """Return the configured catalog."""
    from adapters.homebrew.catalog import (  # noqa: PLC0415 - requests is slow
        HomebrewCatalog,
    )

    return HomebrewCatalog(
        http, config.catalog, config.api_domain, config.api_public_key
    )


def open_registry(
    config: SyncConfig, http: HttpClient, clock: Clock, chance: Callable[[], float]
) -> BottleSource:
    """Return the configured registry."""
    from adapters.homebrew.bottles import GhcrBottles  # noqa: PLC0415 - requests is slow

    return GhcrBottles(
        http, clock, chance, registry=config.registry, token=config.registry_token
    )


def user_agent() -> str:
    """Return what this program calls itself to servers."""
    return f"{DISTRIBUTION}/{version(DISTRIBUTION)}"


def new_id() -> str:
    """Return a new UUID."""
    return str(uuid4())


class MirrorContainer(containers.DeclarativeContainer):
    """One mirror, as its configuration describes it.

    What differs from entry point to entry point is a ``Dependency``, which an entry
    point's own container fills. It does not inherit from this one: a provider that
    a subclass replaces would be replaced in the subclass alone, and everything here
    would go on with the one that it was declared with.
    """

    config: providers.Dependency[SyncConfig] = providers.Dependency(
        instance_of=SyncConfig
    )
    progress: providers.Dependency[Progress] = providers.Dependency()
    stop: providers.Dependency[Event] = providers.Dependency(instance_of=Event)

    clock: providers.Provider[Clock] = providers.Singleton(SystemClock)
    # Who waits for upstream is woken by a stop; who records what was stored is not.
    upstream_clock: providers.Provider[Clock] = providers.Singleton(
        StoppableClock, stop=stop
    )
    chance: providers.Provider[Callable[[], float]] = providers.Object(random.random)
    backoff: providers.Provider[Backoff] = providers.Singleton(
        Backoff, attempts=config.provided.retry_attempts
    )

    store: providers.Provider[CountedStore] = providers.Singleton(
        open_store, config=config
    )
    event_log: providers.Provider[EventLog] = providers.Singleton(
        StoredEventLog, store=store, clock=clock, backoff=backoff, chance=chance
    )
    hash_file: providers.Provider[HashFile] = providers.Singleton(
        StoredHashFile, store=store, clock=clock, backoff=backoff, chance=chance
    )
    documents: providers.Provider[Documents] = providers.Singleton(
        StoredDocuments, store=store, clock=clock, backoff=backoff, chance=chance
    )

    http: providers.Provider[HttpClient] = providers.Singleton(
        open_http, config=config, clock=upstream_clock, chance=chance
    )
    catalog: providers.Provider[CatalogSource] = providers.Singleton(
        open_catalog, config=config, http=http
    )
    bottle_source: providers.Provider[BottleSource] = providers.Singleton(
        open_registry,
        config=config,
        http=http,
        clock=upstream_clock,
        chance=chance,
    )

    plan_sync: providers.Provider[PlanSync] = providers.Factory(
        PlanSync,
        catalog=catalog,
        sizes=bottle_source,
        progress=progress,
        jobs=config.provided.jobs,
    )
    transfer: providers.Provider[Transfer] = providers.Factory(
        Transfer,
        source=bottle_source,
        store=store,
        clock=upstream_clock,
        progress=progress,
        attempts=config.provided.retry_attempts,
        chance=chance,
        stop=stop,
    )
    carry_out: providers.Provider[CarryOut] = providers.Factory(
        CarryOut, transfer=transfer, clock=clock, jobs=config.provided.jobs
    )
    runs: providers.Provider[Runs] = providers.Factory(
        Runs,
        log=event_log,
        hash_file=hash_file,
        documents=documents,
        clock=clock,
        new_id=providers.Object(new_id),
        kind="local",
        size_threshold=config.provided.size_threshold,
    )
    sync_bottles: providers.Provider[SyncBottles] = providers.Factory(
        SyncBottles,
        plan_sync=plan_sync,
        carry_out=carry_out,
        runs=runs,
        progress=progress,
    )
    verify_mirror: providers.Provider[VerifyMirror] = providers.Factory(
        VerifyMirror,
        store=store,
        carry_out=carry_out,
        runs=runs,
        progress=progress,
        jobs=config.provided.jobs,
    )
    inspect_ledger: providers.Provider[InspectLedger] = providers.Factory(
        InspectLedger, log=event_log
    )
    rebuild_hash_file: providers.Provider[RebuildHashFile] = providers.Factory(
        RebuildHashFile, inspect=inspect_ledger, hash_file=hash_file
    )
