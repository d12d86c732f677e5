"""What publishing and going back have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from domain.api_documents import CATALOG
from domain.bottle import BottleKey
from domain.errors import MirrorError
from domain.generations import Generation
from domain.ledger import Ledger
from domain.publication import Promised
from domain.selection import Selection
from domain.views import View

_NAMED: Final = 10
"""Of what is missing, so many are named in an error."""


class PublishRefusedError(MirrorError):
    """A generation cannot be published, or gone back to: clients do not see it."""

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


def is_publishable(documents: Mapping[str, str]) -> bool:
    """Return whether these are documents that clients ask the API for."""
    return CATALOG in documents


def is_due(ledger: Ledger, *, changed: bool) -> bool:
    """Return whether a complete run is to publish.

    Args:
        changed: Whether the run has brought in anything.
    """
    catalog, newest = ledger.catalog, newest_of(ledger)
    if catalog is None or not is_publishable(catalog.documents):
        return False
    if changed or newest is None or ledger.shown != ledger.published:
        return True
    return dict(ledger.generations[newest].documents) != dict(catalog.documents)


def newest_of(ledger: Ledger) -> int | None:
    """Return the number of the newest generation that is kept."""
    return max(ledger.generations, default=None)


def seen_of(ledger: Ledger, views: Collection[View]) -> int | None:
    """Return the generation that is seen in all its parts, in each of ``views``.

    None if nobody knows of one: then each part is to be looked at.
    """
    number = ledger.published
    if number is None or ledger.shown != number:
        return None
    return number if _is_in(ledger.generations[number], views) else None


def is_published(
    ledger: Ledger, number: int, documents: Mapping[str, str], views: Collection[View]
) -> bool:
    """Return whether a generation is published, of ``documents``, in ``views``."""
    generation = ledger.generations[number]
    return (
        number == ledger.published
        and dict(generation.documents) == dict(documents)
        and _is_in(generation, views)
    )


def _is_in(generation: Generation, views: Collection[View]) -> bool:
    # A view that was switched on since has nothing yet of what was there before.
    return generation.views.keys() >= set(views)


def some_of(keys: tuple[BottleKey, ...]) -> str:
    """Return the first of ``keys`` in words, and how many more there are."""
    more = len(keys) - _NAMED
    named = ", ".join(keys[:_NAMED])
    return f"{named} and {more:,} more" if more > 0 else named
