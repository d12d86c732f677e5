"""Events as objects of JSON, and back.

The schemas say what an event is, but going through them costs some 40 microseconds,
which a million events turn into minutes. Nearly all events of a log are of two
types: of these, what is beyond doubt is read and written directly. Whatever is not,
the schema decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Final, assert_never, get_args
from uuid import UUID, uuid5

from adapters.ledger import fields as wire
from adapters.ledger.canonical_json import written
from adapters.ledger.schemas import EVENTS, EnvelopeSchema
from domain.bottle import Bottle, BottleKey, Digest, ObjectKey
from domain.errors import InvalidValueError
from domain.events import (
    BottleFailed,
    BottleLost,
    BottleMirrored,
    BottleSuperseded,
    CatalogRead,
    Event,
    How,
    SyncCompleted,
    SyncStarted,
)
from domain.tags import Tag

NAMESPACE: Final = UUID("b2fa8c0c-8844-42d7-9a1c-4c2e130fccff")
"""The namespace of the ids of events. It never changes."""

_ENVELOPE: Final = EnvelopeSchema()
_HOWS: Final[Mapping[object, How]] = MappingProxyType(
    {how: how for how in get_args(How)}
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
    if isinstance(line, dict):
        kind = line.get("t")
        event: Event | None = None
        if kind == "BottleMirrored":
            event = _mirrored(line)
        elif kind == "BottleSuperseded":
            event = _superseded(line)
        if event is not None:
            return event
    return event_by_schema(line)


def event_by_schema(line: object) -> Event:
    """Return what ``event_of`` does, in the way that defines it."""
    envelope = _ENVELOPE.load(line)  # type: ignore[arg-type]
    form = (envelope["t"], envelope["v"])
    if form not in EVENTS:
        raise NewerVersionError(
            f"{form[0]} of version {form[1]} was made by a newer version of this"
            " program: update it"
        )
    return EVENTS[form].event(line)


def line_of(event: Event, run: str) -> dict[str, object]:
    """Return ``event``, of a commit of ``run``, as an object of JSON."""
    match event:
        case BottleMirrored(bottle=bottle):
            return {
                "how": event.how,
                "id": _id("BottleMirrored", run, bottle.key, bottle.digest),
                "key": bottle.key,
                "name": bottle.name,
                "object_key": event.object_key,
                "pkg_version": bottle.pkg_version,
                "rebuild": bottle.rebuild,
                "sha256": bottle.digest,
                "size": event.size,
                "t": "BottleMirrored",
                "tag": bottle.tag,
                "v": 1,
            }
        case BottleSuperseded():
            return {
                "id": _id("BottleSuperseded", run, event.key, event.sha256),
                "key": event.key,
                "on": event.on.isoformat(),
                "sha256": event.sha256,
                "t": "BottleSuperseded",
                "v": 1,
            }
        case _:
            return line_by_schema(event, run)


def line_by_schema(event: Event, run: str) -> dict[str, object]:
    """Return what ``line_of`` does, in the way that defines it."""
    kind, version = _WRITTEN_AS[type(event)]
    said: dict[str, object] = EVENTS[kind, version].dump(event)
    return {**said, "id": event_id(event, run), "t": kind, "v": version}


def event_id(event: Event, run: str) -> str:
    """Return the id of ``event`` in ``run``: the same fact has the same id."""
    kind, _ = _WRITTEN_AS[type(event)]
    match event:
        case BottleMirrored():
            return _id(kind, run, event.bottle.key, event.bottle.digest)
        case BottleFailed(bottle=bottle):
            return _id(kind, run, bottle.key, bottle.digest, str(event.attempts))
        case BottleSuperseded() | BottleLost():
            return _id(kind, run, event.key, event.sha256)
        case CatalogRead():
            digests = ",".join(digest for _, digest in sorted(event.documents.items()))
            return _id(kind, run, event.source, digests)
        case SyncStarted():
            return _id(kind, event.run, "", event.plan)
        case SyncCompleted():
            return _id(kind, event.run, "", event.catalog or "")
        case _:
            assert_never(event)


def _id(kind: str, run: str, key: str, sha256: str, attempt: str = "") -> str:
    return str(uuid5(NAMESPACE, written([kind, run, key, sha256, attempt])))


def _mirrored(line: dict[str, object]) -> BottleMirrored | None:
    """Return the event if ``line`` is one beyond doubt."""
    try:
        said, key, name = line["id"], line["key"], line["name"]
        pkg_version, rebuild, tag = line["pkg_version"], line["rebuild"], line["tag"]
        sha256, size, version = line["sha256"], line["size"], line["v"]
        object_key, how = line["object_key"], line["how"]
    except KeyError:
        return None
    if not (
        isinstance(said, str)
        and wire.UUID.match(said)
        and isinstance(name, str)
        and isinstance(pkg_version, str)
        # Not isinstance: that would take true for 1.
        and type(rebuild) is int
        and isinstance(tag, str)
        and isinstance(sha256, str)
        and type(size) is int
        and size >= 0
        and isinstance(object_key, str)
        and object_key.isascii()
        and isinstance(how, str)
        and how in _HOWS
        and type(version) is int
        and version == 1
    ):
        return None
    try:
        bottle = Bottle(name, pkg_version, rebuild, Tag(tag), Digest(sha256))
    except InvalidValueError:
        return None
    if bottle.key != key:
        return None
    return BottleMirrored(bottle, size, ObjectKey(object_key), _HOWS[how])


def _superseded(line: dict[str, object]) -> BottleSuperseded | None:
    """Return the event if ``line`` is one beyond doubt."""
    try:
        said, key, sha256 = line["id"], line["key"], line["sha256"]
        on, version = line["on"], line["v"]
    except KeyError:
        return None
    if not (
        isinstance(said, str)
        and wire.UUID.match(said)
        and isinstance(key, str)
        and isinstance(sha256, str)
        and wire.SHA256.match(sha256)
        and isinstance(on, str)
        and type(version) is int
        and version == 1
    ):
        return None
    try:
        day = date.fromisoformat(on)
    except ValueError:
        return None
    if day.isoformat() != on:
        return None
    return BottleSuperseded(BottleKey(key), Digest(sha256), day)
