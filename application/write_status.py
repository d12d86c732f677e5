"""Writing the status page: whoever looks sees what the log says by now."""

from __future__ import annotations

from dataclasses import dataclass

from application.read_history import ReadHistory, status_at
from domain.errors import MirrorError
from domain.status import Status
from ports.progress import Progress
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


@dataclass(frozen=True, slots=True)
class RefreshStatus:
    """Writes the status page at the end of a run, however that ended."""

    write: WriteStatus
    progress: Progress

    def __call__(self) -> None:
        """Write the page, before the hash file that it goes on from is replaced.

        That it cannot be written is no failure of the run.
        """
        try:
            self.write()
        except MirrorError as error:
            self.progress.warn(f"the status page was not written: {error}")
