"""The fold: what each event of the log does to the ledger.

It is a total function of the ledger and the events: no clock, no order but theirs. The
rules are written in ``docs/ledger-format.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Final, assert_never

from domain.bottle import BottleKey
from domain.catalog import Validators
from domain.continuity import is_known, without
from domain.events import (
    BottleFailed,
    BottleLost,
    BottleMirrored,
    BottleSuperseded,
    CatalogRead,
    Commit,
    Event,
    HashFileImported,
    LedgerRepaired,
    NotificationSent,
    ShardCompleted,
    ShardPaused,
    ShardStarted,
    StoreReconciled,
    SyncCompleted,
    SyncStarted,
)
from domain.exposure import expose
from domain.generations import (
    BottleEvicted,
    GenerationDropped,
    GenerationEvent,
    GenerationPublished,
    GenerationRolledBack,
    GenerationShown,
    GraceRenewed,
    IndexMirrored,
)
from domain.records import (
    CatalogSeen,
    ClosedRun,
    Elsewhere,
    HashEntry,
    ImportSeen,
    OpenRun,
    RememberedRun,
    Repair,
    Sharing,
    Superseded,
    account_of,
)
from domain.sharing import share
from domain.state_digest import Turnover

if TYPE_CHECKING:
    from domain.ledger import Ledger

REMEMBERED_RUNS: Final = 256
"""Runs that have ended, of which a late or repeated commit is still recognised."""


def fold(ledger: Ledger, commit: Commit) -> Turnover:
    """Let the events of a commit change ``ledger``.

    Returns:
        What came to be held and what went.
    """
    folding = Folding(ledger, commit)
    for event in commit.events:
        folding.apply(event)
    folding.spread()
    return folding.turnover


def cross(ledger: Ledger, gap: Repair) -> None:
    """Go on behind commits that are gone: nobody knows what they said."""
    ledger.repairs = (*ledger.repairs, gap)
    ledger.undeclared = (*ledger.undeclared, gap)
    ledger.reconciled = False
    ledger.settled.clear()
    for state in ledger.runs.values():
        state.undisturbed = False


def learn_elsewhere(
    ledger: Ledger, entries: Mapping[BottleKey, Elsewhere], by: str | None
) -> None:
    """Take note of what another mirror holds, but for what is held here.

    Args:
        by: The run whose own plan knows of it, if there is one.
    """
    for key, entry in entries.items():
        if key in ledger.held:
            continue
        before = ledger.elsewhere.get(key)
        if before is not None and before.digest != entry.digest:
            # What was left out, since it was elsewhere, may be missing now.
            _unsettle(ledger, by)
        ledger.elsewhere[key] = entry


@dataclass(slots=True)
class Folding:
    """One commit on its way into the ledger.

    Whom it concerns that bottles are not what they were is told so once, and not for
    every bottle.

    Attributes:
        has_news: Whether a bottle is not what it was, as the commit's own run knows.
        has_losses: Whether a bottle is lost, which no run knows.
    """

    ledger: Ledger
    commit: Commit
    turnover: Turnover = field(default_factory=Turnover)
    has_news: bool = False
    has_losses: bool = False

    def spread(self) -> None:
        """Let other runs, and what is settled, know of bottles so far.

        Whoever settled a catalog, or is about to, may not know of such a bottle.
        """
        if self.has_losses:
            _unsettle(self.ledger, by=None)
        elif self.has_news:
            _unsettle(self.ledger, by=self.commit.run)
        self.has_news = self.has_losses = False

    def apply(self, event: Event) -> None:
        match event:
            case BottleMirrored():
                self._mirrored(event)
            case BottleSuperseded():
                self._superseded(event)
            case BottleLost():
                self._lost(event)
            case BottleFailed():
                run = self.ledger.runs.get(self.commit.run)
                if run is not None:
                    run.failed[event.bottle.key] = event.cause
            case SyncStarted():
                self.spread()
                self._started(event)
            case SyncCompleted():
                self.spread()
                self._completed(event)
            case ShardStarted() | ShardPaused() | ShardCompleted() | NotificationSent():
                share(self.ledger, event, self.commit)
            case _:
                self._learn(event)

    def _expose(self, event: GenerationEvent) -> None:
        ledger = self.ledger
        is_dropped = (
            isinstance(event, BottleEvicted) and event.object_key in ledger.superseded
        )
        gone = expose(ledger, event, self.commit)
        if gone is not None:
            self.turnover.gone.append(gone)
            if not is_dropped:
                # Upstream still offers it: plans made before miss that.
                _unsettle(ledger, by=None)

    def _learn(
        self,
        event: CatalogRead
        | HashFileImported
        | LedgerRepaired
        | StoreReconciled
        | GenerationEvent,
    ) -> None:
        ledger = self.ledger
        match event:
            case CatalogRead():
                validators = Validators(event.etag, event.last_modified)
                if ledger.catalog and ledger.catalog.documents != event.documents:
                    ledger.settled.clear()
                ledger.catalog = CatalogSeen(
                    event.source, event.documents, validators, event.formulae
                )
            case HashFileImported():
                ledger.imports[event.source] = ImportSeen(event.document, event.etag)
                learn_elsewhere(ledger, event.entries, by=self.commit.run)
            case LedgerRepaired():
                if not is_known(event.repair, ledger.repairs):
                    ledger.repairs = (*ledger.repairs, event.repair)
                ledger.undeclared = tuple(without(event.repair, ledger.undeclared))
            case StoreReconciled():
                ledger.reconciled = not ledger.undeclared
                # What was missing before may have been found, and the other way round.
                _unsettle(ledger, by=None)
            case (
                IndexMirrored()
                | BottleEvicted()
                | GraceRenewed()
                | GenerationPublished()
                | GenerationRolledBack()
                | GenerationShown()
                | GenerationDropped()
            ):
                self._expose(event)
            case _:
                assert_never(event)

    def _mirrored(self, event: BottleMirrored) -> None:
        ledger, commit = self.ledger, self.commit
        bottle, object_key = event.bottle, event.object_key
        key = bottle.key
        before = ledger.held.get(key)
        day = _day_of(object_key[:10]) or commit.at.date()
        entry = HashEntry(bottle, event.size, object_key, day)
        was_superseded = ledger.superseded.pop(object_key, None) is not None
        is_new = before is None or before != entry or was_superseded
        run = ledger.runs.get(commit.run)
        if is_new:
            self.has_news = True
        if run is not None:
            if run.failed:
                run.failed.pop(key, None)
            if is_new:
                run.mirrored += 1
                run.mirrored_bytes += event.size if event.how == "fetched" else 0
        there = ledger.elsewhere.pop(key, None) if ledger.elsewhere else None
        if there is not None and there.digest != bottle.digest:
            # Other bottles were left out as being those bytes.
            _unsettle(ledger, by=None)
        if before is not None:
            self.turnover.gone.append(before)
            if before.object_key != object_key:
                # Replaced under the same key: still in the store, never forgotten.
                # One that upstream had dropped before keeps the day of that.
                ledger.superseded.setdefault(
                    before.object_key,
                    Superseded(
                        key=key,
                        sha256=before.bottle.digest,
                        size=before.size,
                        on=commit.at.date(),
                    ),
                )
        ledger.held[key] = entry
        self.turnover.came.append(entry)

    def _superseded(self, event: BottleSuperseded) -> None:
        ledger = self.ledger
        entry = ledger.held.get(event.key)
        if entry is None or entry.bottle.digest != event.sha256:
            return
        # Its own key and digest, and not equal ones: each is in memory once.
        bottle = entry.bottle
        old = Superseded(bottle.key, bottle.digest, entry.size, event.on)
        # Who was dropped before keeps the day of that.
        if ledger.superseded.setdefault(entry.object_key, old) is old:
            self.has_news = True

    def _lost(self, event: BottleLost) -> None:
        ledger = self.ledger
        ledger.superseded.pop(event.object_key, None)
        entry = ledger.held.get(event.key)
        if entry is None or entry.object_key != event.object_key:
            return
        del ledger.held[event.key]
        self.turnover.gone.append(entry)
        self.has_losses = True

    def _started(self, event: SyncStarted) -> None:
        runs, at = self.ledger.runs, self.commit.at
        if event.run in runs or event.run in self.ledger.ended:
            return
        if event.kind == "cloud" and any(r.kind == "cloud" for r in runs.values()):
            return
        runs[event.run] = OpenRun(
            kind=event.kind,
            selection=event.selection,
            day=event.day,
            started=at,
            last_commit=at,
            shards=event.shards,
            bottles=event.bottles,
            bytes=event.bytes,
        )
        if event.skipped is not None:
            runs[event.run].sharing = Sharing(
                event.plan, event.route, event.catalog, event.skipped
            )

    def _completed(self, event: SyncCompleted) -> None:
        ledger = self.ledger
        run = ledger.runs.pop(event.run, None)
        if run is None:
            return
        closed = ClosedRun(event.run, event.outcome, self.commit.at)
        account = account_of(run)
        missing = event.counts.get("missing")
        if account is not None and missing is not None:
            # What others brought in meanwhile was none of its work.
            done = account.mirrored + sum(account.causes.values())
            account = replace(account, bottles=done + missing)
        ledger.ended[event.run] = RememberedRun(closed, run.writers, account)
        while len(ledger.ended) > REMEMBERED_RUNS:
            del ledger.ended[next(iter(ledger.ended))]
        if event.outcome == "complete":
            ledger.last_complete = closed
            known = run.undisturbed and ledger.reconciled
            if event.catalog is not None and known:
                ledger.settled[run.selection] = event.catalog


def _unsettle(ledger: Ledger, by: str | None) -> None:
    """Note that a bottle is not what it was: plans made before miss that.

    Args:
        by: The run whose own plan has it, if there is one.
    """
    ledger.settled.clear()
    for run, state in ledger.runs.items():
        if run != by:
            state.undisturbed = False


@lru_cache(maxsize=1024)  # there is one for each run
def _day_of(prefix: str) -> date | None:
    """Return the day that an object key begins with, if it does.

    Args:
        prefix: Its first ten characters.
    """
    try:
        day = date.fromisoformat(prefix)
    except ValueError:
        return None
    # Python reads the days of weeks, too.
    return day if day.isoformat() == prefix else None
