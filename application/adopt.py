"""Adopting: what an imported hash file lists may lie in this very store."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from application.digests import digest_of
from application.journal import Journal
from domain.bottle import Bottle, BottleKey, Digest, ObjectKey
from domain.events import BottleFailed, BottleLost, BottleMirrored
from domain.ledger import Ledger
from domain.plan import SyncPlan
from domain.work import Load, Work
from ports.errors import NotFoundError
from ports.store import ObjectInfo, Store

_AT_ONCE: Final = 8


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

    def adopted(self, plan: SyncPlan, ledger: Ledger) -> list[BottleMirrored]:
        """Return what is there of what a plan would leave out, or fetch."""
        known = ledger.digests_elsewhere
        wanted = (
            bottle
            for load in plan.work.loads
            if load.source is None and load.digest in known
            for bottle in load.bottles
        )
        return list(self((*plan.elsewhere, *wanted), ledger))

    def record(
        self, adopted: Sequence[BottleMirrored], journal: Journal
    ) -> list[BottleFailed]:
        """Record what was adopted, by a run that the log has, as far as it is there.

        Who prunes takes it for nobody's until then. It looks at the log before each
        object; what it removes right after that may be seen here once, and not twice.

        Returns:
            What is not there any more.

        Raises:
            PortError: The store or the log cannot be used.
            LedgerDamagedError: The log is damaged.
        """
        there, gone = self._divided(adopted)
        journal.record([*there, *map(_failed, gone)])
        _, lost = self._divided(there)
        for event in lost:
            bottle, key = event.bottle, event.object_key
            journal.record(
                [BottleLost(bottle.key, bottle.digest, key, "nothing"), _failed(event)]
            )
        return [*map(_failed, (*gone, *lost))]

    def _divided(
        self, adopted: Sequence[BottleMirrored]
    ) -> tuple[list[BottleMirrored], list[BottleMirrored]]:
        """Return what is there, and what is gone."""
        there: list[BottleMirrored] = []
        gone: list[BottleMirrored] = []
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            keys = [event.object_key for event in adopted]
            for event, info in zip(
                adopted, pool.map(self.store.info, keys), strict=True
            ):
                (gone if info is None else there).append(event)
        return there, gone

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


def _failed(event: BottleMirrored) -> BottleFailed:
    detail = (
        f"{event.object_key} was in the store when the run was planned, and is not any"
        " more: somebody has removed it"
    )
    return BottleFailed(event.bottle, NotFoundError.cause, detail, 1)


def left_to_do(plan: SyncPlan, adopted: Collection[BottleMirrored]) -> Work:
    """Return the work of a plan without what was adopted.

    Bottles that share an adopted one's bytes are copied, also those that were to be
    left out.
    """
    found = {event.bottle.digest: event for event in adopted}
    if not found:
        return plan.work
    adopted_keys = {event.bottle.key for event in adopted}
    loads = [load for load in plan.work.loads if load.digest not in found]
    sharing: defaultdict[Digest, dict[BottleKey, Bottle]] = defaultdict(dict)
    planned = (bottle for load in plan.work.loads for bottle in load.bottles)
    for bottle in (*plan.elsewhere, *planned):
        if bottle.digest in found and bottle.key not in adopted_keys:
            sharing[bottle.digest][bottle.key] = bottle
    for digest, bottles in sharing.items():
        there = found[digest]
        together = tuple(bottle for _, bottle in sorted(bottles.items()))
        loads.append(Load(digest, there.size, together, there.object_key))
    loads.sort(key=lambda load: (-(load.expected or 0), load.bottles[0].key))
    return replace(plan.work, loads=tuple(loads))
