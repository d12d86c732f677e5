"""Every event that was ever written, in each of its versions."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from adapters.ledger.generation_schemas import (
    BottleEvictedV1,
    GenerationDroppedV1,
    GenerationPublishedV1,
    GenerationRolledBackV1,
    GenerationShownV1,
    GraceRenewedV1,
    IndexMirroredV1,
)
from adapters.ledger.schemas import (
    BottleFailedV1,
    BottleLostV1,
    BottleMirroredV1,
    BottleSupersededV1,
    CatalogReadV1,
    EventSchema,
    HashFileImportedV1,
    LedgerRepairedV1,
    StoreReconciledV1,
    SyncCompletedV1,
    SyncStartedV1,
)
from adapters.ledger.worker_schemas import (
    NotificationSentV1,
    ShardCompletedV1,
    ShardPausedV1,
    ShardStartedV1,
)

EVENTS: Final[Mapping[tuple[str, int], EventSchema]] = MappingProxyType(
    {
        ("CatalogRead", 1): CatalogReadV1(),
        ("HashFileImported", 1): HashFileImportedV1(),
        ("SyncStarted", 1): SyncStartedV1(),
        ("ShardStarted", 1): ShardStartedV1(),
        ("ShardPaused", 1): ShardPausedV1(),
        ("ShardCompleted", 1): ShardCompletedV1(),
        ("NotificationSent", 1): NotificationSentV1(),
        ("BottleMirrored", 1): BottleMirroredV1(),
        ("BottleFailed", 1): BottleFailedV1(),
        ("BottleSuperseded", 1): BottleSupersededV1(),
        ("BottleLost", 1): BottleLostV1(),
        ("SyncCompleted", 1): SyncCompletedV1(),
        ("LedgerRepaired", 1): LedgerRepairedV1(),
        ("StoreReconciled", 1): StoreReconciledV1(),
        ("IndexMirrored", 1): IndexMirroredV1(),
        ("BottleEvicted", 1): BottleEvictedV1(),
        ("GraceRenewed", 1): GraceRenewedV1(),
        ("GenerationPublished", 1): GenerationPublishedV1(),
        ("GenerationRolledBack", 1): GenerationRolledBackV1(),
        ("GenerationShown", 1): GenerationShownV1(),
        ("GenerationDropped", 1): GenerationDroppedV1(),
    }
)
"""Every event that was ever written, by its type and version on the wire."""
