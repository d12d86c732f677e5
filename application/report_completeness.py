"""Reporting: how complete the mirror is, and what proves it."""

from __future__ import annotations

from dataclasses import dataclass

from application.read_history import ReadHistory, status_at
from domain.status import Status
from ports.status_page import StatusPage


@dataclass(frozen=True, slots=True)
class ReportCompleteness:
    """Tells how complete the mirror is, or was when a run had ended."""

    read: ReadHistory
    page: StatusPage

    def __call__(self, run: str | None = None) -> Status:
        """Return what the ledger says. Nothing is written.

        Args:
            run: A run that has ended; as it is now if None.

        Raises:
            NotOurStoreError: There is no ledger.
            NotFoundError: No such run has ended.
            LedgerDamagedError: The log is damaged.
        """
        if run is None:
            last = self.page.last()
            return status_at(*self.read(None if last is None else last.history))
        return status_at(*self.read.at_the_end_of(run))
