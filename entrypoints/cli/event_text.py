"""Events as a person reads them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from adapters.terminal.words import counted, spelt_bytes
from domain.events import (
    BottleFailed,
    BottleLost,
    BottleMirrored,
    BottleSuperseded,
    CatalogRead,
    Event,
    HashFileImported,
    LedgerRepaired,
    NotificationSent,
    ShardCompleted,
    ShardPaused,
    ShardStarted,
    StoreReconciled,
    SyncCompleted,
    SyncStarted,
)
from domain.generations import (
    BottleEvicted,
    GenerationDropped,
    GenerationEvent,
    GenerationPublished,
    GenerationRolledBack,
    GenerationShown,
    GraceRenewed,
    IndexMirrored,
)


def event_text(event: Event) -> str:
    """Return what ``event`` says."""
    match event:
        case BottleMirrored():
            size = spelt_bytes(event.size)
            return f"{event.how} {event.bottle.key} ({size}) at {event.object_key}"
        case BottleFailed():
            tries = counted(event.attempts, "attempt")
            key, cause = event.bottle.key, event.cause
            return f"failed {key}: {cause} after {tries}: {event.detail}"
        case BottleSuperseded():
            return f"superseded {event.key}: upstream no longer offers it"
        case BottleLost():
            return f"lost {event.key}: found {event.found} at {event.object_key}"
        case ShardStarted() | ShardPaused() | ShardCompleted() | NotificationSent():
            return _of_a_worker(event)
        case _:
            return _of_the_whole(event)


def _of_what_is_seen(event: GenerationEvent) -> str:
    """Return what an event says of what clients see."""
    match event:
        case IndexMirrored(index=index):
            names = counted(len(index.bottles), "bottle")
            return f"kept the index of {index.release} ({names})"
        case BottleEvicted():
            return f"evicted {event.key} from {event.object_key}"
        case GraceRenewed():
            return f"clients saw {event.key} until {event.on}: its grace begins then"
        case GenerationPublished():
            missing = f", {event.missing:,} missing" if event.missing else ""
            return (
                f"published generation {event.generation}"
                f" ({counted(event.bottles, 'bottle')}{missing})"
            )
        case GenerationRolledBack():
            text = f"rolled back to generation {event.to}"
        case GenerationShown():
            text = f"clients see generation {event.generation}"
        case GenerationDropped():
            text = f"dropped generation {event.generation}: none can go back to it"
        case _:
            assert_never(event)
    return text


def _of_a_worker(
    event: ShardStarted | ShardPaused | ShardCompleted | NotificationSent,
) -> str:
    """Return what an event says that a run's workers tell."""
    match event:
        case ShardStarted():
            return (
                f"shard {event.shard} begun on {event.route}, attempt {event.attempt}"
            )
        case ShardPaused():
            did = _counts(event.counts)
            return f"shard {event.shard} left for another worker ({did})"
        case ShardCompleted():
            return (
                f"shard {event.shard} ended: {event.outcome} ({_counts(event.counts)})"
            )
        case NotificationSent():
            return f"people were told: {event.about}, {event.percent}% done"
        case _:
            assert_never(event)


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{n:,} {name}" for name, n in counts.items())


def _of_the_whole(
    event: CatalogRead
    | HashFileImported
    | SyncStarted
    | SyncCompleted
    | LedgerRepaired
    | StoreReconciled
    | GenerationEvent,
) -> str:
    """Return what an event says that is not of one bottle."""
    match event:
        case CatalogRead():
            formulae = counted(event.formulae, "formula", "formulae")
            text = f"read the catalog {event.source} ({formulae})"
        case HashFileImported():
            entries = counted(event.count, "entry", "entries")
            text = f"imported the hash file {event.source} ({entries})"
        case SyncStarted():
            bottles, size = counted(event.bottles, "bottle"), spelt_bytes(event.bytes)
            text = f"started {event.kind} run {event.run}: {bottles}, {size}"
        case SyncCompleted():
            counts = _counts(event.counts)
            text = f"ended run {event.run}: {event.outcome} ({counts})"
        case LedgerRepaired(repair=repair):
            became = f"restored from {repair.source}"
            if repair.is_gap:
                became = "a declared gap"
            where = f"commits {repair.first} to {repair.last}"
            if repair.first == repair.last:
                where = f"commit {repair.first}"
            text = f"{where} ({repair.cause}): {became}"
        case StoreReconciled():
            text = f"compared the ledger with the store (document {event.document})"
        case (
            IndexMirrored()
            | BottleEvicted()
            | GraceRenewed()
            | GenerationPublished()
            | GenerationRolledBack()
            | GenerationShown()
            | GenerationDropped()
        ):
            text = _of_what_is_seen(event)
        case _:
            assert_never(event)
    return text
