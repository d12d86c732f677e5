"""Opening what lies outside of the mirror: upstream, and other mirrors' hash files.

Vendors are imported by the functions that need them, so that a run on a folder never
waits for boto3.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from adapters.memory.external import NoHashFile
from adapters.memory.spool import NoSpool
from adapters.pacing import Pacing
from adapters.retry import Backoff
from adapters.spool.bottles import SpooledBottles
from adapters.spool.parts import Parts
from application.read_documents import ReadDocuments
from domain.cloud_config import CloudConfig
from domain.config import (
    ExternalObject,
    ExternalPath,
    ExternalSource,
    ExternalUrl,
    SyncConfig,
)
from domain.errors import InvalidValueError
from domain.secret import parse_token
from entrypoints.notifying import open_token
from entrypoints.stores import AROUND_THE_JOBS
from entrypoints.user_agent import user_agent
from ports.api_documents import ApiDocuments
from ports.bottle_source import BottleSource
from ports.catalog import CatalogSource
from ports.clock import Clock
from ports.errors import MalformedError
from ports.external_hash_file import ExternalHashFile
from ports.metrics import Metrics
from ports.mirror_client import MirrorClient
from ports.progress import Progress
from ports.spool import Spool

if TYPE_CHECKING:
    from adapters.homebrew.http import HttpClient


def open_pacing(clock: Clock, chance: Callable[[], float]) -> Pacing:
    """Return the pace that upstream is asked at, before it has complained."""
    return Pacing(clock, chance, longest=Backoff().longest)


def open_http(
    config: SyncConfig,
    clock: Clock,
    chance: Callable[[], float],
    metrics: Metrics,
    pacing: Pacing,
) -> HttpClient:
    """Return the client that asks upstream for everything, at one pace."""
    from adapters.homebrew.http import (  # noqa: PLC0415 - requests is slow
        HttpClient,
        Patience,
    )

    return HttpClient(
        clock,
        chance,
        pool_size=config.jobs + AROUND_THE_JOBS,
        user_agent=user_agent(),
        metrics=metrics,
        patience=Patience(Backoff(attempts=config.retry_attempts)),
        pacing=pacing,
    )


def open_catalog(config: SyncConfig, http: HttpClient) -> CatalogSource:
    """Return the configured catalog."""
    from adapters.homebrew.catalog import (  # noqa: PLC0415 - requests is slow
        HomebrewCatalog,
    )

    return HomebrewCatalog(
        http, config.catalog, config.api_domain, config.api_public_key
    )


def open_documents(config: SyncConfig, http: HttpClient) -> ApiDocuments:
    """Return the documents of the API that are published beside the catalog."""
    from adapters.homebrew.documents import (  # noqa: PLC0415 - requests is slow
        HomebrewDocuments,
    )

    return HomebrewDocuments(http, config.api_domain, config.api_public_key)


def reader_of(
    config: SyncConfig, open_reader: Callable[[], ReadDocuments]
) -> ReadDocuments | None:
    """Return what reads the documents that are published; None where none are."""
    return open_reader() if config.mirrors_api else None


def open_mirror(url: str, config: SyncConfig, http: HttpClient) -> MirrorClient:
    """Return the mirror at a URL, to be asked as brew asks it. Nothing is asked yet.

    Raises:
        MalformedError: It is no URL.
        RefusedError: It is one that may not be asked.
    """
    from adapters.homebrew.addresses import (  # noqa: PLC0415 - requests is slow
        parse_address,
    )
    from adapters.homebrew.mirror import HttpMirror  # noqa: PLC0415 - requests is slow

    parse_address(url, "ask a mirror")
    return HttpMirror(http, url, config.api_public_key)


def open_spool(cloud: CloudConfig, clock: Clock, progress: Progress) -> Spool:
    """Return the configured spool. Nothing is written, nor looked for."""
    if cloud.spool is None:
        return NoSpool()
    return Parts(Path(cloud.spool), clock, progress)


def open_registry(
    config: SyncConfig,
    http: HttpClient,
    clock: Clock,
    chance: Callable[[], float],
    *,
    spool: Spool,
) -> BottleSource:
    """Return the configured registry, its large bottles through ``spool``.

    Raises:
        PortError: The secret that holds its token cannot be read.
    """
    from adapters.homebrew.bottles import GhcrBottles  # noqa: PLC0415 - requests is slow

    registry = GhcrBottles(
        http,
        clock,
        chance,
        registry=config.registry,
        token=open_secret_token(
            config.registry_token, config.registry_token_secret_id, config
        ),
        keep_indexes=bool(config.exposure.views),
    )
    return SpooledBottles(registry, spool) if isinstance(spool, Parts) else registry


def open_secret_token(
    given: str | None, name: str | None, config: SyncConfig
) -> str | None:
    """Return a token: what the secret ``name`` holds, else the one that is given.

    Raises:
        PortError: The secret cannot be read, or holds no token.
    """
    if name is None:
        return given
    try:
        return parse_token(open_token(name, config)())
    except InvalidValueError as error:
        raise MalformedError(
            f"the secret {name}", f"it is not {error.wanted}"
        ) from error


def open_external(
    source: ExternalSource | None,
    config: SyncConfig,
    clock: Clock,
    chance: Callable[[], float],
) -> ExternalHashFile:
    """Return the hash file of another mirror; None is that of no mirror."""
    match source:
        case ExternalObject():
            from adapters.s3.external import S3HashFile  # noqa: PLC0415 - boto3 is slow

            return S3HashFile(
                source.bucket,
                source.key,
                clock,
                region=config.aws_region,
                retry_attempts=config.retry_attempts,
            )
        case ExternalUrl():
            from adapters.external.https import (  # noqa: PLC0415 - requests is slow
                HttpsHashFile,
                Limits,
            )

            limits = Limits(backoff=Backoff(attempts=config.retry_attempts))
            return HttpsHashFile(
                source, clock, chance, user_agent=user_agent(), limits=limits
            )
        case ExternalPath():
            from adapters.external.local import LocalHashFile  # noqa: PLC0415

            return LocalHashFile(Path(source.path), clock)
        case None:
            return NoHashFile()
