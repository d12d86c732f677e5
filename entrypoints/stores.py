"""Opening what an address names: a store, its past, a copy of its log."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from adapters.ledger.custody import LogCopy
from domain.bottle import ObjectKey
from domain.config import BucketAddress, StoreAddress, SyncConfig, parse_store
from domain.errors import InvalidValueError
from ports.errors import NotFoundError
from ports.store import Store

if TYPE_CHECKING:
    from adapters.pacing import Pacing
    from adapters.retry import Backoff
    from ports.clock import Clock
    from ports.object_history import ObjectHistory
    from ports.public_objects import PublicObjects
    from ports.served_objects import ServedObjects
    from ports.status_page import StatusPage

_READERS: Final = 16
AROUND_THE_JOBS: Final = 4
"""Connections beside those of the transfers: ledger, catalog, tokens."""
SERVED_AT_ONCE: Final = 32
"""Answers that clients get at a time: brew asks for as many as twice its cores."""


class CountedStore(Store, Protocol):
    """A store that counts its requests, those for what clients read included."""

    @property
    def requests(self) -> int:
        """How many requests it has answered so far."""
        raise NotImplementedError

    def share(self, tell: Callable[[Any], None]) -> None:
        """Have ``tell`` told of digests that become known to this process."""
        raise NotImplementedError

    def hear(self, known: Any) -> None:  # noqa: ANN401 - what a store of a kind tells
        """Know what another process, with a store of the same kind, has found out."""
        raise NotImplementedError

    @property
    def public(self) -> PublicObjects:
        """What clients read of it."""
        raise NotImplementedError


def open_store(config: SyncConfig, pacing: Pacing) -> CountedStore:
    """Return the store at the configured address. Nothing is written, nor asked."""
    return open_store_at(config.store, config, pacing)


def open_store_at(
    address: StoreAddress, config: SyncConfig, pacing: Pacing | None = None
) -> CountedStore:
    """Return the store at an address, reached as ``config`` says."""
    if isinstance(address, BucketAddress):
        from adapters.s3.store import S3Store  # noqa: PLC0415 - boto3 is slow

        return S3Store(
            address.bucket,
            address.prefix,
            region=config.aws_region,
            pool_size=config.jobs + AROUND_THE_JOBS,
            retry_attempts=config.retry_attempts,
            pacing=pacing,
        )
    from adapters.folder.store import FolderStore  # noqa: PLC0415

    return FolderStore(Path(address.path))


def open_public_objects(store: CountedStore) -> PublicObjects:
    """Return what clients read of a store."""
    return store.public


def open_status_page(
    store: Store,
    objects: PublicObjects,
    clock: Clock,
    backoff: Backoff,
    chance: Callable[[], float],
) -> StatusPage:
    """Return the status page among what clients read of a store."""
    # Late: its templates and charts are loaded by whoever writes it.
    from adapters.status_page.page import StoredStatusPage  # noqa: PLC0415

    return StoredStatusPage(store, objects, clock, backoff, chance)


def readers_of(config: SyncConfig) -> int:
    """Return how many commits are asked for at a time: a folder's are at hand."""
    return _READERS if isinstance(config.store, BucketAddress) else 1


def open_history(config: SyncConfig) -> ObjectHistory:
    """Return the past of the configured store's objects."""
    address = config.store
    if isinstance(address, BucketAddress):
        from adapters.s3.history import S3History  # noqa: PLC0415 - boto3 is slow

        return S3History(
            address.bucket,
            address.prefix,
            region=config.aws_region,
            pool_size=config.jobs + AROUND_THE_JOBS,
            retry_attempts=config.retry_attempts,
        )
    from adapters.folder.history import FolderHistory  # noqa: PLC0415

    return FolderHistory(Path(address.path))


def open_served(config: SyncConfig) -> ServedObjects:
    """Return what clients may read of the configured store."""
    address = config.store
    if isinstance(address, BucketAddress):
        from adapters.s3.served import ServedBucket  # noqa: PLC0415 - boto3 is slow

        return ServedBucket(
            address.bucket,
            address.prefix,
            region=config.aws_region,
            pool_size=SERVED_AT_ONCE,
            retry_attempts=config.retry_attempts,
        )
    from adapters.folder.served import ServedFolder  # noqa: PLC0415

    return ServedFolder(Path(address.path))


def tell_written(
    open_objects: Callable[[], ServedObjects],
) -> Callable[[ObjectKey], datetime | None]:
    """Return what tells when an object was written; None when there is none."""

    def written_at(key: ObjectKey) -> datetime | None:
        try:
            with closing(open_objects().open(key, compressed=False)) as found:
                return found.head.modified
        except NotFoundError:
            return None

    return written_at


def open_copy(text: str, config: SyncConfig) -> LogCopy:
    """Return the copy of a log that ``text`` names: a mirror, or one object's file.

    Raises:
        InvalidValueError: There is nothing like that.
    """
    path = Path(text)
    if path.is_file():
        body = path.read_bytes()
        return LogCopy(text, lambda _: body)
    if "://" not in text and not path.is_dir():
        raise InvalidValueError(
            "copy", text, "a mirror's folder, s3://bucket[/prefix], or a file"
        )
    return LogCopy(text, _object_of(open_store_at(parse_store(text), config)))


def _object_of(store: Store) -> Callable[[ObjectKey], bytes | None]:
    def get(key: ObjectKey) -> bytes | None:
        try:
            return store.get(key).body
        except NotFoundError:
            return None

    return get
