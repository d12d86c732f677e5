"""Syncing: bring in what the mirror lacks, and record it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from application.adopt import Adopt, left_to_do
from application.carry_out import CarryOut, Tally
from application.import_hash_file import ImportHashFile
from application.opened_ledger import open_ledger
from application.plan_sync import PlanSync
from application.run import Run, Runs
from domain.catalog import Catalog
from domain.events import BottleFailed, CatalogRead
from domain.ledger import Ledger
from domain.plan import SyncPlan
from domain.records import CatalogSeen
from domain.selection import Selection
from domain.words import Outcome
from domain.work import Amount, Work
from ports.errors import PortError
from ports.progress import Progress


@dataclass(frozen=True, slots=True)
class SyncReport:
    """How a run went.

    Attributes:
        mirrored: Bottles held now that were not before, and the bytes fetched.
        copied: How many of them were made by copying inside the store.
        skipped: Bottles that were held already.
        left: Bottles that were left for a later run by the bound on bytes.
        causes: How many bottles failed, by cause.
        gave_up: Why the run ended before its work was done.
        duration: Seconds.
        ledger: At the run's last commit.
    """

    run: str
    outcome: Outcome
    mirrored: Amount
    copied: int
    skipped: int
    left: int
    failures: tuple[BottleFailed, ...]
    causes: Mapping[str, int]
    gave_up: PortError | None
    duration: int
    ledger: Ledger


@dataclass(frozen=True, slots=True)
class SyncBottles:
    """Fetch what the mirror lacks of a selection, and record it.

    A bottle's bytes are stored before the event that says so. A crash between
    the two costs one repeated fetch; the other order would leave the ledger
    promising bytes that are not there.
    """

    plan_sync: PlanSync
    carry_out: CarryOut
    adopt: Adopt
    external: ImportHashFile
    runs: Runs
    progress: Progress

    def __call__(
        self,
        selection: Selection,
        max_bytes: int | None = None,
        *,
        fetch_elsewhere: bool = False,
    ) -> SyncReport:
        """Sync once.

        Args:
            max_bytes: The most bytes to fetch; what is left waits.
            fetch_elsewhere: Fetch also what another mirror was said to have.

        Raises:
            SelectionError: Something that was named is not in the catalog.
            PortError: The catalog, the store or the log cannot be used.
            LedgerDamagedError: The log is damaged; nothing was changed.
        """
        begun = self.runs.clock.monotonic()
        opened = open_ledger(self.runs.log, self.runs.hash_file)
        for note in opened.notes:
            self.progress.note(note)
        listed = self.external.news(opened.ledger)
        planned = self.plan_sync(
            selection,
            opened.ledger if listed is None else opened.ledger.knowing(listed.entries),
            ask_sizes=max_bytes is not None,
            fetch_elsewhere=fetch_elsewhere,
        )
        run = self.runs.begin(opened)
        if listed is not None:
            self.external.take(run, listed)
        if planned is None:
            settles = run.journal.ledger.settled.get(selection.sha256)
            run.record_empty(selection.sha256, None, settles)
            tally, skipped, left = Tally(), len(run.journal.ledger.held), 0
        else:
            catalog, plan = planned
            tally, left = self._carry_out(run, catalog, plan, max_bytes)
            skipped = plan.held
        run.publish()
        return SyncReport(
            run=run.id,
            outcome=tally.outcome,
            mirrored=Amount(tally.mirrored, tally.fetched.bytes),
            copied=tally.copied,
            skipped=skipped,
            left=left,
            failures=tuple(tally.failures),
            causes=tally.causes,
            gave_up=tally.gave_up,
            duration=round(self.runs.clock.monotonic() - begun),
            ledger=run.journal.ledger,
        )

    def _carry_out(
        self, run: Run, catalog: Catalog, plan: SyncPlan, max_bytes: int | None
    ) -> tuple[Tally, int]:
        """Carry out the plan as far as the bound on bytes allows.

        Returns:
            What was done, and how many bottles were left for later.
        """
        adopted = self.adopt.adopted(plan, run.journal.ledger)
        whole = left_to_do(plan, adopted)
        work = whole if max_bytes is None else whole.within(max_bytes)
        left = whole.bottles - work.bottles
        settles = None if left else catalog.document.sha256
        read = _catalog_read(catalog, run.journal.ledger.catalog)
        if work == Work() and not adopted:
            run.record_empty(plan.selection, read, settles)
            return Tally(), left
        run.start(work, plan.selection, read)
        run.journal.record(adopted)
        self.progress.begin(replace(plan, work=work))
        try:
            tally = self.carry_out(work.loads, run.journal, run.day)
        finally:
            self.progress.end()
        tally.found += len(adopted)
        counts = tally.counts | {"skipped": plan.held}
        run.complete(tally.outcome, settles, counts)
        return tally, left


def _catalog_read(catalog: Catalog, seen: CatalogSeen | None) -> CatalogRead | None:
    """Return the fact that the catalog was read, None when it is known."""
    document = catalog.document
    read = CatalogRead(
        source=document.source,
        documents={document.name: document.sha256},
        etag=document.validators.etag,
        last_modified=document.validators.last_modified,
        formulae=len(catalog.formulae),
    )
    known = CatalogSeen(read.source, read.documents, document.validators, read.formulae)
    return None if known == seen else read
