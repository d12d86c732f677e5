"""Salvaging: what a worker stored, and died before it could record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from application.carry_out import place
from application.digests import digest_of
from domain.events import BottleMirrored
from domain.ledger import Ledger
from domain.work import Load
from ports.store import Store


@dataclass(frozen=True, slots=True)
class Salvage:
    """Looks under the day of a run for bottles that the ledger does not know yet.

    One listing tells what is there; what is there is not fetched again.
    """

    store: Store

    def __call__(
        self, loads: Iterable[Load], ledger: Ledger, day: date
    ) -> Iterator[BottleMirrored]:
        """Yield the bottles of ``loads`` that are stored, their digest checked."""
        there = {info.key for info in self.store.list(f"{day.isoformat()}/")}
        for load in loads:
            for bottle in load.bottles:
                key = place(ledger, bottle, day)
                info = self.store.info(key) if key in there else None
                if info is not None and digest_of(self.store, info) == load.digest:
                    yield BottleMirrored(bottle, info.size, key, "found")
