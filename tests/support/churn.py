"""How upstream's bottles change: real days, at a scale, or days that are invented."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

TAGS: Final = (
    *("arm64_tahoe", "arm64_sequoia", "arm64_sonoma"),
    *("sonoma", "x86_64_linux", "arm64_linux"),
)
"""What upstream builds for: a release brings a bottle for each."""

CHANGES: Final = "daily_bottle_changes_430d.json"
LIVE: Final = 54_650
"""Bottles on offer at the end of the real days."""

_AGAIN: Final = 0.36
"""Of the formulae that change, so many had changed in the days before: then 22% of what
is new is replaced within its week, as it was from 15 to 22 August 2026."""
_DAYS: Final = 7  # of which the formulae are that change again


class Day(NamedTuple):
    """Bottles that came on one day, and that went."""

    came: int
    went: int


def real_days(folder: Path) -> Sequence[Day]:
    """Return the days of 430 that were counted, the first one first.

    Raises:
        FileNotFoundError: There are no counts.
    """
    rows = json.loads((folder / CHANGES).read_text())
    return tuple(Day(row[2], row[3]) for row in rows)


@dataclass(slots=True)
class Release:
    """What a formula is offered as."""

    name: str
    number: int = 0

    @property
    def version(self) -> str:
        """Its version."""
        return f"1.{self.number}"


class Churn:
    """Formulae that change as the days tell, some of them again and again.

    Attributes:
        formulae: What is on offer now.
    """

    def __init__(self, days: Sequence[Day], scale: int = 1) -> None:
        """Begin where ``days`` begin, with one bottle of every ``scale``."""
        self._days = iter(days)
        self._scale = scale * len(TAGS)
        self._chance = Random(1)
        begin = LIVE - sum(day.came - day.went for day in days)
        self.formulae = [Release(f"f{n}") for n in range(begin // self._scale)]
        self._named = len(self.formulae)
        self._recent: deque[list[Release]] = deque(maxlen=_DAYS)
        self._due = self._new = self._again = 0.0

    def pass_days(self, count: int) -> tuple[list[Release], list[Release]]:
        """Let days pass.

        Returns:
            What is offered anew in the end, and what no more at all.
        """
        changed: dict[str, Release] = {}
        gone: list[Release] = []
        for day in self._next(count):
            touched: list[Release] = []
            self._due += min(day.came, day.went) / self._scale
            self._new += (day.came - day.went) / self._scale
            while self._due >= 1:
                self._due -= 1
                release = self._chosen()
                release.number += 1
                touched.append(release)
            while self._new >= 1:
                self._new -= 1
                self.formulae.append(Release(f"f{self._named}"))
                self._named += 1
                touched.append(self.formulae[-1])
            while self._new <= -1:
                self._new += 1
                gone.append(self.formulae.pop(self._chance.randrange(self._live)))
            self._recent.append(touched)
            changed |= {release.name: release for release in touched}
        for release in gone:
            changed.pop(release.name, None)
        return list(changed.values()), gone

    @property
    def _live(self) -> int:
        return len(self.formulae)

    def _next(self, count: int) -> Iterator[Day]:
        for _ in range(count):
            yield next(self._days)

    def _chosen(self) -> Release:
        recent = [release for day in self._recent for release in day]
        self._again += _AGAIN
        if recent and self._again >= 1:
            self._again -= 1
            return recent[self._chance.randrange(len(recent))]
        return self.formulae[self._chance.randrange(self._live)]
