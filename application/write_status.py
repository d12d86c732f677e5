"""Writing the status page: whoever looks sees what the log says by now."""

from __future__ import annotations

from dataclasses import dataclass

from application.read_history import ReadHistory, status_at
from domain.status import Status
from ports.status_page import StatusPage


@dataclass(frozen=True, slots=True)
class WrittenStatus:
    """What was written.

    Attributes:
        keys: Where, the page itself first.
    """

    status: Status
    keys: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WriteStatus:
    """Writes the status page as the log gives it."""

    read: ReadHistory
    page: StatusPage

    def __call__(self) -> WrittenStatus:
        """Write the page.

        Raises:
            NotOurStoreError: There is no ledger.
            PortError: The store or the log cannot be used.
            LedgerDamagedError: The log is damaged; the page is left as it is.
        """
        ledger, history = self.read()
        status = status_at(ledger, history)
        return WrittenStatus(status, self.page.write(status, history))
