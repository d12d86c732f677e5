"""The part of the fold that follows what clients see, and what is let go."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, assert_never

from domain.generations import (
    BottleEvicted,
    Generation,
    GenerationDropped,
    GenerationEvent,
    GenerationPublished,
    GenerationRolledBack,
    GenerationShown,
    GraceRenewed,
    IndexMirrored,
)
from domain.records import HashEntry

if TYPE_CHECKING:
    from domain.events import Commit
    from domain.ledger import Ledger


def expose(ledger: Ledger, event: GenerationEvent, commit: Commit) -> HashEntry | None:
    """Let an event of what clients see change ``ledger``.

    Returns:
        The bottle that is held no more, if one is.
    """
    match event:
        case IndexMirrored(index=index):
            ledger.indexes[index.release] = index
        case BottleEvicted():
            return _evict(ledger, event)
        case GraceRenewed():
            _renew(ledger, event)
        case _:
            _turn(ledger, event, commit)
    return None


def _turn(
    ledger: Ledger,
    event: GenerationPublished
    | GenerationRolledBack
    | GenerationShown
    | GenerationDropped,
    commit: Commit,
) -> None:
    """Let a generation come, be seen, or go."""
    match event:
        case GenerationPublished():
            _publish(ledger, event, commit)
        case GenerationRolledBack():
            if event.to in ledger.generations:
                ledger.published = event.to
        case GenerationShown():
            if event.generation == ledger.published:
                ledger.shown = event.generation
        case GenerationDropped():
            if event.generation not in (ledger.published, ledger.shown):
                ledger.generations.pop(event.generation, None)
        case _:
            assert_never(event)


def _evict(ledger: Ledger, event: BottleEvicted) -> HashEntry | None:
    """Forget an object, if it is still the one that was meant."""
    old = ledger.superseded.get(event.object_key)
    if old is not None and old.sha256 == event.sha256:
        del ledger.superseded[event.object_key]
    entry = ledger.held.get(event.key)
    if (
        entry is None
        or entry.object_key != event.object_key
        or entry.bottle.digest != event.sha256
    ):
        return None
    return ledger.held.pop(event.key)


def _renew(ledger: Ledger, event: GraceRenewed) -> None:
    """Let the grace of an object begin later, if it is still the one that was meant."""
    old = ledger.superseded.get(event.object_key)
    if old is not None and old.sha256 == event.sha256 and old.on < event.on:
        ledger.superseded[event.object_key] = replace(old, on=event.on)


def _publish(ledger: Ledger, event: GenerationPublished, commit: Commit) -> None:
    """Take a generation for the visible one, unless a later one was there first."""
    if event.generation <= max(ledger.generations, default=0):
        return
    ledger.generations[event.generation] = Generation(
        number=event.generation,
        at=commit.at,
        documents=event.documents,
        listing=event.listing,
        bottles=event.bottles,
        missing=event.missing,
        views=event.views,
    )
    ledger.published = event.generation
    # From here on its list says which indexes there are.
    ledger.indexes.clear()
