"""Handing over the indexes that were read for sizes: no worker asks for them again."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Final

from application.keep_indexes import KeepIndexes
from domain.bottle import Bottle
from domain.generations import IndexMirrored, KeptIndex, release_key
from domain.work import Work
from ports.clock import Clock
from ports.errors import PortError
from ports.progress import Progress

TIME_TO_HAND_OVER: Final = 45.0
"""Seconds after which the rest is left to be asked for again, by the workers."""


@dataclass(frozen=True, slots=True)
class HandOverIndexes:
    """Keeps what is at hand of the indexes that some work needs.

    Attributes:
        jobs: How many are written at a time.
    """

    indexes: KeepIndexes
    clock: Clock
    progress: Progress
    jobs: int

    def __call__(self, work: Work) -> list[IndexMirrored]:
        """Return what is to be recorded, before a worker begins."""
        releases = {
            release_key(bottle.name, bottle.pkg_version, bottle.rebuild): bottle
            for load in work.loads
            for bottle in load.bottles
        }
        keep = partial(self._keep, self.clock.monotonic() + TIME_TO_HAND_OVER)
        with ThreadPoolExecutor(self.jobs) as pool:
            kept = pool.map(keep, releases.values())
            return [IndexMirrored(index) for index in kept if index is not None]

    def _keep(self, until: float, bottle: Bottle) -> KeptIndex | None:
        if self.clock.monotonic() >= until:
            return None
        try:
            return self.indexes.keep_at_hand(bottle)
        except PortError as error:
            self.progress.note(f"an index is left to the workers: {error}")
            return None
