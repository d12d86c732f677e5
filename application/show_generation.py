"""Showing a generation: what clients read becomes that of the one published."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Final

from application.generation_lists import GenerationLists
from application.journal import Journal
from domain.generations import (
    Generation,
    GenerationShown,
    KeptIndex,
    ReleaseKey,
)
from domain.ledger import Ledger
from domain.listing import Listing
from domain.publication import places_of
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
from ports.errors import NotFoundError
from ports.generations import Generations
from ports.public_objects import PublicObjects

Step = Callable[[], object]

_NONE: Final[Mapping[str, Listing]] = MappingProxyType({})


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

    def __call__(
        self,
        journal: Journal,
        base: int | None,
        at_hand: Mapping[str, Listing] = _NONE,
    ) -> None:
        """Show the generation that is published, and record that it is shown.

        Another that is published meanwhile is shown in its place.

        Args:
            base: The generation that is seen now in all its parts; None if nobody
                knows, and each part is to be looked at.
            at_hand: Lists of generations that need not be read, by their SHA-256.

        Raises:
            PortError: The store or the log cannot be used.
            LedgerDamagedError: The log is damaged.
        """
        visible: set[str] = set()
        while True:
            ledger = journal.ledger
            published = ledger.published
            if published is None:
                return
            generation = ledger.generations[published]
            before = ledger.generations.get(base or 0)
            try:
                self.switch(generation, ledger, before, visible, at_hand)
            except NotFoundError:
                journal.follow()
                if journal.ledger.published == published:
                    raise
                # Whoever published another has let this one go.
                base = None
                continue
            finally:
                visible.update(generation.documents)
            journal.follow()
            if journal.ledger.published == published:
                break
            # Whoever published another may have shown it before this one's last part.
            base = None
        if journal.ledger.shown != published or base is None:
            journal.record([GenerationShown(published)])

    def switch(
        self,
        generation: Generation,
        ledger: Ledger,
        base: Generation | None,
        visible: Collection[str] = (),
        at_hand: Mapping[str, Listing] = _NONE,
    ) -> None:
        """Replace what differs: by the time this returns, the new one is seen.

        Nothing is recorded.

        Args:
            base: What is seen now in all its parts; None if nobody knows.
            visible: Names of documents that may be seen as well.
            at_hand: Lists of generations that need not be read, by their SHA-256.

        Raises:
            PortError: The store cannot be used.
        """
        lists = GenerationLists(self.generations, at_hand)
        listing = lists.of(generation)
        later = [each for each in ledger.generations if each > generation.number]
        after = (lists.if_readable(ledger.generations[each]) for each in sorted(later))
        indexes = _widest(listing.indexes, after)
        # What cannot be read is looked at in all its parts.
        seen = lists.if_readable(base) or Listing({}, {})
        self._do(self._bottles(listing, seen, ledger))
        self._do(self._indexes(indexes, seen))
        # All of them: one that published before this and was slow may have put back
        # its own, and died of it.
        for name in generation.documents:
            kept = generation_document_key(generation.number, name)
            self.objects.copy(kept, api_key(name))
        # Whatever may be seen is kept until another is seen in all its parts.
        others = ledger.generations.values() if base is None else (base,)
        seen_names = {name for each in others for name in each.documents}
        for name in seen_names.union(visible) - generation.documents.keys():
            self.objects.remove(api_key(name))

    def _bottles(
        self, listing: Listing, seen: Listing, ledger: Ledger
    ) -> Iterator[Step]:
        """Yield what makes each bottle be where clients look for it.

        Workers have put nearly all of them there. What is left are names that another
        digest had, and views that were switched on since.
        """
        place_of = places_of(ledger)
        for key, digest in listing.bottles.items():
            if seen.bottles.get(key) == digest:
                continue
            entry, place = ledger.held.get(key), place_of(key, digest)
            if entry is None or place is None:
                continue
            bottle = entry.bottle.of(digest)
            if "registry" in self.views:
                yield partial(self.objects.expose, place, blob_key(bottle), digest)
            if "flat" in self.views:
                yield partial(self.objects.expose, place, flat_key(bottle), digest)

    def _indexes(
        self, indexes: Mapping[ReleaseKey, KeptIndex], seen: Listing
    ) -> Iterator[Step]:
        for release, index in indexes.items():
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
        # As many wait as keep all threads busy, of tens of thousands.
        pending: deque[Future[object]] = deque()
        with ThreadPoolExecutor(self.jobs) as pool:
            for step in steps:
                pending.append(pool.submit(step))
                if len(pending) >= 4 * self.jobs:
                    pending.popleft().result()
            while pending:
                pending.popleft().result()


def _widest(
    indexes: Mapping[ReleaseKey, KeptIndex], later: Iterable[Listing | None]
) -> Mapping[ReleaseKey, KeptIndex]:
    """Return the indexes to show for a generation: its own, or wider ones.

    Who goes back still has clients with later documents. Where a later index names
    all that the generation's own does, and the tags that were added since, both
    find in it what they ask for.

    Args:
        later: The lists of the generations after it, as far as they can be read.
    """
    widest = dict(indexes)
    for listing in later:
        of_later = listing.indexes if listing is not None else {}
        widest |= {
            release: of_later[release]
            for release, index in widest.items()
            if release in of_later
            and of_later[release].bottles.items() >= index.bottles.items()
        }
    return widest
