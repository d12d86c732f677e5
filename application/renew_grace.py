"""Renewing the grace of what clients have seen until now, and will not see any more."""

from __future__ import annotations

from application.generation_lists import GenerationLists
from application.journal import Journal
from domain.generations import GraceRenewed
from domain.listing import Listing
from domain.publication import places_of
from ports.clock import Clock


def renew_grace(
    journal: Journal, lists: GenerationLists, clock: Clock, coming: Listing
) -> None:
    """Let the grace of superseded bottles begin today that are about to be hidden.

    As a rule it does anyway: what upstream drops is superseded by the run that
    publishes. A mirror that stood still, because it was incomplete or gone back, has
    clients whose documents name what was superseded long ago.

    Args:
        coming: What clients are to see next.
    """
    ledger = journal.ledger
    hidden = lists.if_readable(ledger.generations.get(ledger.published or 0))
    if hidden is None:
        return
    today, place_of = clock.now().date(), places_of(ledger)
    renewed: list[GraceRenewed] = []
    for key, digest in hidden.bottles.items():
        if coming.bottles.get(key) == digest:
            continue
        place = place_of(key, digest)
        old = ledger.superseded.get(place) if place is not None else None
        if place is None or old is None:
            continue
        if old.on < today:
            renewed.append(GraceRenewed(key, digest, place, today))
    journal.record(renewed)
