"""What clients see: indexes that are kept, generations published, bottles let go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import NewType, TypeAlias

from domain.bottle import BottleKey, Digest, ObjectKey, tagref
from domain.tags import Tag

ReleaseKey = NewType("ReleaseKey", str)
"""``NAME-TAGREF``: what the bottles of one release of a formula have in common."""


def release_key(name: str, pkg_version: str, rebuild: int) -> ReleaseKey:
    """Return what the release of a formula is called in the ledger."""
    return ReleaseKey(f"{name}-{tagref(pkg_version, rebuild)}")


@dataclass(frozen=True, slots=True)
class KeptIndex:
    """The index of a release, as the registry served it, is in the store.

    Attributes:
        tagref: The release's tag in the registry.
        digest: Of the index's bytes.
        size: Bytes.
        bottles: The bottles it names, by their tags.
    """

    name: str
    tagref: str
    digest: Digest
    size: int
    bottles: Mapping[Tag, Digest]

    def __post_init__(self) -> None:
        object.__setattr__(self, "bottles", MappingProxyType(dict(self.bottles)))

    @property
    def release(self) -> ReleaseKey:
        """The release that it is the index of."""
        return ReleaseKey(f"{self.name}-{self.tagref}")


@dataclass(frozen=True, slots=True)
class Generation:
    """What clients were, or are, given together.

    Attributes:
        number: From 1, each one greater than those before it.
        documents: The SHA-256 of each document of the API, by its name.
        listing: The SHA-256 of the list of its bottles and indexes.
        bottles: How many bottles of the selection it serves.
        missing: Bottles of the selection that it names and does not serve.
        views: How many bottles each view serves.
    """

    number: int
    at: datetime
    documents: Mapping[str, str]
    listing: str
    bottles: int
    missing: int
    views: Mapping[str, int]

    def __post_init__(self) -> None:
        object.__setattr__(self, "documents", MappingProxyType(dict(self.documents)))
        object.__setattr__(self, "views", MappingProxyType(dict(self.views)))


@dataclass(frozen=True, slots=True)
class IndexMirrored:
    """The store keeps the index of a release."""

    index: KeptIndex


@dataclass(frozen=True, slots=True)
class BottleEvicted:
    """A bottle is let go: what the store has of it is deleted next."""

    key: BottleKey
    sha256: Digest
    object_key: ObjectKey


@dataclass(frozen=True, slots=True)
class GraceRenewed:
    """A superseded bottle was seen by clients until a day: its grace begins then."""

    key: BottleKey
    sha256: Digest
    object_key: ObjectKey
    on: date


@dataclass(frozen=True, slots=True)
class GenerationPublished:
    """A generation is to be seen: all that it needs is in the store.

    Attributes:
        generation: Its number. All else as ``Generation`` has it.
    """

    generation: int
    documents: Mapping[str, str]
    listing: str
    bottles: int
    missing: int
    views: Mapping[str, int]

    def __post_init__(self) -> None:
        object.__setattr__(self, "documents", MappingProxyType(dict(self.documents)))
        object.__setattr__(self, "views", MappingProxyType(dict(self.views)))


@dataclass(frozen=True, slots=True)
class GenerationRolledBack:
    """A generation that was visible before is made visible again.

    Attributes:
        to: Its number.
    """

    to: int


@dataclass(frozen=True, slots=True)
class GenerationShown:
    """All that clients read is that of the generation published."""

    generation: int


@dataclass(frozen=True, slots=True)
class GenerationDropped:
    """A generation is kept no longer: nobody can go back to it."""

    generation: int


GenerationEvent: TypeAlias = (
    IndexMirrored
    | BottleEvicted
    | GraceRenewed
    | GenerationPublished
    | GenerationRolledBack
    | GenerationShown
    | GenerationDropped
)
