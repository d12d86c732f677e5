"""The list of a generation: what it needs of the store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from domain.bottle import BottleKey, Digest
from domain.generations import KeptIndex, ReleaseKey


@dataclass(frozen=True, slots=True)
class Listing:
    """What a generation serves: nothing of it may be evicted while it is kept.

    Attributes:
        bottles: The digest of each bottle, by its key.
        indexes: The index of each release that has one of these bottles.
    """

    bottles: Mapping[BottleKey, Digest]
    indexes: Mapping[ReleaseKey, KeptIndex]

    def __post_init__(self) -> None:
        object.__setattr__(self, "bottles", MappingProxyType(dict(self.bottles)))
        object.__setattr__(self, "indexes", MappingProxyType(dict(self.indexes)))
