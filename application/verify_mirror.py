"""Verifying: does the store hold what the ledger says, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from application.carry_out import CarryOut
from application.claims import Claim, claims_of
from application.digests import digest_of
from application.opened_ledger import OpenedLedger, open_ledger, require_own
from application.orphans import Orphanage
from application.prune_orphans import PruneOrphans
from application.run import Run, Runs
from application.tally import Tally
from domain.bottle import BottleKey, ObjectKey
from domain.events import BottleLost, BottleSuperseded
from domain.ledger import Ledger
from domain.listing import Listing
from domain.plan import make_loads
from domain.selection import Selection
from domain.work import Work
from ports.errors import MalformedError, NoLedgerError, NotFoundError
from ports.generations import Generations
from ports.progress import Progress
from ports.store import ObjectInfo, Store

_NOTHING = "nothing"
_AT_ONCE = 16
"""Claims that a thread checks before it is given others: to give them takes time."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """A claim that the store does not bear out, and what is there instead."""

    claim: Claim
    found: str

    @property
    def is_missing(self) -> bool:
        """Whether there is nothing at all."""
        return self.found == _NOTHING


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What the store was found to hold.

    Attributes:
        checked: Objects that the ledger speaks of.
        elsewhere: Bottles that another mirror has, and this one does not.
        orphans: Bottles' objects, and views, of no bottle that the ledger knows.
        removed: The orphans that are gone; None if nobody was to remove any.
        repaired: Bottles that were brought in again.
        tally: What repairing them took; None when nothing was repaired.
    """

    checked: int
    elsewhere: int
    flaws: tuple[Flaw, ...]
    orphans: tuple[ObjectKey, ...]
    removed: tuple[ObjectKey, ...] | None
    repaired: tuple[BottleKey, ...]
    tally: Tally | None

    @property
    def unrepaired(self) -> int:
        """Flaws that remain: of what is superseded, it is enough to say it is lost."""
        if self.tally is None:
            return len(self.flaws)
        return sum(flaw.claim.held for flaw in self.flaws) - len(self.repaired)

    @property
    def left(self) -> int:
        """Orphans that were to be removed, and are there."""
        return 0 if self.removed is None else len(self.orphans) - len(self.removed)


@dataclass(frozen=True, slots=True)
class VerifyMirror:
    """Check every object that the ledger speaks of, and look for others.

    Reading never writes: only ``repair`` and ``prune_orphans`` change anything.
    """

    store: Store
    carry_out: CarryOut
    runs: Runs
    progress: Progress
    jobs: int
    generations: Generations

    def __call__(
        self, *, deep: bool = False, repair: bool = False, prune_orphans: bool = False
    ) -> VerifyReport:
        """Verify the store.

        Args:
            deep: Read and hash the bytes of every object, where otherwise size
                and the digest that the store keeps are enough.
            repair: Record what is lost, remove what is wrong, fetch both again.
            prune_orphans: Remove orphans, unless a run is under way.

        Raises:
            NoLedgerError: There is no ledger.
            FollowerError: Something is to be changed, and the store is a follower.
            LedgerDamagedError: The log is damaged.
            PortError: The store cannot be used.
        """
        opened = open_ledger(self.runs.log, self.runs.hash_file)
        for note in opened.notes:
            self.progress.note(note)
        if opened.identity is None:
            raise NoLedgerError
        if repair or prune_orphans:
            require_own(self.runs.log, opened.identity)
        claims = tuple(claims_of(opened.ledger))
        flaws = tuple(self._flaws(claims, deep=deep))
        orphans = self._orphans(opened.ledger)
        removed = None
        if prune_orphans:
            prune = PruneOrphans(self.store, self.runs, self.progress)
            removed = prune(opened, orphans)
        repaired: tuple[BottleKey, ...] = ()
        tally = None
        if repair and flaws:
            repaired, tally = self._repair(opened, flaws)
        return VerifyReport(
            checked=len(claims),
            elsewhere=len(opened.ledger.elsewhere),
            flaws=flaws,
            orphans=tuple(orphans),
            removed=removed,
            repaired=repaired,
            tally=tally,
        )

    def _flaws(self, claims: Sequence[Claim], *, deep: bool) -> Iterator[Flaw]:
        check = partial(self._check, deep=deep)
        shares = [claims[n : n + _AT_ONCE] for n in range(0, len(claims), _AT_ONCE)]
        done = 0
        with ThreadPoolExecutor(self.jobs) as pool:
            for found in pool.map(lambda share: [*map(check, share)], shares):
                done += len(found)
                self.progress.counted("objects checked", done, len(claims))
                yield from filter(None, found)

    def _check(self, claim: Claim, *, deep: bool) -> Flaw | None:
        info = self.store.info(claim.object_key)
        if info is None:
            return Flaw(claim, _NOTHING)
        if info.size != claim.size:
            return Flaw(claim, f"{info.size} bytes instead of {claim.size}")
        if deep:
            found = digest_of(self.store, ObjectInfo(info.key, info.size))
        elif info.sha256 is not None:
            found = info.sha256
        else:
            return None
        return None if found == claim.digest else Flaw(claim, f"sha256 {found}")

    def _orphans(self, ledger: Ledger) -> Sequence[ObjectKey]:
        listed = [info.key for info in self.store.list("")]
        # Read on after the listing: what was recorded meanwhile is no orphan.
        for recorded in self.runs.log.read(ledger.position):
            ledger.apply(recorded)
        orphanage = Orphanage(ledger, self._listings(ledger))
        return [key for key in listed if orphanage.has(key)]

    def _listings(self, ledger: Ledger) -> list[Listing] | None:
        """Return the lists of the generations that are kept; None if one cannot be."""
        try:
            return [
                self.generations.listing(number, generation.listing)
                for number, generation in ledger.generations.items()
            ]
        except (NotFoundError, MalformedError) as error:
            self.progress.note(
                "views are not looked at, for nobody can tell which are needed:"
                f" {error}"
            )
            return None

    def _repair(
        self, opened: OpenedLedger, flaws: Sequence[Flaw]
    ) -> tuple[tuple[BottleKey, ...], Tally]:
        """Fetch again what was lost; the ledger says so before anything is removed."""
        ledger = opened.ledger
        held = [
            ledger.held[flaw.claim.key].bottle
            for flaw in flaws
            if flaw.claim.key in ledger.held
            and ledger.held[flaw.claim.key].object_key == flaw.claim.object_key
        ]
        superseded = tuple(
            BottleSuperseded(bottle.key, bottle.digest, old.on)
            for bottle in held
            if (old := ledger.superseded.get(ledger.held[bottle.key].object_key))
        )
        run = self.runs.begin(opened)
        run.journal.record(
            BottleLost(c.key, c.digest, c.object_key, flaw.found)
            for flaw in flaws
            for c in (flaw.claim,)
        )
        for flaw in flaws:
            if not flaw.is_missing:
                self.store.delete(flaw.claim.object_key)
        sizes = {flaw.claim.digest: flaw.claim.size for flaw in flaws}
        work = Work(make_loads(held, run.journal.ledger, sizes))
        selection = Selection(formulae=tuple({b.name: None for b in held}))
        tally = self._fetch(run, work, selection, superseded)
        run.publish()
        now_held = run.journal.ledger.held
        return tuple(sorted(b.key for b in held if b.key in now_held)), tally

    def _fetch(
        self,
        run: Run,
        work: Work,
        selection: Selection,
        superseded: Iterable[BottleSuperseded],
    ) -> Tally:
        run.start(work, selection.sha256, None)
        tally = self.carry_out(work.loads, run.journal, run.day)
        # What upstream had dropped before it was lost goes on the day that it would.
        held = run.journal.ledger.held
        run.journal.record(old for old in superseded if old.key in held)
        run.complete(tally.outcome, None, tally.counts)
        return tally
