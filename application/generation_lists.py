"""The lists of generations, as far as they can be read."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from domain.generations import Generation
from domain.listing import Listing
from ports.errors import MalformedError, NotFoundError
from ports.generations import Generations


@dataclass(frozen=True, slots=True)
class GenerationLists:
    """Reads the lists of generations, but for those that are at hand.

    Attributes:
        at_hand: By their SHA-256.
    """

    generations: Generations
    at_hand: Mapping[str, Listing] = field(default_factory=dict)

    def of(self, generation: Generation) -> Listing:
        """Return the list of a generation.

        Raises:
            NotFoundError, MalformedError: It cannot be read any more.
            PortError: The store cannot be used.
        """
        listing = self.at_hand.get(generation.listing)
        if listing is not None:
            return listing
        return self.generations.listing(generation.number, generation.listing)

    def if_readable(self, generation: Generation | None) -> Listing | None:
        """Return the list of a generation; None if there is none, or none to be read.

        Raises:
            PortError: The store cannot be used.
        """
        if generation is not None:
            with suppress(NotFoundError, MalformedError):
                return self.of(generation)
        return None
