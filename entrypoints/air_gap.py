"""What carries a mirror across an air gap, put together."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

from adapters.archive.folder import FolderExportReader, FolderExportWriter
from adapters.archive.laid_over import LaidOver
from adapters.ledger.event_log import StoredEventLog
from adapters.ledger.hash_codec import encode_hash_file
from adapters.ledger.ledger_objects import StoredLedgerObjects
from adapters.ledger.listing_codec import decode_listing, encode_listing
from adapters.retry import Backoff
from application.bring_in import BringIn
from application.export_mirror import ExportMirror
from application.import_export import ImportExport
from application.let_go import LetGo
from application.put_right import PutRight
from application.show_generation import ShowGeneration
from domain.export import Piece
from domain.ledger import Ledger
from entrypoints.injector import containers, providers
from ports.clock import Clock
from ports.event_log import EventLog
from ports.export_archive import ExportReader, ExportWriter
from ports.ledger_objects import LedgerObjects
from ports.store import Store


def open_export(folder: str) -> ExportReader:
    """Return the export in a folder."""
    return FolderExportReader(Path(folder))


def new_export(folder: str) -> ExportWriter:
    """Return a folder that an export is written to."""
    return FolderExportWriter(Path(folder))


def hash_file_of(ledger: Ledger) -> str:
    """Return the SHA-256 of a ledger's hash file."""
    return hashlib.sha256(encode_hash_file(ledger)).hexdigest()


def laying_over(
    store: Store,
    clock: Clock,
    backoff: Backoff,
    chance: Callable[[], float],
    readers: int,
) -> Callable[[ExportReader, Sequence[Piece]], EventLog]:
    """Return what gives the log of ``store`` with an export laid over it."""

    def laid_over(archive: ExportReader, pieces: Sequence[Piece]) -> EventLog:
        under = LaidOver(store, archive, pieces)
        return StoredEventLog(under, clock, backoff, chance, readers)

    return laid_over


class AirGapContainer(containers.DeclarativeContainer):
    """Export and import over the adapters of one mirror."""

    mirror = providers.DependenciesContainer()

    ledger_objects: providers.Provider[LedgerObjects] = providers.Singleton(
        StoredLedgerObjects,
        store=mirror.store,
        clock=mirror.clock,
        backoff=mirror.backoff,
        chance=mirror.chance,
    )
    export_mirror: providers.Provider[ExportMirror] = providers.Factory(
        ExportMirror,
        store=mirror.store,
        objects=mirror.public_objects,
        generations=mirror.generations,
        log=mirror.event_log,
        ledger_objects=ledger_objects,
        write_listing=providers.Object(encode_listing),
        hash_file_of=providers.Object(hash_file_of),
        progress=mirror.progress,
        readers=mirror.readers,
    )
    bring_in: providers.Provider[BringIn] = providers.Factory(
        BringIn,
        store=mirror.store,
        objects=mirror.public_objects,
        generations=mirror.generations,
        ledger_objects=ledger_objects,
        put_right=providers.Factory(
            PutRight,
            store=mirror.store,
            clock=mirror.clock,
            attempts=mirror.config.provided.retry_attempts,
            chance=mirror.chance,
            stop=mirror.stop,
        ),
        read_listing=providers.Object(decode_listing),
        views=mirror.config.provided.exposure.views,
        jobs=mirror.config.provided.jobs,
        progress=mirror.progress,
    )
    import_export: providers.Provider[ImportExport] = providers.Factory(
        ImportExport,
        log=mirror.event_log,
        hash_file=mirror.hash_file,
        ledger_objects=ledger_objects,
        laid_over=providers.Factory(
            laying_over,
            store=mirror.store,
            clock=mirror.clock,
            backoff=mirror.backoff,
            chance=mirror.chance,
            readers=mirror.readers,
        ),
        bring_in=bring_in,
        let_go=providers.Factory(
            LetGo,
            store=mirror.store,
            generations=mirror.generations,
            progress=mirror.progress,
            jobs=mirror.config.provided.jobs,
        ),
        show=providers.Factory(
            ShowGeneration,
            objects=mirror.public_objects,
            generations=mirror.generations,
            views=mirror.config.provided.exposure.views,
            jobs=mirror.config.provided.jobs,
        ).provided.switch,
        hash_file_of=providers.Object(hash_file_of),
        require_fit=mirror.probe_store.provided.require_fit,
        clock=mirror.clock,
        progress=mirror.progress,
    )
