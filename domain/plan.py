"""The sync plan: what the mirror lacks, and how the work is shared out."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal

from domain.bottle import Bottle, BottleKey, Digest, ObjectKey
from domain.catalog import CatalogDocument
from domain.errors import InvalidValueError
from domain.ledger import Ledger
from domain.selection import Offer
from domain.tags import Tag

Route = Literal["none", "lambda", "ecs"]

GB = 10**9
"""Bytes in the gigabyte of every setting: decimal."""


@dataclass(frozen=True, slots=True)
class Load:
    """The bytes of one digest, and every bottle that they are.

    Attributes:
        size: Bytes, None while nobody has told.
        bottles: At least one, sorted by key; all of them have the digest.
        source: An object of the store that holds the bytes already.
    """

    digest: Digest
    size: int | None
    bottles: tuple[Bottle, ...]
    source: ObjectKey | None = None

    def __post_init__(self) -> None:
        if not self.bottles:
            raise InvalidValueError("bottles of a load", self.bottles, "one or more")
        if any(bottle.digest != self.digest for bottle in self.bottles):
            raise InvalidValueError(
                "bottles of a load", self.digest, "the digest of every one of them"
            )
        keys = [bottle.key for bottle in self.bottles]
        if len(keys) > 1 and keys != sorted(set(keys)):
            raise InvalidValueError("bottles of a load", keys, "sorted, each one once")

    @property
    def copies(self) -> int:
        """How many of the bottles are made by copying inside the store."""
        return len(self.bottles) - (self.source is None)

    @property
    def bytes_to_fetch(self) -> int:
        """Bytes that upstream must send, 0 while the size is unknown."""
        return 0 if self.source is not None else self.size or 0

    @property
    def size_is_missing(self) -> bool:
        """Whether bytes must be fetched and nobody has told how many."""
        return self.source is None and self.size is None


@dataclass(frozen=True, slots=True)
class Amount:
    """Bottles, and their bytes as far as sizes are known."""

    bottles: int = 0
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class Work:
    """What has to be done, whatever day it is done on.

    Attributes:
        loads: Biggest first, so that no long transfer comes last.
        superseded: Bottles held that upstream no longer offers to anyone.
    """

    loads: tuple[Load, ...] = ()
    superseded: tuple[tuple[BottleKey, Digest], ...] = ()

    @property
    def bottles(self) -> int:
        """Bottles to mirror, copies included."""
        return sum(len(load.bottles) for load in self.loads)

    @property
    def copies(self) -> int:
        """Bottles that are made by copying inside the store."""
        return sum(load.copies for load in self.loads)

    @property
    def bytes(self) -> int:
        """Bytes to fetch, as far as their sizes are known."""
        return sum(load.bytes_to_fetch for load in self.loads)

    @property
    def unknown_sizes(self) -> int:
        """Loads to fetch whose size nobody has told."""
        return sum(load.size_is_missing for load in self.loads)

    def route(self, threshold: int) -> Route:
        """Return what would carry the work out in the cloud.

        Args:
            threshold: Bytes; at or above goes to ECS, as does work of which
                more than a tenth has no known size.
        """
        if not self.loads:
            return "none"
        if 10 * self.unknown_sizes > len(self.loads) or self.bytes >= threshold:
            return "ecs"
        return "lambda"

    def shards(self, shard_bytes: int) -> int:
        """Return into how many shares of ``shard_bytes`` the work is split."""
        return max(1, -(-self.bytes // shard_bytes)) if self.loads else 0

    def within(self, max_bytes: int) -> Work:
        """Return the work cut to loads that need ``max_bytes`` at most together.

        A load of unknown size is left for a later run: it could break the bound.
        """
        kept: list[Load] = []
        left = max_bytes
        for load in self.loads:
            if not load.size_is_missing and load.bytes_to_fetch <= left:
                kept.append(load)
                left -= load.bytes_to_fetch
        return replace(self, loads=tuple(kept))


@dataclass(frozen=True, slots=True)
class SyncPlan:
    """The work that lies between what is held and what is offered.

    Attributes:
        formulae: Formulae in the catalog.
        skipped: Entries of the catalog that were refused.
        selection: The SHA-256 of what was chosen.
        held: Bottles of the offer that the mirror holds already.
        elsewhere: Bottles of the offer that are left out: another mirror has them.
        by_tag: What each client tag lacks; one bottle may count for several.
    """

    catalog: CatalogDocument
    formulae: int
    skipped: int
    selection: str
    tags: tuple[Tag, ...]
    offered: Amount
    held: int
    elsewhere: tuple[Bottle, ...]
    by_tag: Mapping[Tag, Amount]
    work: Work

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_tag", MappingProxyType(dict(self.by_tag)))


def make_plan(
    offer: Offer,
    ledger: Ledger,
    sizes: Mapping[Digest, int],
    *,
    fetch_elsewhere: bool = False,
) -> SyncPlan:
    """Return what ``ledger`` lacks of ``offer``.

    Args:
        sizes: Bytes of digests, as far as the registry was asked.
        fetch_elsewhere: Whether what another mirror has is wanted here, too.
    """
    chosen = offer.bottles()
    missing = [bottle for bottle in chosen if not _holds(ledger, bottle)]
    at_hand = _objects(ledger, {bottle.digest for bottle in chosen})
    others = set() if fetch_elsewhere else ledger.digests_elsewhere - at_hand.keys()
    lacking = {b.key: b for b in missing if b.digest not in others}
    known = {**sizes, **{digest: size for digest, (_, size) in at_hand.items()}}
    to_fetch = {d: size for d, size in known.items() if d not in at_hand}
    # What a refused entry offers is not known: its bottles keep their standing.
    unread = {skipped.name for skipped in offer.catalog.skipped}
    return SyncPlan(
        catalog=offer.catalog.document,
        formulae=len(offer.catalog.formulae),
        skipped=len(offer.catalog.skipped),
        selection=offer.selection.sha256,
        tags=offer.tags,
        offered=_amount(chosen, known),
        held=len(chosen) - len(missing),
        elsewhere=tuple(b for b in missing if b.digest in others),
        by_tag={
            tag: _amount([b for b in bottles if b.key in lacking], to_fetch)
            for tag, bottles in offer.by_tag.items()
        },
        work=Work(
            loads=_loads(lacking.values(), at_hand, known),
            superseded=tuple(
                sorted(
                    (key, entry.bottle.digest)
                    for key, entry in ledger.held.items()
                    if not offer.catalog.offers(entry.bottle)
                    and entry.bottle.name not in unread
                    and entry.object_key not in ledger.superseded
                )
            ),
        ),
    )


def make_loads(
    bottles: Iterable[Bottle], ledger: Ledger, sizes: Mapping[Digest, int]
) -> tuple[Load, ...]:
    """Return the loads that bring in ``bottles``, copying what is at hand."""
    lacking = sorted(bottles, key=lambda bottle: bottle.key)
    at_hand = _objects(ledger, {bottle.digest for bottle in lacking})
    known = {**sizes, **{digest: size for digest, (_, size) in at_hand.items()}}
    return _loads(lacking, at_hand, known)


def split(loads: Iterable[Load], shards: int) -> tuple[tuple[Load, ...], ...]:
    """Return ``loads`` shared out over ``shards``, as evenly as their bytes allow.

    The same loads always give the same shares, so that a worker can find its
    own from the plan and a number.
    """
    if shards < 1:
        raise InvalidValueError("shards", shards, "1 or more")
    work = tuple(loads)
    told = [load.bytes_to_fetch for load in work if not load.size_is_missing]
    # A load of unknown size is taken for an average one: at no weight at all,
    # they would all go to the lightest share.
    average = max(1, sum(told) // max(1, len(told)))
    shares: list[list[Load]] = [[] for _ in range(shards)]
    # Each load goes to the share with the fewest bytes; the count breaks ties.
    lightest = [(0, 0, shard) for shard in range(shards)]
    for load in work:
        weight, count, shard = heapq.heappop(lightest)
        shares[shard].append(load)
        weight += average if load.size_is_missing else load.bytes_to_fetch
        heapq.heappush(lightest, (weight, count + 1, shard))
    return tuple(tuple(share) for share in shares)


def _holds(ledger: Ledger, bottle: Bottle) -> bool:
    entry = ledger.held.get(bottle.key)
    return (
        entry is not None
        and entry.bottle.digest == bottle.digest
        and entry.object_key not in ledger.superseded
    )


def _objects(
    ledger: Ledger, wanted: set[Digest]
) -> dict[Digest, tuple[ObjectKey, int]]:
    """Return an object of the store, and its size, for each digest it holds.

    Of several it is one that is not superseded, and of these the first by its key:
    a ledger from the hash file must give the plan that one from the log gives.
    """
    objects = [
        (old.sha256, (True, object_key, old.size))
        for object_key, old in ledger.superseded.items()
        if old.sha256 in wanted
    ]
    objects.extend(
        (entry.bottle.digest, (False, entry.object_key, entry.size))
        for entry in ledger.held.values()
        if entry.bottle.digest in wanted and entry.object_key not in ledger.superseded
    )
    best: dict[Digest, tuple[bool, ObjectKey, int]] = {}
    for digest, found in objects:
        best[digest] = min(found, best.get(digest, found))
    return {digest: (key, size) for digest, (_, key, size) in best.items()}


def _loads(
    lacking: Iterable[Bottle],
    at_hand: Mapping[Digest, tuple[ObjectKey, int]],
    sizes: Mapping[Digest, int],
) -> tuple[Load, ...]:
    by_digest: dict[Digest, list[Bottle]] = {}
    for bottle in lacking:
        by_digest.setdefault(bottle.digest, []).append(bottle)
    loads = [
        Load(
            digest=digest,
            size=sizes.get(digest),
            bottles=tuple(bottles),
            source=at_hand[digest][0] if digest in at_hand else None,
        )
        for digest, bottles in by_digest.items()
    ]
    return tuple(
        sorted(loads, key=lambda load: (-(load.size or 0), load.bottles[0].key))
    )


def _amount(bottles: Iterable[Bottle], sizes: Mapping[Digest, int]) -> Amount:
    count = 0
    digests: set[Digest] = set()
    for bottle in bottles:
        count += 1
        digests.add(bottle.digest)
    return Amount(count, sum(sizes.get(digest, 0) for digest in digests))
