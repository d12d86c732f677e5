"""Importing the hash file of another mirror: what it lists is known to be elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

from application.opened_ledger import open_to_record
from application.run import Run, Runs
from domain.events import HashFileImported
from domain.ledger import Ledger
from domain.records import ImportSeen
from ports.errors import PortError
from ports.external_hash_file import ExternalEntries, ExternalHashFile
from ports.progress import Progress

NAMED: Final = 20
"""Unusable entries that are told of by name; a file may have as many as it likes."""


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import brought.

    Attributes:
        entries: Entries of the file that could be used.
        news: How many of them are known to be elsewhere now, and were not before.
        unchanged: Whether the file is what it was when it was imported last.
        migrated: How many entries were brought up to date, by what they lacked.
        skipped: Why an entry could not be used, by its key.
    """

    source: str
    entries: int
    news: int
    unchanged: bool
    ledger: Ledger
    migrated: Mapping[str, int] = field(default_factory=dict)
    skipped: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ImportHashFile:
    """Record what another mirror's hash file lists. Twice is the same as once.

    Attributes:
        required: Whether a sync must not go on without the file.
    """

    external: ExternalHashFile
    required: bool
    runs: Runs
    progress: Progress

    def __call__(self) -> ImportReport:
        """Import the file, and publish what is known now unless it is published.

        Raises:
            PortError: The file or the store cannot be used.
            LedgerDamagedError: The log is damaged; nothing was changed.
        """
        opened = open_to_record(self.runs.log, self.runs.hash_file)
        for note in opened.notes:
            self.progress.note(note)
        listed = self.ask(opened.ledger)
        run = self.runs.begin(opened)
        report = self.take(run, listed)
        if not (report.unchanged and opened.published):
            run.publish()
        return report

    def ask(self, ledger: Ledger) -> ExternalEntries | None:
        """Return what the file lists, None when that is what it listed before.

        Raises:
            PortError: The file cannot be had, or cannot be read.
        """
        seen = ledger.imports.get(self.external.source)
        return self.external.fetch(seen.etag if seen is not None else None)

    def news(self, ledger: Ledger) -> ExternalEntries | None:
        """Return what a sync has to learn of the file first.

        Raises:
            PortError: The file cannot be had or be read, and is required.
        """
        try:
            listed = self.ask(ledger)
        except PortError as error:
            if self.required:
                raise
            self.progress.note(f"the external hash file is left out: {error}")
            return None
        source = self.external.source
        if listed is not None:
            entries = f"entries: {len(listed.entries):,}"
            self.progress.note(f"external hash file {source}: loaded, {entries}")
            if listed.migrated:
                told = ", ".join(f"{n:,} {lack}" for lack, n in listed.migrated.items())
                self.progress.note(f"external hash file {source}: migrated, {told}")
            self._note(listed.skipped)
        elif source in ledger.imports:
            self.progress.note(
                f"external hash file {source}: skipped, it is what was imported before"
            )
        return listed

    def _note(self, skipped: Mapping[str, str]) -> None:
        """Tell of the first entries that cannot be used, and of how many more."""
        source = self.external.source
        for key, reason in islice(skipped.items(), NAMED):
            self.progress.note(f"{source}: {key} is left out: {reason}")
        if len(skipped) > NAMED:
            more = len(skipped) - NAMED
            self.progress.note(f"{source}: and {more:,} more are left out")

    def take(self, run: Run, listed: ExternalEntries | None) -> ImportReport:
        """Record what the file lists.

        Raises:
            PortError: The store cannot be used.
        """
        ledger, source = run.journal.ledger, self.external.source
        if listed is None:
            return ImportReport(source, 0, 0, unchanged=True, ledger=ledger)
        known = len(ledger.elsewhere)
        document = self.runs.documents.save_import(listed.entries)
        unchanged = ledger.imports.get(source) == ImportSeen(document, listed.etag)
        if not unchanged:
            run.journal.record(
                [
                    HashFileImported(
                        source=source,
                        document=document,
                        count=len(listed.entries),
                        etag=listed.etag,
                        entries=listed.entries,
                    )
                ]
            )
        return ImportReport(
            source=source,
            entries=len(listed.entries),
            news=len(ledger.elsewhere) - known,
            unchanged=unchanged,
            ledger=ledger,
            migrated=listed.migrated,
            skipped=listed.skipped,
        )
