"""Garbage: the objects that evictions leave behind, under all of their names."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from domain.attestation import kept_key
from domain.bottle import Bottle, BottleKey, Digest, ObjectKey
from domain.ledger import Ledger
from domain.listing import Listing
from domain.views import (
    blob_key,
    flat_index_key,
    flat_key,
    index_key,
    kept_index_key,
)


@dataclass(frozen=True, slots=True)
class Evicted:
    """A bottle that the log says is let go, and where its own object lies."""

    bottle: Bottle
    object_key: ObjectKey


@dataclass(frozen=True, slots=True)
class Garbage:
    """What is to be removed.

    Attributes:
        views: What clients could read, and who built it. It goes first: as long as
            a bottle's own object is there, whoever looks knows that there may be more.
        objects: The bottles' own objects.
    """

    views: tuple[ObjectKey, ...]
    objects: tuple[ObjectKey, ...]

    def __len__(self) -> int:
        return len(self.views) + len(self.objects)


def names_of(bottle: Bottle) -> tuple[ObjectKey, ...]:
    """Return every name under which clients find a bottle and its release."""
    return (blob_key(bottle), flat_key(bottle), *_of_release(bottle))


def garbage_of(
    evicted: Iterable[Evicted],
    there: Collection[ObjectKey],
    ledger: Ledger,
    listings: Collection[Listing],
) -> Garbage:
    """Return what is there of ``evicted`` and is needed by nothing else.

    Args:
        there: The keys of all objects of bottles and views that are in the store.
        ledger: As it is after the evictions.
        listings: What each generation that is kept needs.
    """
    gone = tuple(evicted)
    objects = {each.object_key for each in gone}
    objects -= {entry.object_key for entry in ledger.held.values()}
    objects -= ledger.superseded.keys()
    left = _Left.of(ledger, listings)
    views = {name for each in gone for name in left.without(each.bottle)}
    for entry in ledger.held.values():
        views.difference_update(names_of(entry.bottle))
    views |= {kept_key(each.bottle.digest) for each in gone} - {
        kept_key(digest) for digest in left.digests
    }
    views |= _indexes({each.bottle.name for each in gone}, there) - left.indexes
    return Garbage(
        views=tuple(sorted(views.intersection(there))),
        objects=tuple(sorted(objects.intersection(there))),
    )


@dataclass(frozen=True, slots=True)
class _Left:
    """What clients may still ask for, beside what is held.

    Attributes:
        keys: Of every bottle that was superseded and is still there, or that a kept
            generation serves.
        releases: What these keys begin with: all but their tags.
        replaced: The digests of what was superseded, and is still in the store.
        digests: These, and those of what is held.
        indexes: Those that lie under their own digests.
    """

    keys: AbstractSet[BottleKey]
    releases: AbstractSet[str]
    replaced: AbstractSet[Digest]
    digests: AbstractSet[Digest]
    indexes: AbstractSet[ObjectKey]

    @classmethod
    def of(cls, ledger: Ledger, listings: Collection[Listing]) -> _Left:
        keys = {old.key for old in ledger.superseded.values()}.union(
            *(listing.bottles for listing in listings)
        )
        replaced = {old.sha256 for old in ledger.superseded.values()}
        held = {entry.bottle.digest for entry in ledger.held.values()}
        return cls(
            keys=keys,
            # No tag has a hyphen.
            releases={key.rpartition("-")[0] for key in keys},
            replaced=replaced,
            digests=replaced | held,
            indexes={
                kept_index_key(index.name, index.digest)
                for indexes in (ledger.indexes, *(one.indexes for one in listings))
                for index in indexes.values()
            },
        )

    def without(self, bottle: Bottle) -> Iterator[ObjectKey]:
        """Yield the names that nobody asks for any more once a bottle is gone."""
        if bottle.digest not in self.replaced:
            yield blob_key(bottle)
        if bottle.key not in self.keys:
            yield flat_key(bottle)
        if bottle.key.rpartition("-")[0] not in self.releases:
            yield from _of_release(bottle)


def _of_release(bottle: Bottle) -> tuple[ObjectKey, ...]:
    name, tagref = bottle.name, bottle.tagref
    return index_key(name, tagref), flat_index_key(name, tagref)


def _indexes(names: Iterable[str], there: Iterable[ObjectKey]) -> set[ObjectKey]:
    """Return the indexes of formulae that lie under their own digests."""
    begins = tuple(kept_index_key(name, Digest("")) for name in names)
    return {key for key in there if key.startswith(begins)} if begins else set()
