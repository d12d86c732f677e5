"""Owning up: others may have recorded what was removed while it was."""

from __future__ import annotations

from collections.abc import Collection

from application.journal import Journal
from domain.bottle import BottleKey, ObjectKey
from domain.events import BottleLost
from domain.garbage import names_of
from domain.records import HashEntry
from ports.store import Store


def own_up(
    journal: Journal, store: Store, removed: Collection[ObjectKey]
) -> tuple[BottleKey, ...]:
    """Record the loss of what others relied on while it was removed.

    Whoever removes looks at the log first. A run that begins right then finds in the
    store what is on its way out.

    Args:
        removed: What is gone, or may be.

    Returns:
        The bottles that were lost.

    Raises:
        PortError: The store or the log cannot be used.
        LedgerDamagedError: The log is damaged.
    """
    if not removed:
        return ()
    journal.follow()
    lost = [
        BottleLost(key, entry.bottle.digest, entry.object_key, f"no {name}")
        for key, entry in journal.ledger.held.items()
        if (name := _missing_of(entry, store, removed)) is not None
    ]
    journal.record(lost)
    return tuple(event.key for event in lost)


def _missing_of(
    entry: HashEntry, store: Store, removed: Collection[ObjectKey]
) -> ObjectKey | None:
    names = (entry.object_key, *names_of(entry.bottle))
    return next(
        (name for name in names if name in removed and store.info(name) is None), None
    )
