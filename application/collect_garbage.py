"""Collecting garbage: what upstream no longer offers goes, once its grace is over."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from application.journal import MAX_EVENTS, Journal
from application.opened_ledger import open_ledger
from application.remove_evicted import Removal, RemoveEvicted
from application.run import Runs, publish, under_way
from domain.bottle import ObjectKey
from domain.errors import MirrorError
from domain.exposure_config import ExposureConfig
from domain.garbage import Evicted
from domain.generations import BottleEvicted
from domain.ledger import Ledger
from domain.listing import Listing
from domain.retention import Old, Retention, retention_of
from domain.words import Outcome
from ports.errors import NotOurStoreError, PortError
from ports.generations import Generations
from ports.progress import Progress


class EvictionRefusedError(MirrorError):
    """Nothing may be evicted now; nothing was changed."""


@dataclass(frozen=True, slots=True)
class GarbageReport:
    """What may be evicted, and what was.

    Attributes:
        max_evict: The per cent of the objects that may go at once.
        refused: Why nothing would be evicted if it were asked for now.
        evicted: What the log says is evicted since.
        removal: What became of the objects; None if nobody was to remove any.
        ledger: As it is now.
    """

    retention: Retention
    max_evict: int
    refused: str | None
    evicted: tuple[Old, ...]
    removal: Removal | None
    ledger: Ledger


@dataclass(frozen=True, slots=True)
class CollectGarbage:
    """Evicts what is superseded, over its grace, and in no generation that is kept.

    Which bottles are superseded only a catalog that was believed can have said: a run
    that refuses one records nothing. An eviction is in the log before the first object
    goes; whatever dies in between leaves objects that the next one finds by the log.
    """

    generations: Generations
    remove: RemoveEvicted
    runs: Runs
    progress: Progress
    exposure: ExposureConfig

    def __call__(self, *, act: bool = False) -> GarbageReport:
        """Tell what may be evicted.

        Args:
            act: Evict it.

        Raises:
            EvictionRefusedError: It is to act, and must not now.
            NotOurStoreError: There is no ledger.
            PortError: The store or the log cannot be used, or a kept generation's list
                not be read: then nobody knows what it needs.
            LedgerDamagedError: The log is damaged.
        """
        opened = open_ledger(self.runs.log, self.runs.hash_file)
        for note in opened.notes:
            self.progress.note(note)
        if opened.identity is None:
            raise NotOurStoreError("the store", "there is no ledger in it")
        if not act:
            return self._report(opened.ledger, _Deciding(self))
        journal = self.runs.begin(opened).journal
        report = self.on(journal)
        # The hash file is a projection: nothing is lost by its being late.
        publish(self.runs.hash_file, journal.ledger, opened.version)
        if report.removal is not None and report.removal.failure is not None:
            raise report.removal.failure
        return report

    def on(self, journal: Journal) -> GarbageReport:
        """Evict what may go, by a journal that is open.

        Raises:
            EvictionRefusedError: Nothing may go now.
            PortError: The store or the log cannot be used.
            LedgerDamagedError: The log is damaged.
        """
        deciding = _Deciding(self)
        report = self._report(journal.ledger, deciding)
        if report.refused is not None:
            raise EvictionRefusedError(report.refused)
        to_go = report.retention.evict
        evicted: list[Old] = []
        known: list[Evicted] = []
        for start in range(0, len(to_go), MAX_EVENTS):
            some = to_go[start : start + MAX_EVENTS]
            named = _named(some, journal.ledger)
            gone = self._evict(journal, some, deciding)
            if not gone:
                # The ledger is another than when it was looked at.
                break
            evicted += (old for old in some if old.object_key in gone)
            known += (each for each in named if each.object_key in gone)
        removal = self.remove(journal, known, deciding.listings(journal.ledger))
        return replace(report, evicted=tuple(evicted), removal=removal)

    def _report(self, ledger: Ledger, deciding: _Deciding) -> GarbageReport:
        retention = deciding.retention(ledger)
        return GarbageReport(
            retention=retention,
            max_evict=self.exposure.max_evict,
            refused=self._why_not(ledger, retention),
            evicted=(),
            removal=None,
            ledger=ledger,
        )

    def _evict(
        self, journal: Journal, some: Sequence[Old], deciding: _Deciding
    ) -> Collection[ObjectKey]:
        """Record that ``some`` are evicted, as far as they still may be."""
        chosen: dict[ObjectKey, BottleEvicted] = {}

        def decide(ledger: Ledger) -> Sequence[BottleEvicted] | None:
            chosen.clear()
            if self._is_busy(ledger) is None:
                may_go = set(deciding.retention(ledger).evict)
                chosen.update(
                    (
                        old.object_key,
                        BottleEvicted(old.key, old.sha256, old.object_key),
                    )
                    for old in some
                    if old in may_go
                )
            return tuple(chosen.values()) or None

        return chosen if journal.record_as(decide) else ()

    def _why_not(self, ledger: Ledger, retention: Retention) -> str | None:
        busy = self._is_busy(ledger)
        if busy is not None:
            return busy
        if not retention.is_within(self.exposure.max_evict):
            return (
                f"{len(retention.evict):,} of {retention.objects:,} bottles would go at"
                f" once, which is {retention.share}%, and max_evict is"
                f" {self.exposure.max_evict}%: none is evicted. If that many are meant"
                f" to go: bottles gc --yes --max-evict {retention.share}%"
            )
        return None

    def _is_busy(self, ledger: Ledger) -> str | None:
        if not ledger.reconciled:
            return (
                "nothing is evicted while a repair of the ledger is unfinished: run"
                " bottles ledger repair --yes"
            )
        run = under_way(ledger, self.runs.clock.now())
        if run is not None:
            return (
                f"nothing is evicted while run {run} is under way: it may need what"
                " would go. Try again when it has ended"
            )
        return None


@dataclass(frozen=True, slots=True)
class _Deciding:
    """Decides by the ledger as it is, and reads each generation's list once."""

    collect: CollectGarbage
    read: dict[int, Listing] = field(default_factory=dict)

    def listings(self, ledger: Ledger) -> Sequence[Listing]:
        """Return what the generations that are kept need."""
        return tuple(self._by_number(ledger).values())

    def retention(self, ledger: Ledger) -> Retention:
        """Return what may go of ``ledger`` today."""
        collect = self.collect
        today = collect.runs.clock.now().date()
        grace = collect.exposure.grace
        return retention_of(ledger, grace, today, self._by_number(ledger))

    def _by_number(self, ledger: Ledger) -> Mapping[int, Listing]:
        for number, generation in ledger.generations.items():
            if number not in self.read:
                listing = self.collect.generations.listing(number, generation.listing)
                self.read[number] = listing
        return {number: self.read[number] for number in ledger.generations}


def _named(some: Sequence[Old], ledger: Ledger) -> list[Evicted]:
    """Return the bottles of ``some``, as far as the ledger can tell which they were.

    Of one that was replaced, and by something that is not held either, only the log
    knows; there it is found by its object.
    """
    return [
        Evicted(ledger.held[old.key].bottle.of(old.sha256), old.object_key)
        for old in some
        if old.key in ledger.held
    ]


@dataclass(frozen=True, slots=True)
class CollectAfterRun:
    """Collects garbage at the end of a complete run, where that is configured.

    What hinders it is told and fails no run: the next one comes to it.
    """

    collect: CollectGarbage
    progress: Progress

    def __call__(self, journal: Journal, outcome: Outcome) -> GarbageReport | None:
        """Collect garbage after a run that ended so; None if nothing was to go.

        Args:
            journal: The run's, once its end is recorded, and what it published.

        Raises:
            LedgerDamagedError: The log is damaged.
        """
        if not self.collect.exposure.gc_auto or outcome != "complete":
            return None
        try:
            report = self.collect.on(journal)
        except (EvictionRefusedError, PortError) as error:
            self.progress.warn(f"what is old is not evicted: {error}")
            return None
        removal = report.removal
        if removal is not None and removal.why_left is not None:
            self.progress.warn(
                f"of what is evicted, {removal.left:,} objects are left to the next"
                f" time: {removal.why_left}"
            )
        return report
