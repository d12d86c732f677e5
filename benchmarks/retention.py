"""How large a mirror stays that evicts: real days of upstream's, folded one by one."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.program import ROOT
from benchmarks.table import Table
from domain.bottle import Bottle, BottleKey, Digest
from domain.events import (
    BottleMirrored,
    BottleSuperseded,
    Commit,
    Event,
)
from domain.fold import fold
from domain.generations import (
    BottleEvicted,
    GenerationDropped,
    GenerationPublished,
)
from domain.ledger import Ledger
from domain.listing import Listing
from domain.retention import retention_of
from domain.tags import Tag
from tests.support.churn import CHANGES, TAGS, Churn, Day, Release, real_days

_DAYS: Final = 420  # 60 weeks
_FIRST: Final = date(2025, 6, 19)
_LARGER: Final = 39.80 / 4_397 / (304.76 / 54_636)
"""What is replaced is larger than the average: by the estimated sizes of a week."""
_SCALE: Final = 10
_WAYS: Final = (
    *((14, 7, 4), (14, 7, 3), (14, 1, 4)),
    *((30, 7, 4), (30, 1, 4)),
)
"""Days of grace, days from run to run, and generations that are kept."""


@dataclass
class Mirror:
    """A mirror's ledger, to which the events of its runs come.

    Attributes:
        listings: What each kept generation serves.
        ratios: After each run, the objects that it held, to those on offer.
        share: The most per cent that went at once.
        missed: Bottles that a client with an API of the last week asked for in vain.
    """

    keep: int
    grace: timedelta
    ledger: Ledger = field(default_factory=Ledger)
    listings: dict[int, Listing] = field(default_factory=dict)
    last_week: Mapping[BottleKey, Digest] = field(default_factory=dict)
    ratios: list[float] = field(default_factory=list)
    share: int = 0
    evicted: int = 0
    missed: int = 0

    def run(self, today: date, offer: Mapping[BottleKey, Bottle]) -> None:
        """Bring in what is offered, publish it, and evict what is old."""
        held = self.ledger.held
        self._record(
            today,
            *(
                BottleSuperseded(key, entry.bottle.digest, today)
                for key, entry in tuple(held.items())
                if key not in offer and entry.object_key not in self.ledger.superseded
            ),
            *(
                BottleMirrored(bottle, 1, bottle.object_key(today), "fetched")
                for key, bottle in offer.items()
                if key not in held
            ),
        )
        number = max(self.listings, default=0) + 1
        self.listings[number] = Listing({k: b.digest for k, b in offer.items()}, {})
        self._record(today, GenerationPublished(number, {}, "", len(offer), 0, {}))
        if number > self.keep:
            self._record(today, GenerationDropped(number - self.keep))
            del self.listings[number - self.keep]
        retention = retention_of(self.ledger, self.grace, today, self.listings)
        self.share = max(self.share, retention.share)
        self.evicted += len(retention.evict)
        self._record(
            today,
            *(BottleEvicted(o.key, o.sha256, o.object_key) for o in retention.evict),
        )
        objects = retention.objects - len(retention.evict)
        self.ratios.append(objects / len(offer))

    def ask(self) -> None:
        """Ask for all that an API names which is a week old by now."""
        held = self.ledger.held
        self.missed += sum(key not in held for key in self.last_week)
        self.last_week = self.listings[max(self.listings)].bottles

    def _record(self, today: date, *events: Event) -> None:
        at = datetime.combine(today, time(3), tzinfo=UTC)
        fold(self.ledger, Commit("", "", 0, "", at, "", "", 0, events))


def measure(_: Path) -> Table:
    """Return how large a mirror stays, for each way to keep it."""
    told = os.environ.get("BOTTLES_TEST_DATA")
    data = Path(told) if told else ROOT.parent / "shared" / "data"
    if not (data / CHANGES).exists():
        return Table("retention: no real days (BOTTLES_TEST_DATA)", ())
    days = real_days(data)[:_DAYS]
    names = sum(day.came for day in days) / len(days)
    rows = [
        (
            *("grace", "a run", "generations", "bottles", "at most"),
            *("bytes", "at most", "at once", "missed"),
        )
    ]
    for grace, every, keep in _WAYS:
        mirror = kept(days, timedelta(days=grace), every, keep)
        rows.append(
            (
                f"{grace} days",
                "a day" if every == 1 else "a week",
                f"{keep}",
                *_spelt(mirror.ratios, 1),
                *_spelt(mirror.ratios, _LARGER),
                f"{mirror.share}%",
                f"{mirror.missed}",
            )
        )
    return Table(
        f"a mirror that evicts, over {len(days) // 7} real weeks with"
        f" {names:,.0f} new bottles a day",
        tuple(rows),
        (
            "bottles, bytes: what is held after an eviction, to what is on offer",
            (
                f"one bottle of {_SCALE} is followed; what is replaced is {_LARGER:.2f}"
                " times as large as the average, by estimated sizes"
            ),
            "at once: the largest share that goes",
            "missed: what clients with an API of the week before ask for in vain",
        ),
    )


def _spelt(ratios: Sequence[float], larger: float) -> tuple[str, str]:
    """Return the usual ratio, and the largest."""
    usual, most = median(ratios), max(ratios)
    return f"{1 + larger * (usual - 1):.2f}", f"{1 + larger * (most - 1):.2f}"


def kept(days: Sequence[Day], grace: timedelta, every: int, keep: int) -> Mirror:
    """Return a mirror that ran every so many days, over all of them."""
    churn = Churn(days, _SCALE)
    mirror = Mirror(keep, grace)
    offer = {b.key: b for release in churn.formulae for b in _bottles(release)}
    by_name = {r.name: [b.key for b in _bottles(r)] for r in churn.formulae}
    mirror.run(_FIRST, offer)
    for day in range(every, len(days) + 1, every):
        changed, gone = churn.pass_days(every)
        for release in (*changed, *gone):
            for key in by_name.pop(release.name, ()):
                del offer[key]
        for release in changed:
            bottles = _bottles(release)
            by_name[release.name] = [bottle.key for bottle in bottles]
            offer |= {bottle.key: bottle for bottle in bottles}
        mirror.run(_FIRST + timedelta(days=day), offer)
        if day % 7 == 0:
            mirror.ask()
    return mirror


def _bottles(release: Release) -> list[Bottle]:
    name, version = release.name, release.version
    return [
        Bottle(
            name,
            version,
            0,
            Tag(tag),
            Digest(hashlib.sha256(f"{name} {version} {tag}".encode()).hexdigest()),
        )
        for tag in TAGS
    ]
