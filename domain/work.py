"""The work of a plan: what is to be mirrored, and how it is shared out."""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass, replace

from domain.bottle import Bottle, BottleKey, Digest, ObjectKey
from domain.errors import InvalidValueError
from domain.ledger import Ledger
from domain.words import Route

GB = 10**9
"""Bytes in the gigabyte of every setting: decimal."""


@dataclass(frozen=True, slots=True)
class Load:
    """The bytes of one digest, and every bottle that they are.

    Attributes:
        size: Bytes, None while nobody has told.
        bottles: At least one, sorted by key; all of them have the digest.
        source: An object of the store that holds the bytes already.
        estimate: Bytes as they were guessed, only while nobody has told.
    """

    digest: Digest
    size: int | None
    bottles: tuple[Bottle, ...]
    source: ObjectKey | None = None
    estimate: int | None = None

    def __post_init__(self) -> None:
        if self.size is not None and self.estimate is not None:
            raise InvalidValueError(
                "estimate of a load", self.estimate, "left out, for its size is known"
            )
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
    def expected(self) -> int | None:
        """Bytes, exact or guessed; None when there is nothing to guess from."""
        return self.estimate if self.size is None else self.size

    @property
    def bytes_to_fetch(self) -> int:
        """Bytes that upstream is expected to send, 0 when nobody can tell."""
        return 0 if self.source is not None else self.expected or 0

    @property
    def size_is_missing(self) -> bool:
        """Whether bytes must be fetched and no one but a guess tells how many."""
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
        """Bytes to fetch, those that are guessed included."""
        return sum(load.bytes_to_fetch for load in self.loads)

    @property
    def unknown_sizes(self) -> int:
        """Loads to fetch whose exact size nobody has told."""
        return sum(load.size_is_missing for load in self.loads)

    def route(self, threshold: int) -> Route:
        """Return what would carry the work out in the cloud.

        Args:
            threshold: Bytes; at or above goes to ECS, as does work of which
                more than a tenth has no exact size.
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

        A load of no exact size is left for a later run: it could break the bound.
        """
        kept: list[Load] = []
        left = max_bytes
        for load in self.loads:
            if not load.size_is_missing and load.bytes_to_fetch <= left:
                kept.append(load)
                left -= load.bytes_to_fetch
        return replace(self, loads=tuple(kept))


def split(loads: Iterable[Load], shards: int) -> tuple[tuple[Load, ...], ...]:
    """Return ``loads`` shared out over ``shards``, as evenly as their bytes allow.

    The same loads always give the same shares, so that a worker can find its
    own from the plan and a number.
    """
    if shards < 1:
        raise InvalidValueError("shards", shards, "1 or more")
    work = tuple(loads)
    to_fetch = [load.expected for load in work if load.source is None]
    told = [size for size in to_fetch if size is not None]
    # A load of which nobody can tell is taken for an average one: at no weight at
    # all, they would all go to the lightest share.
    average = max(1, sum(told) // max(1, len(told)))
    shares: list[list[Load]] = [[] for _ in range(shards)]
    # Each load goes to the share with the fewest bytes; the count breaks ties. What
    # weighs nothing is shared out by count, or one share would get all the copies.
    lightest = [(0, 0, shard) for shard in range(shards)]
    fewest = lightest.copy()
    for load in work:
        weight = 0 if load.source is not None else load.expected
        weight = average if weight is None else weight
        heap = lightest if weight else fewest
        total, count, shard = heap[0]
        shares[shard].append(load)
        heapq.heapreplace(heap, (total + weight, count + 1, shard))
    return tuple(tuple(share) for share in shares)


def left_of(loads: Iterable[Load], ledger: Ledger) -> tuple[Load, ...]:
    """Return what is still to be done of ``loads``, in their order.

    Once one bottle of a load is held, the others are copied from it.
    """
    left: list[Load] = []
    for load in loads:
        lacking = tuple(b for b in load.bottles if not ledger.has(b))
        if len(lacking) == len(load.bottles):
            left.append(load)
        elif lacking:
            held = (ledger.held[b.key] for b in load.bottles if ledger.has(b))
            # Of several it is the first by its key, as in a plan.
            object_key, size = min((entry.object_key, entry.size) for entry in held)
            left.append(Load(load.digest, size, lacking, object_key))
    return tuple(left)
