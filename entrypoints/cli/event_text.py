"""Events as a person reads them."""

from __future__ import annotations

from typing import assert_never

from adapters.terminal.words import counted, spelt_bytes
from domain.events import (
    BottleFailed,
    BottleLost,
    BottleMirrored,
    BottleSuperseded,
    CatalogRead,
    Event,
    SyncCompleted,
    SyncStarted,
)


def event_text(event: Event) -> str:
    """Return what ``event`` says."""
    match event:
        case BottleMirrored():
            size = spelt_bytes(event.size)
            text = f"{event.how} {event.bottle.key} ({size}) at {event.object_key}"
        case BottleFailed():
            tries = counted(event.attempts, "attempt")
            key, cause = event.bottle.key, event.cause
            text = f"failed {key}: {cause} after {tries}: {event.detail}"
        case BottleSuperseded():
            text = f"superseded {event.key}: upstream no longer offers it"
        case BottleLost():
            text = f"lost {event.key}: found {event.found} at {event.object_key}"
        case CatalogRead():
            formulae = counted(event.formulae, "formula", "formulae")
            text = f"read the catalog {event.source} ({formulae})"
        case SyncStarted():
            bottles, size = counted(event.bottles, "bottle"), spelt_bytes(event.bytes)
            text = f"started {event.kind} run {event.run}: {bottles}, {size}"
        case SyncCompleted():
            counts = ", ".join(f"{n:,} {name}" for name, n in event.counts.items())
            text = f"ended run {event.run}: {event.outcome} ({counts})"
        case _:
            assert_never(event)
    return text
