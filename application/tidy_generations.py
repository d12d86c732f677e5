"""Tidying up behind a publication: generations that are too old, documents of none."""

from __future__ import annotations

from datetime import datetime

from application.journal import MAX_EVENTS, Journal
from application.run import SILENCE
from domain.events import Event
from domain.generations import GenerationDropped
from domain.ledger import Ledger
from ports.generations import Generations


def tidy_generations(
    journal: Journal,
    generations: Generations,
    keep: int,
    base: int | None,
    now: datetime,
) -> None:
    """Let go the generations that are too old, and documents of none.

    What was seen until now stays until the next time, however old it is: clients that
    somebody has led back to it still have its documents.

    Args:
        keep: How many can be gone back to, the visible one included.
        base: What was seen until now.

    Raises:
        PortError: The store or the log cannot be used; the next time makes up for it.
        LedgerDamagedError: The log is damaged.
    """

    def decide(ledger: Ledger) -> tuple[Event, ...] | None:
        # Somebody may go back to one of them until it is recorded that they go.
        kept = {*sorted(ledger.generations)[-keep:]}
        kept |= {n for n in (ledger.published, ledger.shown, base) if n is not None}
        old = [number for number in ledger.generations if number not in kept]
        return tuple(map(GenerationDropped, old[:MAX_EVENTS])) or None

    journal.record_as(decide)
    ledger = journal.ledger
    # What attempts that died have left goes as well: whoever has such a number and
    # lives, finds a later one published.
    for number in generations.numbers():
        if number not in ledger.generations and number < max(ledger.generations):
            generations.drop(number)
    sweep_documents(ledger, generations, now)


def sweep_documents(ledger: Ledger, generations: Generations, now: datetime) -> None:
    """Let go documents that were read and that nobody is going to publish.

    Raises:
        PortError: The store cannot be used.
    """
    if not ledger.runs and ledger.catalog is not None:
        # A run that is still planned has staged what it records once it is.
        generations.sweep(ledger.catalog.documents.values(), before=now - SILENCE)
