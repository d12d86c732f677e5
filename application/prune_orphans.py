"""Pruning: bottles and views that the ledger does not know go."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from application.opened_ledger import OpenedLedger
from application.own_up import own_up
from application.run import Runs, under_way
from domain.bottle import ObjectKey
from domain.ledger import Ledger
from ports.progress import Progress
from ports.store import Store


@dataclass(frozen=True, slots=True)
class PruneOrphans:
    """Removes orphans, as long as nobody begins to record who may have adopted them."""

    store: Store
    runs: Runs
    progress: Progress

    def __call__(
        self, opened: OpenedLedger, orphans: Sequence[ObjectKey]
    ) -> tuple[ObjectKey, ...]:
        """Remove what was found to be nobody's by the ledger as it is now.

        Returns:
            What is gone.

        Raises:
            PortError: The store or the log cannot be used.
            LedgerDamagedError: The log is damaged.
        """
        ledger = opened.ledger
        why_not = self._why_not(ledger)
        if why_not is not None:
            self.progress.note(why_not)
            return ()
        tried: list[ObjectKey] = []
        try:
            for key in orphans:
                if next(self.runs.log.read(ledger.position), None) is not None:
                    self.progress.note(
                        "no more orphans are removed: a run has begun since, and may"
                        " have adopted them"
                    )
                    break
                tried.append(key)
                self.store.delete(key)
        finally:
            self._own_up(opened, tried)
        return tuple(tried)

    def _why_not(self, ledger: Ledger) -> str | None:
        if not ledger.reconciled:
            return (
                "orphans are not removed while a repair of the ledger is unfinished:"
                " they may be bottles that it has yet to find; run bottles ledger"
                " repair --yes"
            )
        alive = under_way(ledger, self.runs.clock.now())
        if alive is not None:
            return (
                f"orphans are not removed while run {alive} is under way: they may be"
                " its bottles"
            )
        return None

    def _own_up(self, opened: OpenedLedger, removed: Collection[ObjectKey]) -> None:
        run = self.runs.begin(opened)
        lost = own_up(run.journal, self.store, set(removed))
        if lost:
            self.progress.note(
                f"{len(lost)} bottles were adopted while they were removed, and are"
                " recorded as lost: the next sync brings them in"
            )
            run.publish()
