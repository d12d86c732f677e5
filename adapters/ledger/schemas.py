"""The log's written form: the header of a commit, and every event in each version.

What a field means never changes, and no field is taken away. An event that has to
say something else gets a new version here, and keeps the old ones beside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final, get_args

from marshmallow import EXCLUDE, Schema, ValidationError, fields, post_dump
from marshmallow.validate import Equal

from adapters.ledger import fields as wire
from domain.bottle import Bottle
from domain.errors import InvalidValueError
from domain.events import (
    BottleFailed,
    BottleLost,
    BottleMirrored,
    BottleSuperseded,
    CatalogRead,
    Event,
    HashFileImported,
    LedgerRepaired,
    StoreReconciled,
    SyncCompleted,
    SyncStarted,
)
from domain.records import Repair
from domain.state_digest import StateDigest
from domain.words import How, Outcome, Route, RunKind

FORMAT: Final = 1
"""The version of the format, in ``ledger.json`` and in every commit's header."""

_ENOUGH: Final = 5  # objections to one text


class Written(Schema):
    """An object as it is written; fields that a newer version added are ignored."""

    class Meta:
        """Read by marshmallow."""

        unknown = EXCLUDE

    @post_dump
    def leave_out_none(self, said: dict[str, Any], **_: object) -> dict[str, Any]:
        """Write nothing where there is nothing to say: the wire has no null."""
        return {name: value for name, value in said.items() if value is not None}


class IdentitySchema(Written):
    """The content of ``ledger.json``."""

    created = wire.moment()
    follows = wire.moment(required=False)
    format = fields.Integer(strict=True, required=True, validate=Equal(FORMAT))
    ledger = wire.uuid()


class HeaderSchema(Written):
    """The first line of a commit."""

    at = wire.moment()
    body = wire.sha256()
    id = wire.uuid()
    ledger = wire.uuid()
    n = wire.count()
    prev = wire.sha256()
    run = wire.text()
    seq = wire.count()
    v = fields.Integer(strict=True, required=True, validate=Equal(FORMAT))
    w = wire.text()
    wseq = wire.count(least=1)


class EnvelopeSchema(Written):
    """What every event says of itself: its id, its type and that type's version."""

    id = wire.uuid()
    t = wire.text()
    v = wire.count(least=1)


class EventSchema(Written):
    """One version of one type of event."""

    of: ClassVar[type[Event]]

    def event(self, line: object) -> Event:
        """Return the event that ``line`` is.

        Raises:
            ValidationError: It is not of this schema.
        """
        said = self.load(line)  # type: ignore[arg-type]
        try:
            return self.of(**self.arguments(said))
        except InvalidValueError as error:
            raise ValidationError(str(error)) from error

    def arguments(self, said: dict[str, Any]) -> dict[str, Any]:
        """Return what the event is made of."""
        return said


class CatalogReadV1(EventSchema):
    """Upstream offered these documents."""

    of = CatalogRead

    source = wire.text()
    documents = wire.by_name(wire.sha256())
    etag = wire.text(required=False)
    last_modified = wire.text(required=False)
    formulae = wire.count()


class HashFileImportedV1(EventSchema):
    """Another mirror's hash file was read; its entries are in the document."""

    of = HashFileImported

    source = wire.text()
    document = wire.sha256()
    count = wire.count()
    etag = wire.text(required=False)


class SyncStartedV1(EventSchema):
    """A run began to carry out a plan."""

    of = SyncStarted

    run = wire.text()
    kind = wire.one_of(get_args(RunKind))
    plan = wire.sha256()
    selection = wire.sha256()
    day = wire.day()
    shards = wire.count()
    route = wire.one_of(get_args(Route))
    bottles = wire.count()
    bytes = wire.count()
    skipped = wire.count(required=False)
    catalog = wire.sha256(required=False)


class BottleEventSchema(EventSchema):
    """An event of a bottle that may not be in the ledger yet: it says all of it."""

    key = wire.text("bottle.key")
    name = wire.text("bottle.name")
    pkg_version = wire.text("bottle.pkg_version")
    rebuild = wire.count("bottle.rebuild")
    tag = wire.text("bottle.tag")
    sha256 = wire.sha256("bottle.digest")

    def arguments(self, said: dict[str, Any]) -> dict[str, Any]:
        parts = said.pop("bottle")
        key = parts.pop("key")
        bottle = Bottle(**parts)
        if bottle.key != key:
            raise ValidationError(f"Is {key}, and made of the parts of {bottle.key}.")
        return {"bottle": bottle, **said}


class BottleMirroredV1(BottleEventSchema):
    """The store holds a bottle's bytes."""

    of = BottleMirrored

    size = wire.count()
    object_key = wire.object_key()
    how = wire.one_of(get_args(How))


class BottleFailedV1(BottleEventSchema):
    """A bottle could not be mirrored."""

    of = BottleFailed

    cause = wire.text()
    detail = wire.text()
    attempts = wire.count()


class BottleSupersededV1(EventSchema):
    """Upstream no longer offers a bottle."""

    of = BottleSuperseded

    key = wire.text()
    sha256 = wire.sha256()
    on = wire.day()


class BottleLostV1(EventSchema):
    """The store does not hold a bottle as the ledger says."""

    of = BottleLost

    key = wire.text()
    sha256 = wire.sha256()
    object_key = wire.object_key()
    found = wire.text()


class StateDigestSchema(Written):
    """What the ledger holds, in three numbers."""

    bottles = wire.count()
    bytes = wire.count()
    sum = wire.state_sum()


class SyncCompletedV1(EventSchema):
    """A run ended."""

    of = SyncCompleted

    run = wire.text()
    outcome = wire.one_of(get_args(Outcome))
    catalog = wire.sha256(required=False)
    counts = wire.by_name(wire.count())
    state = wire.nested(StateDigestSchema)

    def arguments(self, said: dict[str, Any]) -> dict[str, Any]:
        return {**said, "state": StateDigest(**said["state"])}


class LedgerRepairedV1(EventSchema):
    """Damaged commits were restored from a source; without one they are gone."""

    of = LedgerRepaired

    first = wire.count("repair.first")
    last = wire.count("repair.last")
    cause = wire.text("repair.cause")
    source = wire.text("repair.source", required=False)

    def arguments(self, said: dict[str, Any]) -> dict[str, Any]:
        return {"repair": Repair(**said["repair"])}


class StoreReconciledV1(EventSchema):
    """The ledger says again what the store holds."""

    of = StoreReconciled

    document = wire.sha256()


def explained(error: ValidationError) -> str:
    """Return what a schema objects to, in one line that is not endless."""
    objections = _objections(error.messages)
    more = len(objections) - _ENOUGH
    shown = "; ".join(objections[:_ENOUGH])
    return f"{shown}; and {more} more" if more > 0 else shown


def _objections(messages: object, path: str = "") -> list[str]:
    if isinstance(messages, Mapping):
        return [
            objection
            for name, inner in messages.items()
            for objection in _objections(
                inner, path if name == "_schema" else f"{path}.{name}".lstrip(".")
            )
        ]
    if isinstance(messages, list):
        return [objection for item in messages for objection in _objections(item, path)]
    objection = str(messages).rstrip(".")
    return [f"{path}: {objection}" if path else objection]
