"""Adopting: what an imported hash file lists may lie in this very store."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from application.transfer import digest_of
from domain.bottle import Bottle, Digest, ObjectKey
from domain.events import BottleMirrored
from domain.ledger import Ledger
from ports.store import ObjectInfo, Store


@dataclass(frozen=True, slots=True)
class Adopt:
    """Looks in the store for bottles that are said to be elsewhere.

    The day that a hash file gives for a bottle is part of the object key that it has
    where it lies. So one listing for each day tells what is there.
    """

    store: Store

    def __call__(
        self, bottles: Iterable[Bottle], ledger: Ledger
    ) -> Iterator[BottleMirrored]:
        """Yield what is there after all, its digest checked."""
        days: defaultdict[Digest, set[date]] = defaultdict(set)
        for entry in ledger.elsewhere.values():
            days[entry.digest].add(entry.download_date)
        there: dict[date, dict[ObjectKey, ObjectInfo]] = {}
        for bottle in bottles:
            for day in sorted(days[bottle.digest]):
                if day not in there:
                    listed = self.store.list(f"{day.isoformat()}/")
                    there[day] = {info.key: info for info in listed}
                found = self._found(bottle, day, there[day])
                if found is not None:
                    yield BottleMirrored(bottle, found.size, found.key, "found")
                    break

    def _found(
        self, bottle: Bottle, day: date, there: dict[ObjectKey, ObjectInfo]
    ) -> ObjectInfo | None:
        key = bottle.object_key(day)
        for candidate in (key, bottle.beside(key)):
            if candidate in there:
                info = self.store.info(candidate)
                if info is not None and digest_of(self.store, info) == bottle.digest:
                    return info
        return None
