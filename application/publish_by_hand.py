"""Publishing and going back when a person asks for it."""

from __future__ import annotations

from dataclasses import dataclass

from application.opened_ledger import open_ledger
from application.publication import Publication
from application.publish_generation import PublishGeneration
from application.roll_back import RollBack
from application.run import Run, Runs
from domain.ledger import Ledger
from domain.selection import Selection
from ports.errors import NoLedgerError
from ports.progress import Progress


@dataclass(frozen=True, slots=True)
class PublishByHand:
    """Publishes a generation, or goes back to one, outside of any sync."""

    runs: Runs
    publish: PublishGeneration
    roll_back: RollBack
    progress: Progress

    def forward(
        self, selection: Selection, *, allow_missing: bool
    ) -> tuple[Publication, Ledger]:
        """Publish what is held of the catalog that was read last.

        Raises:
            PublishRefusedError: There is nothing to publish, or bottles are missing.
            PortError: The store or the log cannot be used.
            LedgerDamagedError: The log is damaged.
        """
        run = self._begun()
        publication = self.publish(run.journal, selection, allow_missing=allow_missing)
        run.publish()
        return publication, run.journal.ledger

    def back(self, to: int | None) -> tuple[Publication, Ledger]:
        """Make an earlier generation visible again.

        Args:
            to: Its number; the one before the visible one if None.

        Raises:
            PublishRefusedError: There is no such generation.
            PortError: The store or the log cannot be used.
            LedgerDamagedError: The log is damaged.
        """
        run = self._begun()
        publication = self.roll_back(run.journal, to)
        run.publish()
        return publication, run.journal.ledger

    def _begun(self) -> Run:
        opened = open_ledger(self.runs.log, self.runs.hash_file)
        for note in opened.notes:
            self.progress.note(note)
        if opened.identity is None:
            raise NoLedgerError
        return self.runs.begin(opened)
