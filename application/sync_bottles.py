"""Syncing: bring in what the mirror lacks, and record it."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

from application.carry_out import CarryOut
from application.expose_run import NOT_EXPOSED, Exposed, ExposeRun
from application.opened_ledger import open_to_record
from application.prepare_sync import Prepared, PrepareSync
from application.refresh_status import RefreshStatus, Shown
from application.run import Run, Runs
from application.tally import Tally
from domain.bottle import Bottle, BottleKey
from domain.events import BottleFailed
from domain.ledger import Ledger
from domain.selection import Selection
from domain.words import Outcome
from domain.work import Amount, Load, Work
from ports.errors import PortError
from ports.progress import Progress


@dataclass(frozen=True, slots=True)
class SyncReport:
    """How a run went.

    Attributes:
        day: The UTC day under which its bottles lie.
        mirrored: Bottles held now that were not before, and the bytes fetched.
        copied: How many of them were made by copying inside the store.
        skipped: Bottles that were held already.
        left: Bottles that were left for a later run by the bound on bytes.
        causes: How many bottles failed, by cause.
        gave_up: Why the run ended before its work was done.
        duration: Seconds.
        ledger: At the run's last commit.
        exposed: What clients see of it now.
        rebuilt: Those of its bottles of which other bytes were held under the name.
    """

    run: str
    day: date
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
    exposed: Exposed = NOT_EXPOSED
    rebuilt: tuple[BottleKey, ...] = ()


@dataclass(frozen=True, slots=True)
class SyncBottles:
    """Fetch what the mirror lacks of a selection, and record it.

    A bottle's bytes are stored before the event that says so. A crash between
    the two costs one repeated fetch; the other order would leave the ledger
    promising bytes that are not there.
    """

    prepare: PrepareSync
    carry_out: CarryOut
    runs: Runs
    expose: ExposeRun
    refresh_status: RefreshStatus
    progress: Progress

    def __call__(
        self,
        selection: Selection,
        max_bytes: int | None = None,
        *,
        fetch_elsewhere: bool = False,
        started: Callable[[Run, Work], object] | None = None,
    ) -> SyncReport:
        """Sync once.

        Args:
            max_bytes: The most bytes to fetch; what is left waits.
            fetch_elsewhere: Fetch also what another mirror was said to have.
            started: Is told of the run and its work, unless there is none.

        Raises:
            SelectionError: Something that was named is not in the catalog.
            PortError: The catalog, the store or the log cannot be used.
            LedgerDamagedError: The log is damaged; nothing was changed.
        """
        begun = self.runs.clock.monotonic()
        opened = open_to_record(self.runs.log, self.runs.hash_file)
        for note in opened.notes:
            self.progress.note(note)
        shown = Shown.of(opened)
        prepared = self.prepare(
            opened,
            selection,
            max_bytes=max_bytes,
            fetch_elsewhere=fetch_elsewhere,
            ask_sizes=None if max_bytes is None else math.inf,
        )
        run = prepared.run
        rebuilt = _rebuilt(prepared.work, run.journal.ledger)
        is_empty, loads = prepared.is_empty, deque(prepared.work.loads)
        tally = Tally()
        if is_empty:
            run.record_empty(prepared.selection, prepared.read, prepared.settles)
        else:
            adopted = self._start(prepared, started)
            # What is carried out leaves the memory: the ledger, which has it then,
            # grows.
            prepared = prepared.without_plan()
            tally = self._carry_out(prepared, loads, adopted)
        exposed = NOT_EXPOSED
        if tally.outcome == "complete" and not prepared.left:
            exposed = self.expose(
                run.journal,
                changed=tally.mirrored > 0,
                read=prepared.read is not None,
                known=prepared.promises,
            )
        ledger = run.journal.ledger
        try:
            if not shown.is_all(ledger, prepared.selection, prepared.settles):
                self.refresh_status(ledger, run.journal.history)
        finally:
            run.publish()
        return SyncReport(
            run=run.id,
            day=run.day,
            outcome=tally.outcome,
            mirrored=Amount(tally.mirrored, tally.fetched.bytes),
            copied=tally.copied,
            skipped=prepared.skipped,
            left=prepared.left,
            failures=tuple(tally.failures),
            causes=tally.causes,
            gave_up=tally.gave_up,
            duration=round(self.runs.clock.monotonic() - begun),
            ledger=ledger,
            exposed=exposed,
            rebuilt=tuple(b.key for b in rebuilt if ledger.has(b)),
        )

    def _start(
        self, prepared: Prepared, started: Callable[[Run, Work], object] | None
    ) -> Tally:
        """Record that the run begins; return what was adopted."""
        run, work = prepared.run, prepared.work
        run.start(work, prepared.selection, prepared.read)
        run.supersede(work)
        if started is not None:
            started(run, work)
        gone = self.prepare.adopt.record(prepared.adopted, run.journal)
        if prepared.plan is not None:
            self.progress.begin(replace(prepared.plan, work=work))
        return Tally(found=len(prepared.adopted) - len(gone), failures=gone)

    def _carry_out(
        self, prepared: Prepared, loads: deque[Load], adopted: Tally
    ) -> Tally:
        """Carry out ``loads``, of which none is left.

        Args:
            adopted: What was found in the store.
        """
        run = prepared.run
        try:
            tally = self.carry_out(_taken_from(loads), run.journal, run.day)
        finally:
            self.progress.end()
        tally.found += adopted.found
        tally.failures += adopted.failures
        counts = tally.counts | {"skipped": prepared.skipped}
        run.complete(tally.outcome, prepared.settles, counts)
        return tally


def _taken_from(loads: deque[Load]) -> Iterator[Load]:
    while loads:
        yield loads.popleft()


def _rebuilt(work: Work, ledger: Ledger) -> tuple[Bottle, ...]:
    """Return the bottles of ``work`` that upstream has rebuilt under their names."""
    return tuple(
        bottle
        for load in work.loads
        for bottle in load.bottles
        if (entry := ledger.held.get(bottle.key)) is not None
        and entry.bottle.digest != bottle.digest
    )
