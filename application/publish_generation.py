"""Publishing: what is held and what upstream's API says become visible together."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from application.journal import Journal
from application.show_generation import ShowGeneration
from domain.bottle import BottleKey
from domain.errors import MirrorError
from domain.events import Event
from domain.generations import (
    GenerationDropped,
    GenerationPublished,
)
from domain.ledger import Ledger
from domain.listing import Listing
from domain.publication import Promised, Prospect, prospect
from domain.selection import Selection
from domain.views import View
from ports.generations import Generations

_FOR_CLIENTS: Final = "internal/packages."
"""What brew 6 and later reads, and nothing else."""
_NAMED: Final = 10
"""Of what is missing, so many are named in an error."""


class PublishRefusedError(MirrorError):
    """A generation cannot be published, or gone back to; nothing was changed."""

    def __init__(self, reason: str, missing: tuple[BottleKey, ...] = ()) -> None:
        super().__init__(reason)
        self.missing = missing


class Promises(Protocol):
    """Reads what documents of the API name."""

    @abstractmethod
    def __call__(self, documents: Mapping[str, str], selection: Selection) -> Promised:
        """Return what ``documents``, which are staged, name.

        Args:
            documents: The SHA-256 of each, by its name.

        Raises:
            NotFoundError: One of them is not staged any more.
            PortError: The store cannot be used, or a document not be read.
        """
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Publication:
    """What clients see now.

    Attributes:
        is_new: Whether it was published just now.
        missing: Bottles that it names and does not serve, which was accepted.
    """

    generation: int
    bottles: int
    is_new: bool
    missing: tuple[BottleKey, ...] = ()


@dataclass(frozen=True, slots=True)
class PublishGeneration:
    """Publishes what the ledger holds of the catalog that was read last.

    Attributes:
        keep: How many generations can be gone back to, the visible one included.
    """

    promises: Promises
    generations: Generations
    show: ShowGeneration
    views: tuple[View, ...]
    keep: int

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
            ledger = journal.ledger
            base = ledger.published if ledger.shown == ledger.published else None
            documents = self._documents(ledger)
            offered = self._prospect(ledger, documents, selection)
            if offered.shortfall and not allow_missing:
                raise _short(offered)
            newest = _newest(ledger)
            if newest is not None and _is_the_same(
                ledger, newest, documents, self._listing(ledger, newest), offered
            ):
                if base is None:
                    self.show(journal, base)
                return _publication(journal.ledger, offered, is_new=False)
            number = (newest or 0) + 1
            listing = self.generations.keep(number, documents, offered.listing)
            if self._publish(journal, number, documents, listing, offered):
                self.show(journal, base)
                self._tidy(journal)
                return _publication(journal.ledger, offered, is_new=True)
            # Another has published meanwhile, and this number is taken.

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
        self, ledger: Ledger, documents: Mapping[str, str], selection: Selection
    ) -> Prospect:
        newest = _newest(ledger)
        return prospect(
            self.promises(documents, selection),
            ledger,
            self._listing(ledger, newest) if newest is not None else None,
            needs_indexes="registry" in self.views,
        )

    def _listing(self, ledger: Ledger, number: int) -> Listing:
        return self.generations.listing(number, ledger.generations[number].listing)

    def _publish(
        self,
        journal: Journal,
        number: int,
        documents: Mapping[str, str],
        listing: str,
        offered: Prospect,
    ) -> bool:
        """Record that a generation is published, unless another came first."""
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
            if (_newest(ledger) or 0) >= number:
                return None
            return (event,)

        return journal.record_as(decide)

    def _tidy(self, journal: Journal) -> None:
        """Let go the generations that are too old, and documents of none."""
        ledger = journal.ledger
        kept = {*sorted(ledger.generations)[-self.keep :]}
        kept |= {n for n in (ledger.published, ledger.shown) if n is not None}
        old = [number for number in ledger.generations if number not in kept]
        journal.record(map(GenerationDropped, old))
        for number in old:
            self.generations.drop(number)
        if not ledger.runs and ledger.catalog is not None:
            # Another run may have staged what it has not recorded yet.
            self.generations.sweep(ledger.catalog.documents.values())


def is_publishable(documents: Mapping[str, str]) -> bool:
    """Return whether these are documents that clients ask the API for."""
    return any(name.startswith(_FOR_CLIENTS) for name in documents)


def is_due(ledger: Ledger, *, changed: bool) -> bool:
    """Return whether a complete run is to publish.

    Args:
        changed: Whether the run has brought in anything.
    """
    catalog, newest = ledger.catalog, _newest(ledger)
    if catalog is None or not is_publishable(catalog.documents):
        return False
    if changed or newest is None or ledger.shown != ledger.published:
        return True
    return dict(ledger.generations[newest].documents) != dict(catalog.documents)


def _newest(ledger: Ledger) -> int | None:
    return max(ledger.generations, default=None)


def _is_the_same(
    ledger: Ledger,
    newest: int,
    documents: Mapping[str, str],
    listing: Listing,
    offered: Prospect,
) -> bool:
    generation = ledger.generations[newest]
    return (
        newest == ledger.published
        and dict(generation.documents) == dict(documents)
        and listing == offered.listing
    )


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


def some_of(keys: tuple[BottleKey, ...]) -> str:
    """Return the first of ``keys`` in words, and how many more there are."""
    more = len(keys) - _NAMED
    named = ", ".join(keys[:_NAMED])
    return f"{named} and {more:,} more" if more > 0 else named


def _publication(ledger: Ledger, offered: Prospect, *, is_new: bool) -> Publication:
    number = ledger.published or 0
    return Publication(number, offered.serves, is_new, offered.shortfall)
