"""The history: how the mirror grew, how its runs ended, and what it lacks by name.

It is a fold over the log like the ledger, and is carried on beside it: where the log
speaks of a bottle that is gone, only the ledger before that knows its size.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Final

from domain.bottle import BottleKey
from domain.events import (
    GENESIS,
    BottleFailed,
    BottleLost,
    BottleMirrored,
    Commit,
    Event,
    Position,
    RecordedCommit,
    SyncCompleted,
    SyncStarted,
)
from domain.generations import BottleEvicted
from domain.ledger import Ledger
from domain.records import HashEntry, OpenRun
from domain.tags import Tag
from domain.words import Outcome, RunKind

KEPT_RUNS: Final = 20
"""Runs that have ended, of which the history tells."""

LOST: Final = "lost"
"""Why a bottle is missing that was held, and was not found in the store."""


@dataclass(frozen=True, slots=True)
class Week:
    """What a week brought.

    Attributes:
        monday: Its first day, in UTC.
        came: Bottles that came to be held, or whose bytes were replaced.
        came_bytes: Their sizes, added up.
        gone: Bottles that came to be held no more.
        bottles: How many were held at its end.
        bytes: Their sizes, added up.
    """

    monday: date
    came: int = 0
    came_bytes: int = 0
    gone: int = 0
    bottles: int = 0
    bytes: int = 0

    def after(self, monday: date) -> Week:
        """Return a week that begins with what was held at the end of this one."""
        return Week(monday, bottles=self.bottles, bytes=self.bytes)


@dataclass(frozen=True, slots=True)
class EndedRun:
    """A run that has ended.

    Attributes:
        mirrored: Bottles that it brought in.
        bytes: Fetched.
        left: Bottles that it was to bring in and did not come to.
        causes: How many bottles failed, by cause.
    """

    run: str
    kind: RunKind
    outcome: Outcome
    started: datetime
    ended: datetime
    mirrored: int
    bytes: int
    left: int
    causes: Mapping[str, int]

    def __post_init__(self) -> None:
        object.__setattr__(self, "causes", MappingProxyType(dict(self.causes)))

    @property
    def seconds(self) -> int:
        """How long it took; clocks of several writers may differ."""
        return max(0, int((self.ended - self.started).total_seconds()))


@dataclass(frozen=True, slots=True)
class Missing:
    """A bottle that the mirror should hold, and does not.

    Attributes:
        cause: Why: the cause of its failure, or that it was lost.
        run: The run in which that came to be known.
        selection: What that run was to mirror; None if it was no such run.
    """

    key: BottleKey
    name: str
    tag: Tag
    cause: str
    since: datetime
    run: str
    selection: str | None


@dataclass(slots=True)
class History:
    """What came to pass up to a position of the log. It changes in place.

    Attributes:
        weeks: Those in which something was recorded, by their first days.
        runs: Those that ended last, the latest at the end.
    """

    position: Position = GENESIS
    weeks: dict[date, Week] = field(default_factory=dict)
    runs: tuple[EndedRun, ...] = ()
    missing: dict[BottleKey, Missing] = field(default_factory=dict)

    def follow(self, ledger: Ledger, recorded: RecordedCommit, start: Position) -> None:
        """Fold the next commit onto ``ledger``, and note what it changes there.

        Args:
            ledger: As it was at this history's position.
            start: From where the log is being read.

        Raises:
            LedgerDamagedError: It is not the next commit of the ledger.
            OutdatedLedgerError: It declares a gap where the ledger knows what is gone.
        """
        commit = recorded.commit
        touched = [key for key in map(_key_of, commit.events) if key is not None]
        before = {key: ledger.held.get(key) for key in touched}
        dropped = {
            event.key
            for event in commit.events
            if isinstance(event, BottleLost) and event.object_key in ledger.superseded
        }
        open_before = dict(ledger.runs)
        ledger.apply(recorded, start)
        changed = {
            key: entry for key, entry in before.items() if entry != ledger.held.get(key)
        }
        self._grow(commit, changed, ledger)
        # What upstream offers no more is not missed.
        self._miss(
            commit, {k: e for k, e in before.items() if k not in dropped}, ledger
        )
        self._end(commit, open_before)
        self.position = recorded.position

    def _grow(
        self, commit: Commit, changed: Mapping[BottleKey, HashEntry | None], now: Ledger
    ) -> None:
        monday = commit.at.date() - timedelta(days=commit.at.weekday())
        latest = self.weeks[max(self.weeks)] if self.weeks else Week(monday)
        # Clocks of several writers may differ, and what is held goes by the log.
        monday = max(monday, latest.monday)
        week = latest if monday == latest.monday else latest.after(monday)
        came = came_bytes = gone = bottles = size = 0
        for key, before in changed.items():
            after = now.held.get(key)
            if after is None:
                gone += 1
            elif before is None or before.bottle.digest != after.bottle.digest:
                came += 1
                came_bytes += after.size
            bottles += (after is not None) - (before is not None)
            size += (after.size if after else 0) - (before.size if before else 0)
        week = replace(
            week,
            came=week.came + came,
            came_bytes=week.came_bytes + came_bytes,
            gone=week.gone + gone,
            bottles=week.bottles + bottles,
            bytes=week.bytes + size,
        )
        self.weeks[monday] = week

    def _miss(
        self, commit: Commit, before: Mapping[BottleKey, HashEntry | None], now: Ledger
    ) -> None:
        run = now.runs.get(commit.run)
        # What is there now, be it of another version, is missing no more.
        there = {
            (event.bottle.name, event.bottle.tag)
            for event in commit.events
            if isinstance(event, BottleMirrored) and event.bottle.key in now.held
        }
        if self.missing and there:
            self._keep(lambda each: (each.name, each.tag) not in there)
        for event in commit.events:
            if isinstance(event, BottleFailed) and not now.has(event.bottle):
                bottle = event.bottle
                cause, selection = event.cause, run.selection if run else None
            elif isinstance(event, BottleLost):
                entry = before.get(event.key)
                if entry is None or event.key in now.held:
                    continue
                bottle, cause, selection = entry.bottle, LOST, None
                if (bottle.name, bottle.tag) in there:
                    continue
            else:
                continue
            self.missing[bottle.key] = Missing(
                *(bottle.key, bottle.name, bottle.tag, cause),
                *(commit.at, commit.run, selection),
            )

    def _keep(self, is_still: Callable[[Missing], bool]) -> None:
        self.missing = {
            key: each for key, each in self.missing.items() if is_still(each)
        }

    def _end(self, commit: Commit, open_before: Mapping[str, OpenRun]) -> None:
        begun = {e.run: e for e in commit.events if isinstance(e, SyncStarted)}
        for event in commit.events:
            if not isinstance(event, SyncCompleted):
                continue
            run = open_before.get(event.run)
            if run is not None:
                self._ended(commit, event, run)
            elif event.run in begun:
                # There was nothing to do.
                self._noted(
                    EndedRun(
                        run=event.run,
                        kind=begun[event.run].kind,
                        outcome=event.outcome,
                        started=commit.at,
                        ended=commit.at,
                        mirrored=0,
                        bytes=0,
                        left=0,
                        causes={},
                    )
                )
                self._settle(event, begun[event.run].selection)

    def _ended(self, commit: Commit, event: SyncCompleted, run: OpenRun) -> None:
        left = max(0, run.bottles - run.mirrored - len(run.failed))
        self._noted(
            EndedRun(
                run=event.run,
                kind=run.kind,
                outcome=event.outcome,
                started=run.started,
                ended=commit.at,
                mirrored=run.mirrored,
                bytes=run.mirrored_bytes,
                # What others brought in meanwhile was none of its work.
                left=0 if event.outcome == "complete" else left,
                causes=dict(sorted(Counter(run.failed.values()).items())),
            )
        )
        self._settle(event, run.selection)

    def _noted(self, ended: EndedRun) -> None:
        self.runs = (*self.runs, ended)[-KEPT_RUNS:]

    def _settle(self, event: SyncCompleted, selection: str) -> None:
        """Forget what a run would have brought in, if upstream still offered it."""
        if event.outcome != "complete" or event.catalog is None:
            return
        self._keep(lambda each: each.selection != selection or each.run == event.run)


def _key_of(event: Event) -> BottleKey | None:
    """Return the bottle that an event may make held, or held no more."""
    match event:
        case BottleMirrored(bottle=bottle):
            return bottle.key
        case BottleLost(key=key) | BottleEvicted(key=key):
            return key
        case _:
            return None
