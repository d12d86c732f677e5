"""Letting go, on a follower, of what was evicted where the ledger is recorded."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from application.claims import is_bottle_object
from domain.bottle import ObjectKey
from domain.export import objects_of
from domain.garbage import Evicted, garbage_of
from domain.ledger import Ledger
from domain.views import FLAT, REGISTRY
from ports.generations import Generations
from ports.progress import Progress
from ports.store import Store


@dataclass(frozen=True, slots=True)
class LetGo:
    """Removes bottles that were evicted, their views, and generations dropped.

    Nobody records anything here, so that nothing can come to be needed meanwhile.

    Attributes:
        jobs: How many objects are removed at a time.
    """

    store: Store
    generations: Generations
    progress: Progress
    jobs: int

    def __call__(
        self, evicted: Sequence[Evicted], lost: Collection[ObjectKey], end: Ledger
    ) -> int:
        """Remove what the ledger does not need any more.

        Args:
            lost: Objects that were found not to be there on the other side. Clients
                still have their views, until they are evicted.

        Returns:
            How many objects went.

        Raises:
            PortError: The store cannot be used.
        """
        removed = 0
        if evicted:
            there = {info.key for info in self.store.list("") if _is_ours(info.key)}
            listings = [
                self.generations.listing(number, generation.listing)
                for number, generation in end.generations.items()
            ]
            garbage = garbage_of(evicted, there, end, listings)
            # By a bottle's own object whatever is left is found again.
            removed = self._remove(garbage.views) + self._remove(garbage.objects)
        claimed = objects_of(end)
        removed += self._remove(
            [key for key in lost if key not in claimed and self.store.info(key)]
        )
        self._drop(end)
        return removed

    def _remove(self, keys: Sequence[ObjectKey]) -> int:
        with ThreadPoolExecutor(self.jobs) as pool:
            for done, _ in enumerate(pool.map(self.store.delete, keys), start=1):
                self.progress.counted("objects removed", done, len(keys))
        return len(keys)

    def _drop(self, end: Ledger) -> None:
        """Remove generations that are kept no longer, and what was staged."""
        kept = set(self.generations.numbers())
        for number in sorted(kept - set(end.generations)):
            self.generations.drop(number)
        self.generations.sweep(())


def _is_ours(key: ObjectKey) -> bool:
    return is_bottle_object(key) or key.startswith((REGISTRY, FLAT))
