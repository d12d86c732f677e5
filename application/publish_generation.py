"""Publishing: what is held and what upstream's API says become visible together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from application.find_indexes import FindIndexes
from application.generation_lists import GenerationLists
from application.journal import MAX_EVENTS, Journal
from application.publication import (
    Promises,
    Publication,
    PublishRefusedError,
    is_publishable,
    is_published,
    newest_of,
    seen_of,
    some_of,
)
from application.renew_grace import renew_grace
from application.show_generation import ShowGeneration
from application.tidy_generations import tidy_generations
from domain.bottle import BottleKey
from domain.events import CatalogRead, Event
from domain.generations import (
    GenerationPublished,
    IndexMirrored,
    KeptIndex,
)
from domain.ledger import Ledger
from domain.listing import Listing
from domain.publication import Promised, Prospect, prospect
from domain.selection import Selection
from domain.views import View
from ports.clock import Clock
from ports.errors import ConflictError, MalformedError, NotFoundError, PortError
from ports.generations import Generations
from ports.progress import Progress


@dataclass(frozen=True, slots=True)
class PublishGeneration:
    """Publishes what the ledger holds of the catalog that was read last.

    Attributes:
        keep: How many generations can be gone back to, the visible one included.
        find_indexes: Makes up for indexes that did not come with their bottles; None
            is to ask nobody.
    """

    promises: Promises
    generations: Generations
    show: ShowGeneration
    views: tuple[View, ...]
    keep: int
    clock: Clock
    progress: Progress
    find_indexes: FindIndexes | None = None

    def __call__(
        self, journal: Journal, selection: Selection, *, allow_missing: bool = False
    ) -> Publication:
        """Publish a generation, or go on with showing the last one.

        Args:
            allow_missing: Publish though bottles are missing; they are named.

        Raises:
            PublishRefusedError: There is nothing to publish, or bottles are missing.
            PortError: The store or the log cannot be used.
            LedgerDamagedError: The log is damaged.
        """
        while True:
            done = self._try(journal, selection, allow_missing=allow_missing)
            if done is not None:
                return done
            # Another has published or read a later one meanwhile.
            journal.follow()

    def _try(
        self, journal: Journal, selection: Selection, *, allow_missing: bool
    ) -> Publication | None:
        """Publish, unless another does meanwhile."""
        ledger = journal.ledger
        base = seen_of(ledger, self.views)
        documents = self._documents(ledger)
        try:
            newest = newest_of(ledger)
            before = self._before(ledger, newest)
            promised = self.promises(documents, selection)
            offered = self._prospect(promised, ledger, before)
            if offered.unlisted and self.find_indexes is not None:
                held = ledger.held
                unlisted = [held[key].bottle for key in offered.unlisted]
                self.find_indexes(journal, unlisted)
                if newest_of(ledger) != newest:
                    return None
                offered = self._prospect(promised, ledger, before)
            if offered.shortfall and not allow_missing:
                raise _short(offered)
            kept = None
            if (
                newest is None
                or not is_published(ledger, newest, documents, self.views)
                or before != offered.listing
            ):
                kept = self._keep(newest, documents, offered.listing)
        except NotFoundError:
            self._forget(journal, documents)
            return None
        if kept is None:
            if base is None:
                self.show(journal, base)
            return _publication(journal.ledger, offered, is_new=False)
        number, listing = kept
        at_hand = {listing: offered.listing}
        if newest is not None and before is not None:
            at_hand[ledger.generations[newest].listing] = before
        lists = GenerationLists(self.generations, at_hand)
        renew_grace(journal, lists, self.clock, offered.listing)
        if not self._publish(journal, kept, documents, offered, base):
            self.generations.drop(number)
            return None
        self.show(journal, base, at_hand)
        self._tidy(journal, base)
        return _publication(journal.ledger, offered, is_new=True)

    def _documents(self, ledger: Ledger) -> Mapping[str, str]:
        """Return the documents of the catalog that was read last.

        Raises:
            PublishRefusedError: It was none of the signed API's.
        """
        if ledger.catalog is None or not is_publishable(ledger.catalog.documents):
            raise PublishRefusedError(
                "there is nothing to publish: the catalog was not read from the signed"
                " API (catalog = formula.jws.json), whose documents clients ask for"
            )
        return ledger.catalog.documents

    def _prospect(
        self, promised: Promised, ledger: Ledger, before: Listing | None
    ) -> Prospect:
        needs_indexes = "registry" in self.views
        return prospect(promised, ledger, before, needs_indexes=needs_indexes)

    def _before(self, ledger: Ledger, newest: int | None) -> Listing | None:
        """Return the list of the newest generation.

        None if there is none, or none to be read: what it had of indexes is then asked
        for again.
        """
        generation = ledger.generations.get(newest or 0)
        return GenerationLists(self.generations).if_readable(generation)

    def _keep(
        self, newest: int | None, documents: Mapping[str, str], listing: Listing
    ) -> tuple[int, str]:
        """Keep a generation under the next number that is free.

        Returns:
            The number and the SHA-256 of the list.
        """
        number = (newest or 0) + 1
        while True:
            try:
                return number, self.generations.keep(number, documents, listing)
            except ConflictError:
                number += 1
            except (NotFoundError, MalformedError):
                self.generations.drop(number)
                raise

    def _forget(self, journal: Journal, documents: Mapping[str, str]) -> None:
        """Let documents be read anew that are gone, unless others were read meanwhile.

        Raises:
            PublishRefusedError: They are gone.
        """
        journal.follow()
        catalog = journal.ledger.catalog
        if catalog is None or catalog.documents != documents:
            return
        unread = CatalogRead(catalog.source, {}, None, None, catalog.formulae)
        journal.record([unread])
        raise PublishRefusedError(
            "documents of the API that were read are not in the store; the next sync"
            " reads them again"
        )

    def _publish(
        self,
        journal: Journal,
        kept: tuple[int, str],
        documents: Mapping[str, str],
        offered: Prospect,
        base: int | None,
    ) -> bool:
        """Record that a generation is published, unless another came first.

        Nor is it, if a bottle was evicted or lost since it was looked at, or something
        else than ``base`` is seen by now: what differs from that is to be shown.
        """
        number, listing = kept
        missing, bottles = len(offered.shortfall), len(offered.listing.bottles)
        event = GenerationPublished(
            number,
            documents,
            listing,
            offered.serves,
            missing,
            dict.fromkeys(self.views, bottles),
        )

        def decide(ledger: Ledger) -> tuple[Event, ...] | None:
            if (newest_of(ledger) or 0) >= number:
                return None
            if seen_of(ledger, self.views) != base:
                return None
            if not _is_held(offered.listing, ledger):
                return None
            # What others have mirrored since is in no list yet.
            return (event, *_not_listed(ledger, offered.listing))

        return journal.record_as(decide)

    def _tidy(self, journal: Journal, base: int | None) -> None:
        """Let go what is old; clients see the new generation whether or not it goes."""
        try:
            now = self.clock.now()
            tidy_generations(journal, self.generations, self.keep, base, now)
        except PortError as error:
            self.progress.warn(
                f"generation {journal.ledger.published} is published; what is older and"
                f" may go is left to the next one: {error}"
            )


def _is_held(listing: Listing, ledger: Ledger) -> bool:
    """Tell whether all is still there that a list promises."""
    held = ledger.held
    return all(
        key in held and held[key].bottle.digest == digest
        for key, digest in listing.bottles.items()
    )


def _not_listed(ledger: Ledger, listing: Listing) -> Sequence[IndexMirrored]:
    """Return the indexes that a list lacks, of bottles that the next may have.

    The ledger takes a list that is published for all that there is.
    """
    lacking = [
        IndexMirrored(index)
        for release, index in ledger.indexes.items()
        if listing.indexes.get(release) != index
        # Of a run that is under way the bottle may come behind its index.
        and (ledger.runs or _is_of_held(index, ledger))
    ]
    return lacking[: MAX_EVENTS - 1]


def _is_of_held(index: KeptIndex, ledger: Ledger) -> bool:
    entries = (
        ledger.held.get(BottleKey(f"{index.release}-{tag}")) for tag in index.bottles
    )
    return any(entry is not None and ledger.has(entry.bottle) for entry in entries)


def _short(offered: Prospect) -> PublishRefusedError:
    reasons = [
        f"{len(keys):,} {what}: {some_of(keys)}"
        for keys, what in (
            (offered.missing, "bottles that the API names are not held"),
            (offered.unlisted, "bottles have no index in the registry view"),
        )
        if keys
    ]
    return PublishRefusedError(
        f"{'; '.join(reasons)}. A sync may bring them in; --allow-missing publishes"
        " without them",
        offered.shortfall,
    )


def _publication(ledger: Ledger, offered: Prospect, *, is_new: bool) -> Publication:
    number = ledger.published or 0
    return Publication(number, offered.serves, is_new, offered.shortfall)
