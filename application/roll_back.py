"""Going back: a generation that was visible before is made visible again."""

from __future__ import annotations

from dataclasses import dataclass

from application.generation_lists import GenerationLists
from application.journal import Journal
from application.publication import (
    Publication,
    PublishRefusedError,
    seen_of,
    some_of,
)
from application.renew_grace import renew_grace
from application.show_generation import ShowGeneration
from domain.bottle import BottleKey
from domain.events import Event
from domain.generations import GenerationRolledBack
from domain.ledger import Ledger
from domain.listing import Listing
from domain.publication import places_of
from ports.clock import Clock
from ports.generations import Generations


@dataclass(frozen=True, slots=True)
class RollBack:
    """Goes back to a generation that is kept."""

    generations: Generations
    show: ShowGeneration
    clock: Clock

    def __call__(self, journal: Journal, to: int | None = None) -> Publication:
        """Make an earlier generation visible again; nothing is downloaded.

        Args:
            to: Its number; the one before the visible one if None.

        Raises:
            PublishRefusedError: There is no such generation, or no more; or another
                was made visible meanwhile, and is what clients see.
            PortError: The store or the log cannot be used.
            LedgerDamagedError: The log is damaged.
        """
        ledger = journal.ledger
        target = _target(ledger, to)
        generation = ledger.generations[target]
        # Read before anything is changed: what cannot be read cannot be shown.
        listing = GenerationLists(self.generations).of(generation)
        gone = _gone(listing, ledger)
        if gone:
            raise PublishRefusedError(
                f"generation {target} needs {len(gone):,} bottles that the mirror no"
                f" longer holds: {some_of(gone)}",
                gone,
            )
        at_hand = {generation.listing: listing}
        lists = GenerationLists(self.generations, at_hand)
        renew_grace(journal, lists, self.clock, listing)
        base = self._record(journal, target)
        self.show(journal, base, at_hand)
        published = journal.ledger.published
        if published != target:
            raise PublishRefusedError(
                f"generation {published} was made visible meanwhile, and is what"
                f" clients see: to go back to {target} all the same, do it again"
            )
        return Publication(target, generation.bottles, is_new=False)

    def _record(self, journal: Journal, target: int) -> int | None:
        """Record that a generation is gone back to.

        Returns:
            What was seen until then, in all its parts; None if nobody knows.

        Raises:
            PublishRefusedError: It is not kept any more.
        """
        base: int | None = None

        def decide(ledger: Ledger) -> tuple[Event, ...] | None:
            nonlocal base
            base = seen_of(ledger, self.show.views)
            if target not in ledger.generations:
                return None
            return (GenerationRolledBack(target),)

        if not journal.record_as(decide):
            raise _not_kept(journal.ledger, target)
        return base


def _target(ledger: Ledger, to: int | None) -> int:
    """Return the generation to go back to.

    Raises:
        PublishRefusedError: There is none.
    """
    kept = sorted(ledger.generations)
    if ledger.published is None:
        raise PublishRefusedError("no generation is published yet: bottles publish")
    if to is None:
        before = [number for number in kept if number < ledger.published]
        if not before:
            raise PublishRefusedError(
                f"generation {ledger.published} is the first that is kept: there is"
                " none to go back to"
            )
        return before[-1]
    if to not in ledger.generations:
        raise _not_kept(ledger, to)
    return to


def _not_kept(ledger: Ledger, number: int) -> PublishRefusedError:
    kept = ", ".join(map(str, sorted(ledger.generations)))
    return PublishRefusedError(f"generation {number} is not kept; there are {kept}")


def _gone(listing: Listing, ledger: Ledger) -> tuple[BottleKey, ...]:
    place_of = places_of(ledger)
    return tuple(
        key for key, digest in listing.bottles.items() if place_of(key, digest) is None
    )
