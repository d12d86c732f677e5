"""Showing a bottle that is stored: its copies where clients ask for it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from application.keep_indexes import KeepIndexes, is_news, known_index
from domain.bottle import Digest
from domain.errors import DigestMismatchError
from domain.events import BottleMirrored
from domain.generations import IndexMirrored, KeptIndex
from domain.ledger import Ledger
from domain.views import View, blob_key, flat_key
from ports.errors import ConflictError, PortError
from ports.public_objects import PublicObjects
from ports.store import Store


@dataclass(frozen=True, slots=True)
class Expose:
    """Writes the views of a bottle, before the ledger speaks of it.

    May be used by many threads at once.

    Attributes:
        views: The forms in which clients find bottles.
    """

    store: Store
    public: PublicObjects
    keep_index: KeepIndexes
    views: Collection[View]

    def __call__(
        self, stored: BottleMirrored, known: KeptIndex | None
    ) -> KeptIndex | None:
        """Write the views of a bottle.

        Args:
            known: What the ledger has of its release's index.

        Returns:
            The index of its release, which is in the store; None when there is none.

        Raises:
            PortError: One of them cannot be written.
            DigestMismatchError: What was stored is not what it was any more.
        """
        if not self.views:
            return None
        bottle, source = stored.bottle, stored.object_key
        if "registry" in self.views:
            target = blob_key(bottle)
            try:
                self.store.copy(source, target, bottle.digest)
            except ConflictError:
                # Whatever it is, it is not what it is called.
                self.public.expose(source, target, bottle.digest)
        if "flat" in self.views:
            # A bottle that was built again under one name waits for the publishing:
            # clients know the other digest until then.
            with suppress(ConflictError):
                self.store.copy(source, flat_key(bottle), bottle.digest)
        return self.keep_index(bottle, known)

    def all(
        self, stored: Iterable[BottleMirrored], ledger: Ledger, jobs: int
    ) -> list[BottleMirrored | IndexMirrored]:
        """Write the views of bottles that the ledger does not know yet.

        Returns:
            What is to be recorded: bottles whose views cannot be written are left out.
        """
        events: list[BottleMirrored | IndexMirrored] = []
        told: set[Digest] = set()
        with ThreadPoolExecutor(jobs) as pool:
            for event, index, shown in pool.map(partial(self._try, ledger), stored):
                if index is not None and index.digest not in told:
                    told.add(index.digest)
                    if is_news(index, ledger):
                        events.append(IndexMirrored(index))
                if shown:
                    events.append(event)
        return events

    def _try(
        self, ledger: Ledger, stored: BottleMirrored
    ) -> tuple[BottleMirrored, KeptIndex | None, bool]:
        """Write the views of a bottle; tell whether that could be done."""
        try:
            index = self(stored, known_index(ledger, stored.bottle))
        except (PortError, DigestMismatchError):
            return stored, None, False
        return stored, index, True
