"""Events as objects of JSON, and back.

This is what defines them. Nearly all lines of a log never come here: see
``plain_lines`` and ``plain_writing``.
"""

from __future__ import annotations

from typing import Final, assert_never
from uuid import UUID, uuid5

from adapters.ledger.canonical_json import written
from adapters.ledger.event_forms import EVENTS
from adapters.ledger.schemas import EnvelopeSchema
from adapters.ledger.upcasting import upcast
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
    GenerationPublished,
    GenerationRolledBack,
    GenerationShown,
    GraceRenewed,
    IndexMirrored,
)

NAMESPACE: Final = UUID("b2fa8c0c-8844-42d7-9a1c-4c2e130fccff")
"""The namespace of the ids of events. It never changes."""

_ENVELOPE: Final = EnvelopeSchema()
# What says itself which run it is of: a run may be closed by another.
_OF_A_RUN: Final = (
    SyncStarted,
    SyncCompleted,
    ShardStarted,
    ShardPaused,
    ShardCompleted,
    NotificationSent,
)
# The type and version under which each kind of event is written today.
_WRITTEN_AS: Final = {schema.of: form for form, schema in EVENTS.items()}


class NewerVersionError(ValueError):
    """An event of a type or version that this program does not know."""


def event_of(line: object) -> Event:
    """Return the event that an object of JSON is.

    Raises:
        ValidationError: It is not an event.
        NewerVersionError: It is one that this program does not know.
    """
    _ENVELOPE.load(line)  # type: ignore[arg-type]
    line = upcast(line)  # type: ignore[arg-type]
    form = (line["t"], line["v"])
    if form not in EVENTS:
        raise NewerVersionError(
            f"{form[0]} of version {form[1]} was made by a newer version of this"
            " program: update it"
        )
    return EVENTS[form].event(line)


def line_of(event: Event, run: str) -> dict[str, object]:
    """Return ``event``, of a commit of ``run``, as an object of JSON."""
    kind, version = _WRITTEN_AS[type(event)]
    said: dict[str, object] = EVENTS[kind, version].dump(event)
    return {**said, "id": event_id(event, run), "t": kind, "v": version}


def event_id(event: Event, run: str) -> str:
    """Return the id of ``event`` in ``run``: the same fact has the same id."""
    kind, _ = _WRITTEN_AS[type(event)]
    if isinstance(event, _OF_A_RUN):
        run = event.run
    return _id(kind, run, *_told_of(event))


def _told_of(event: Event) -> tuple[str, str, str]:
    """Return the key, the digest and the attempt that an event is told of."""
    key = sha256 = attempt = ""
    match event:
        case BottleMirrored(bottle=bottle):
            key, sha256 = bottle.key, bottle.digest
        case BottleFailed(bottle=bottle):
            key, sha256, attempt = bottle.key, bottle.digest, str(event.attempts)
        case BottleSuperseded() | BottleLost() | BottleEvicted():
            key, sha256 = event.key, event.sha256
        case CatalogRead():
            digests = (digest for _, digest in sorted(event.documents.items()))
            key, sha256 = event.source, ",".join(digests)
        case HashFileImported():
            key, sha256 = event.source, event.document
        case LedgerRepaired(repair=repair):
            key = f"{repair.first}-{repair.last}"
        case StoreReconciled():
            sha256 = event.document
        case IndexMirrored(index=index):
            key, sha256 = index.release, index.digest
        case (
            GraceRenewed()
            | GenerationPublished()
            | GenerationRolledBack()
            | GenerationShown()
            | GenerationDropped()
        ):
            return _told_of_a_generation(event)
        case _:
            return _told_of_a_run(event)
    return key, sha256, attempt


def _told_of_a_generation(
    event: GraceRenewed
    | GenerationPublished
    | GenerationRolledBack
    | GenerationShown
    | GenerationDropped,
) -> tuple[str, str, str]:
    """Return the key, the digest and the attempt that a generation's event tells of."""
    match event:
        case GraceRenewed():
            return event.key, event.sha256, event.on.isoformat()
        case GenerationPublished():
            return str(event.generation), event.listing, ""
        case GenerationRolledBack():
            return str(event.to), "", ""
        case GenerationShown() | GenerationDropped():
            return str(event.generation), "", ""
        case _:
            assert_never(event)


def _told_of_a_run(
    event: SyncStarted
    | ShardStarted
    | ShardPaused
    | ShardCompleted
    | NotificationSent
    | SyncCompleted,
) -> tuple[str, str, str]:
    """Return the key, the digest and the attempt that an event of a run is told of."""
    match event:
        case SyncStarted():
            return "", event.plan, ""
        case SyncCompleted():
            return "", event.catalog or "", ""
        case ShardStarted() | ShardPaused():
            return str(event.shard), "", str(event.attempt)
        case ShardCompleted():
            return str(event.shard), "", ""
        case NotificationSent():
            return event.about, "", str(event.percent)
        case _:
            assert_never(event)


def _id(kind: str, run: str, key: str, sha256: str, attempt: str = "") -> str:
    return str(uuid5(NAMESPACE, written([kind, run, key, sha256, attempt])))
