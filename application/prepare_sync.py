"""Preparing a sync: all that is found out before anything is fetched."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import partial

from application.adopt import Adopt, left_to_do
from application.import_hash_file import ImportHashFile
from application.known_promises import KnownPromises
from application.opened_ledger import OpenedLedger
from application.plan_sync import PlanSync
from application.run import Run, Runs
from domain.bottle import Bottle
from domain.catalog import Catalog
from domain.events import BottleMirrored, CatalogRead
from domain.plan import SyncPlan
from domain.records import CatalogSeen
from domain.selection import Selection
from domain.work import Work


@dataclass(frozen=True, slots=True)
class Prepared:
    """A run that has its id and its plan, and has not been started in the log.

    Attributes:
        read: The fact that the catalog was read; None when it is known already.
        plan: None when upstream said that nothing had changed.
        work: What is left of the plan's work, and fits its bounds.
        adopted: Bottles that were found to be in the store already.
        settles: The SHA-256 of the catalog that the work carries out in full.
        skipped: Bottles that are held already.
        left: Bottles that the bound on bytes leaves for a later run.
        promises: What the documents name that it was planned from, where they are to
            be published.
    """

    run: Run
    selection: str
    read: CatalogRead | None
    plan: SyncPlan | None
    work: Work
    adopted: tuple[BottleMirrored, ...]
    settles: str | None
    skipped: int
    left: int
    promises: KnownPromises | None = None

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do but to record that there is not."""
        return self.work == Work() and not self.adopted

    def without(self, gone: Collection[Bottle]) -> Prepared:
        """Return it without what was to be adopted, and is not there any more.

        The catalog is not carried out in full then: the next run does the rest.
        """
        adopted = tuple(each for each in self.adopted if each.bottle not in gone)
        return replace(self, adopted=adopted, settles=None)

    def without_plan(self) -> Prepared:
        """Return what is to be known of it once it was carried out."""
        return replace(self, plan=None, work=Work(), adopted=())


@dataclass(frozen=True, slots=True)
class PrepareSync:
    """Finds out what the mirror lacks of a selection, and begins a run for it.

    Of what is found out only another mirror's hash file is recorded here: the plan
    rests on it. The documents that are to be published are kept as they are read.
    """

    plan_sync: PlanSync
    adopt: Adopt
    external: ImportHashFile
    runs: Runs

    def __call__(
        self,
        opened: OpenedLedger,
        selection: Selection,
        *,
        run_id: str | None = None,
        max_bytes: int | None = None,
        fetch_elsewhere: bool = False,
        ask_sizes: float | None = None,
    ) -> Prepared:
        """Prepare a run on the ledger as it was opened.

        Args:
            run_id: A new one if None.
            max_bytes: The most bytes to fetch; what is left waits.
            fetch_elsewhere: Fetch also what another mirror was said to have.
            ask_sizes: Seconds from now on for which sizes that nobody knows may be
                asked for; None is not to ask.

        Raises:
            SelectionError: Something that was named is not in the catalog.
            PortError: The catalog, the store or the log cannot be used.
            LedgerDamagedError: The log is damaged.
        """
        clock = self.runs.clock
        begun = clock.monotonic()
        listed = self.external.news(opened.ledger)
        if ask_sizes is not None:
            ask_sizes = max(0.0, ask_sizes - (clock.monotonic() - begun))
        planned = self.plan_sync(
            selection,
            opened.ledger if listed is None else opened.ledger.knowing(listed.entries),
            ask_sizes=ask_sizes,
            fetch_elsewhere=fetch_elsewhere,
            ready=partial(self._require_store, opened),
        )
        run = self.runs.begin(opened, run_id)
        if listed is not None:
            self.external.take(run, listed)
        ledger = run.journal.ledger
        if planned is None:
            return Prepared(
                run=run,
                selection=selection.sha256,
                read=None,
                plan=None,
                work=Work(),
                adopted=(),
                settles=ledger.settled.get(selection.sha256),
                skipped=len(ledger.held),
                left=0,
            )
        catalog, plan, documents, promises = planned
        adopted = self.adopt.adopted(plan, ledger)
        whole = left_to_do(plan, adopted)
        work = whole if max_bytes is None else whole.within(max_bytes)
        left = whole.bottles - work.bottles
        return Prepared(
            run=run,
            selection=plan.selection,
            read=_catalog_read(catalog, documents, ledger.catalog),
            plan=plan,
            work=work,
            adopted=tuple(adopted),
            settles=None if left else catalog.document.sha256,
            skipped=plan.held,
            left=left,
            promises=promises,
        )

    def _require_store(self, opened: OpenedLedger) -> None:
        """Check that the place is one to keep anything in.

        Raises:
            StoreUnfitError: It has no ledger yet, and is no place for one.
        """
        if opened.identity is None:
            self.runs.require_fit()


def _catalog_read(
    catalog: Catalog, documents: Mapping[str, str], seen: CatalogSeen | None
) -> CatalogRead | None:
    """Return the fact that these documents were read, None when it is known."""
    document = catalog.document
    read = CatalogRead(
        source=document.source,
        documents=documents,
        etag=document.validators.etag,
        last_modified=document.validators.last_modified,
        formulae=len(catalog.formulae),
    )
    known = CatalogSeen(read.source, read.documents, document.validators, read.formulae)
    return None if known == seen else read
