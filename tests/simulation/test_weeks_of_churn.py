"""A mirror that evicts, over weeks in which upstream changes as it does.

Every week ends as a run ends: bottles, views, a generation, and what is old goes. Of
the real days one bottle of a hundred is followed, by the use cases themselves; by
folds alone, one of ten is in ``benchmarks/retention.py``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

import pytest

from application.explain_formula import ExplainFormula
from domain.bottle import BottleKey, Digest
from domain.generations import BottleEvicted
from domain.retention import Retention
from tests.support.catalogs import select
from tests.support.churn import LIVE, TAGS, Churn, Day, Release, real_days
from tests.support.shown_mirror import (
    BOTH_VIEWS,
    DAY,
    ShownMirror,
    what_clients_miss,
)

_ALL = select(*TAGS)


@dataclass
class Weeks:
    """A mirror of all that is offered, week after week.

    Attributes:
        live: What was on offer at the end of each week.
        largest: The most objects and names of each view, to those on offer.
        decided: What was decided in each week.
    """

    churn: Churn
    mirror: ShownMirror
    live: list[Mapping[BottleKey, Digest]] = field(default_factory=list)
    largest: dict[str, float] = field(default_factory=dict)
    decided: list[Retention] = field(default_factory=list)

    def begin(self) -> None:
        """Mirror what there is to begin with."""
        self._offer(self.churn.formulae)
        self._run()

    def pass_week(self) -> None:
        """Let upstream change for a week, then do all that a run does."""
        changed, gone = self.churn.pass_days(7)
        for release in gone:
            del self.mirror.formulae[release.name]
        self._offer(changed)
        self.mirror.clock.sleep(7 * DAY)
        self._run()
        self._check_what_clients_get()
        self._measure()

    def _offer(self, releases: Sequence[Release]) -> None:
        for release in releases:
            contents = {tag: f"{release.name} {release.version} {tag}" for tag in TAGS}
            self.mirror.offer(release.name, release.version, contents=contents)

    def _run(self) -> None:
        mirror = self.mirror
        assert mirror.sync(_ALL).outcome == "complete"
        mirror.show()
        self.decided.append(mirror.collect().retention)
        self.live.append({b.key: b.digest for b in mirror.on_offer()})

    def _check_what_clients_get(self) -> None:
        """Check that nothing is missing that an API names which clients may have."""
        ledger = self.mirror.ledger()
        held = {key: entry.bottle.digest for key, entry in ledger.held.items()}
        assert self.live[-2].items() <= held.items()
        for number in (min(ledger.generations), max(ledger.generations)):
            assert what_clients_miss(self.mirror, ledger, number) == []

    def _measure(self) -> None:
        there = [info.key for info in self.mirror.disk.list("")]
        live = len(self.live[-1])
        for name, count in (
            ("bottles", len(self.mirror.bottles())),
            ("registry", sum("/blobs/" in key for key in there)),
            (
                "flat",
                sum(
                    key.startswith("flat/") and "/manifests/" not in key
                    for key in there
                ),
            ),
        ):
            self.largest[name] = max(self.largest.get(name, 0.0), count / live)

    def check_every_eviction_is_explained(self) -> None:
        """Check that each eviction was due, and that the log alone says why."""
        grace = self.mirror.exposure.grace
        assert grace is not None
        evicted = self.mirror.recorded(BottleEvicted)
        due = {old.object_key: old for week in self.decided for old in week.evict}
        assert {event.object_key for event in evicted} == due.keys()
        explain = ExplainFormula(self.mirror.process().inspect)
        for name in {key.split("-")[0] for key in (event.key for event in evicted)}:
            story = [t for t in explain(name) if isinstance(t.event, BottleEvicted)]
            assert story
            for told in story:
                assert "its grace was over" in told.reason
                assert isinstance(told.event, BottleEvicted)
                old = due[told.event.object_key]
                assert told.recorded.commit.at.date() >= old.on + grace


def weeks_of(churn: Churn, retention_days: int) -> Weeks:
    """Return a mirror that has not seen a week yet."""
    exposure = replace(BOTH_VIEWS, retention_days=retention_days, max_evict=10)
    weeks = Weeks(churn, ShownMirror(exposure))
    weeks.begin()
    return weeks


def test_invented_weeks() -> None:
    chance = Random(7)
    days = [Day(1 + n, n) for n in (chance.randrange(500, 1_000) for _ in range(70))]
    weeks = weeks_of(Churn(days, scale=180), 14)
    for _ in range(10):
        weeks.pass_week()
    weeks.check_every_eviction_is_explained()
    weeks.mirror.check()
    weeks.mirror.check_views()
    assert len(weeks.mirror.recorded(BottleEvicted)) > 100


@pytest.mark.slow
def test_sixty_real_weeks(real_data: Path) -> None:
    weeks = weeks_of(Churn(real_days(real_data)[:420], scale=100), retention_days=14)
    assert len(weeks.live[0]) > LIVE / 110
    for _ in range(60):
        weeks.pass_week()
    weeks.check_every_eviction_is_explained()
    weeks.mirror.check()
    weeks.mirror.check_views()
    assert max(weeks.largest.values()) <= 1.3, weeks.largest
    assert min(weeks.largest.values()) > 1.1, "nothing old was ever there"
