"""Retention: what of the old may go, what stays, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from domain.bottle import BottleKey, Digest, ObjectKey
from domain.ledger import Ledger
from domain.listing import Listing
from domain.records import HashEntry, Superseded

_WHOLE = 100  # per cent


@dataclass(frozen=True, slots=True)
class Old:
    """An object that upstream has replaced or dropped.

    Attributes:
        on: Since when; its grace begins with that day.
    """

    key: BottleKey
    sha256: Digest
    size: int
    object_key: ObjectKey
    on: date


@dataclass(frozen=True, slots=True)
class Kept:
    """Something old that stays, and why.

    Attributes:
        until: The day on which its grace is over; None if it never is.
        needed_by: The generations that need it, whatever its grace.
    """

    old: Old
    until: date | None
    needed_by: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Retention:
    """What may be evicted now.

    Attributes:
        evict: What is over its grace, and no kept generation needs. Oldest first.
        proposed: Bottles that upstream offers still, and the newest generation does
            not serve: they were taken off the selection. Nothing evicts them.
        objects: How many objects the store holds of bottles.
    """

    evict: tuple[Old, ...]
    kept: tuple[Kept, ...]
    proposed: tuple[HashEntry, ...]
    objects: int

    @property
    def share(self) -> int:
        """The per cent of all objects that would be evicted, rounded up."""
        return -(-_WHOLE * len(self.evict) // self.objects) if self.objects else 0

    def is_within(self, max_evict: int) -> bool:
        """Return whether no more than ``max_evict`` per cent would be evicted."""
        return _WHOLE * len(self.evict) <= max_evict * self.objects


def retention_of(
    ledger: Ledger,
    grace: timedelta | None,
    today: date,
    listings: Mapping[int, Listing],
) -> Retention:
    """Return what of ``ledger`` may go.

    Args:
        grace: How long what is superseded is kept; None is for ever.
        listings: What each generation that is kept needs, by its number.
    """
    evict: list[Old] = []
    kept: list[Kept] = []
    for object_key, superseded in ledger.superseded.items():
        old = _old(object_key, superseded)
        until = None if grace is None else old.on + grace
        needed_by = tuple(
            number
            for number, listing in sorted(listings.items())
            if listing.bottles.get(old.key) == old.sha256
        )
        if until is None or today < until or needed_by:
            kept.append(Kept(old, until, needed_by))
        else:
            evict.append(old)
    held = {entry.object_key for entry in ledger.held.values()}
    return Retention(
        evict=tuple(sorted(evict, key=_by_age)),
        kept=tuple(sorted(kept, key=lambda each: _by_age(each.old))),
        proposed=tuple(_unselected(ledger, listings)),
        objects=len(held | ledger.superseded.keys()),
    )


def _old(object_key: ObjectKey, superseded: Superseded) -> Old:
    return Old(
        key=superseded.key,
        sha256=superseded.sha256,
        size=superseded.size,
        object_key=object_key,
        on=superseded.on,
    )


def _by_age(old: Old) -> tuple[date, ObjectKey]:
    return old.on, old.object_key


def _unselected(ledger: Ledger, listings: Mapping[int, Listing]) -> Iterator[HashEntry]:
    """Yield what the newest generation could serve and does not.

    What came on its day or later may be for the next one.
    """
    newest = max(listings, default=None)
    if newest is None:
        return
    serves, day = listings[newest].bottles, ledger.generations[newest].at.date()
    for key, entry in sorted(ledger.held.items()):
        if (
            key not in serves
            and entry.object_key not in ledger.superseded
            and entry.download_date < day
        ):
            yield entry
