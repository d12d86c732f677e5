"""The written form of what clients see: indexes, generations, evictions."""

from __future__ import annotations

from typing import Any

from adapters.ledger import fields as wire
from adapters.ledger.schemas import EventSchema
from domain.generations import (
    BottleEvicted,
    GenerationDropped,
    GenerationPublished,
    GenerationRolledBack,
    GenerationShown,
    GraceRenewed,
    IndexMirrored,
    KeptIndex,
)


class IndexMirroredV1(EventSchema):
    """The store keeps the index of a release."""

    of = IndexMirrored

    name = wire.text("index.name")
    tagref = wire.text("index.tagref")
    sha256 = wire.sha256("index.digest")
    size = wire.count("index.size")
    bottles = wire.by_name(wire.sha256(), attribute="index.bottles")

    def arguments(self, said: dict[str, Any]) -> dict[str, Any]:
        return {"index": KeptIndex(**said["index"])}


class BottleEvictedV1(EventSchema):
    """A bottle is let go."""

    of = BottleEvicted

    key = wire.text()
    sha256 = wire.sha256()
    object_key = wire.object_key()


class GraceRenewedV1(EventSchema):
    """The grace of a superseded bottle begins later."""

    of = GraceRenewed

    key = wire.text()
    sha256 = wire.sha256()
    object_key = wire.object_key()
    on = wire.day()


class GenerationPublishedV1(EventSchema):
    """A generation is made visible."""

    of = GenerationPublished

    generation = wire.count(least=1)
    documents = wire.by_name(wire.sha256())
    listing = wire.sha256()
    bottles = wire.count()
    missing = wire.count()
    views = wire.by_name(wire.count())


class GenerationRolledBackV1(EventSchema):
    """An earlier generation is made visible again."""

    of = GenerationRolledBack

    to = wire.count(least=1)


class GenerationShownV1(EventSchema):
    """Clients see the generation that was published."""

    of = GenerationShown

    generation = wire.count(least=1)


class GenerationDroppedV1(EventSchema):
    """A generation is kept no longer."""

    of = GenerationDropped

    generation = wire.count(least=1)
