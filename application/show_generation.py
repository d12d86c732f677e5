"""Showing a generation: what clients read becomes that of the one published."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from application.journal import Journal
from domain.generations import Generation, GenerationShown
from domain.ledger import Ledger
from domain.listing import Listing
from domain.publication import objects_of
from domain.views import (
    View,
    api_key,
    blob_key,
    flat_index_key,
    flat_key,
    generation_document_key,
    index_key,
    kept_index_key,
)
from ports.generations import Generations
from ports.public_objects import PublicObjects

Step = Callable[[], object]


@dataclass(frozen=True, slots=True)
class ShowGeneration:
    """Makes the generation that the ledger says is published the one that is seen.

    Bottles come first, then indexes, then the documents of the API: at no moment does
    a client see a document that names a bottle which is not there.

    Attributes:
        jobs: How many objects are written at a time.
    """

    objects: PublicObjects
    generations: Generations
    views: tuple[View, ...]
    jobs: int

    def __call__(self, journal: Journal, base: int | None) -> None:
        """Show the generation that is published, and record that it is shown.

        Another that is published meanwhile is shown in its place.

        Args:
            base: The generation that is seen now in all its parts; None if nobody
                knows, and each part is to be looked at.

        Raises:
            PortError: The store or the log cannot be used.
            LedgerDamagedError: The log is damaged.
        """
        while True:
            ledger = journal.ledger
            published = ledger.published
            if published is None:
                return
            generation = ledger.generations[published]
            self.switch(generation, ledger, ledger.generations.get(base or 0))
            journal.follow()
            if journal.ledger.published == published:
                break
            # Whoever published another may have shown it before this one's last part.
            base = None
        if journal.ledger.shown != published or base is None:
            journal.record([GenerationShown(published)])

    def switch(
        self, generation: Generation, ledger: Ledger, base: Generation | None
    ) -> None:
        """Replace what differs: by the time this returns, all of it is the new one.

        Nothing is recorded.

        Args:
            base: What is seen now in all its parts; None if nobody knows.

        Raises:
            PortError: The store cannot be used.
        """
        listing = self.generations.listing(generation.number, generation.listing)
        seen, known = Listing({}, {}), {}
        if base is not None:
            seen = self.generations.listing(base.number, base.listing)
            known = dict(base.documents)
        self._do(self._bottles(listing, seen, ledger))
        self._do(self._indexes(listing, seen))
        for name, sha256 in generation.documents.items():
            if known.get(name) != sha256:
                kept = generation_document_key(generation.number, name)
                self.objects.copy(kept, api_key(name))
        for name in set(known) - set(generation.documents):
            self.objects.remove(api_key(name))

    def _bottles(
        self, listing: Listing, seen: Listing, ledger: Ledger
    ) -> Iterator[Step]:
        """Yield what makes each bottle be where clients look for it.

        Workers have put nearly all of them there. What is left are names that another
        digest had, and views that were switched on since.
        """
        places = objects_of(ledger)
        for key, digest in listing.bottles.items():
            entry, place = ledger.held.get(key), places.get((key, digest))
            if seen.bottles.get(key) == digest or entry is None or place is None:
                continue
            bottle = entry.bottle.of(digest)
            if "registry" in self.views:
                yield partial(self.objects.expose, place, blob_key(bottle), digest)
            if "flat" in self.views:
                yield partial(self.objects.expose, place, flat_key(bottle), digest)

    def _indexes(self, listing: Listing, seen: Listing) -> Iterator[Step]:
        for release, index in listing.indexes.items():
            before = seen.indexes.get(release)
            if before is not None and before.digest == index.digest:
                continue
            name, tagref, digest = index.name, index.tagref, index.digest
            kept = kept_index_key(name, digest)
            if "registry" in self.views:
                target = index_key(name, tagref)
                yield partial(self.objects.expose, kept, target, digest)
            if "flat" in self.views:
                target = flat_index_key(name, tagref)
                yield partial(self.objects.expose, kept, target, digest)

    def _do(self, steps: Iterable[Step]) -> None:
        with ThreadPoolExecutor(self.jobs) as pool:
            for done in [pool.submit(step) for step in steps]:
                done.result()
