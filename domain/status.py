"""The status: what there is to know of a mirror at a glance.

It is made of the ledger and the history beside it alone, so that the same log gives the
same status. It knows no clock: whoever reads it compares its times with his own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from domain.events import Position
from domain.generations import Generation
from domain.history import EndedRun, History, Missing, Week
from domain.ledger import Ledger
from domain.records import ClosedRun
from domain.tags import Tag

RHYTHM: Final = timedelta(days=7)
"""How far apart complete syncs are meant to be: the schedule's default is weekly."""

_WEEK: Final = timedelta(days=7)
_BIGGEST: Final = 15


@dataclass(frozen=True, slots=True)
class TagStatus:
    """How complete the mirror is for the bottles of one tag.

    Attributes:
        named: What upstream was last seen to offer of the selection.
        held: How many of them are in the store.
        verified: How many of these the store has proved the digest of.
        missing: All the others.
    """

    tag: Tag
    named: int
    held: int
    verified: int
    missing: tuple[Missing, ...]


@dataclass(slots=True)
class FormulaStatus:
    """What is held of a formula. It changes while the bottles are counted.

    Attributes:
        tags: The tags of the bottles of each version, in the order of the names.
        missing: How many bottles should be held, and are not.
    """

    name: str
    tags: dict[str, list[Tag]] = field(default_factory=dict)
    bottles: int = 0
    bytes: int = 0
    missing: int = 0


@dataclass(frozen=True, slots=True)
class Status:
    """A mirror at a position of its log.

    Attributes:
        at: When the last commit was made.
        due: When the next complete sync should have ended; None before the first one.
        bottles: Held.
        bytes: Their sizes, added up.
        superseded: Objects that upstream has replaced or dropped, and are still there.
        elsewhere: Bottles that another mirror was said to hold, and this one does not.
        catalog: How many formulae there are in the catalog that was read last; None if
            none was.
        chosen: Formulae with a bottle that upstream was last seen to offer of the
            selection.
        under_way: Runs that have begun and not ended.
        reconciled: Whether the ledger knows all that the store holds.
        gaps: Declared gaps of the log.
        runs: Those that ended last, the latest first.
        weeks: One after the other, without gaps.
        formulae: By their names.
    """

    ledger: str
    position: Position
    at: datetime
    last_complete: ClosedRun | None
    due: datetime | None
    published: Generation | None
    shown: bool
    bottles: int
    bytes: int
    superseded: int
    elsewhere: int
    catalog: int | None
    chosen: int
    under_way: tuple[str, ...]
    reconciled: bool
    gaps: int
    tags: tuple[TagStatus, ...]
    runs: tuple[EndedRun, ...]
    weeks: tuple[Week, ...]
    formulae: tuple[FormulaStatus, ...]

    @property
    def missing(self) -> int:
        """How many bottles are missing whose names are known."""
        return sum(len(tag.missing) for tag in self.tags)

    @property
    def left(self) -> int:
        """How many bottles the last run did not come to: nobody knows their names."""
        return self.runs[0].left if self.runs else 0

    @property
    def not_selected(self) -> int | None:
        """How many formulae of the catalog have no bottle that is asked for.

        The selection leaves them out, or upstream offers none for its tags. None where
        no catalog was read.
        """
        return None if self.catalog is None else max(0, self.catalog - self.chosen)

    @property
    def is_complete(self) -> bool:
        """Whether all that was last seen to be offered is held, and that is known."""
        return (
            self.last_complete is not None
            and self.reconciled
            and not self.missing
            and not self.left
            and not self.elsewhere
        )

    @property
    def biggest(self) -> tuple[FormulaStatus, ...]:
        """The formulae that take most room, the biggest first."""
        held = sorted(self.formulae, key=lambda each: (-each.bytes, each.name))
        return tuple(each for each in held if each.bytes)[:_BIGGEST]


def status_of(ledger: Ledger, history: History, at: datetime) -> Status:
    """Return the status of a mirror.

    Args:
        at: When the last commit was made.
    """
    last, published = ledger.last_complete, ledger.published
    latest = history.weeks[max(history.weeks)] if history.weeks else None
    return Status(
        ledger=ledger.id,
        position=ledger.position,
        at=at,
        last_complete=last,
        due=last.at + RHYTHM if last is not None else None,
        published=None if published is None else ledger.generations[published],
        shown=ledger.shown == published,
        bottles=len(ledger.held),
        bytes=latest.bytes if latest else 0,
        superseded=len(ledger.superseded),
        elsewhere=len(ledger.elsewhere),
        catalog=None if ledger.catalog is None else ledger.catalog.formulae,
        chosen=len(_chosen(ledger, history)),
        under_way=tuple(sorted(ledger.runs)),
        reconciled=ledger.reconciled,
        gaps=len(ledger.gaps),
        tags=tuple(_tags(ledger, history)),
        runs=tuple(reversed(history.runs)),
        weeks=tuple(_without_gaps(history)),
        formulae=tuple(_formulae(ledger, history)),
    )


def _tags(ledger: Ledger, history: History) -> Iterator[TagStatus]:
    held: dict[Tag, int] = {}
    missing: dict[Tag, list[Missing]] = {}
    for each in history.missing.values():
        missing.setdefault(each.tag, []).append(each)
    for key, entry in ledger.held.items():
        if entry.object_key not in ledger.superseded and key not in history.missing:
            tag = entry.bottle.tag
            held[tag] = held.get(tag, 0) + 1
    for tag in sorted(held.keys() | missing.keys()):
        lacking = sorted(missing.get(tag, ()), key=lambda each: each.key)
        count = held.get(tag, 0)
        yield TagStatus(
            tag=tag,
            named=count + len(lacking),
            held=count,
            # A bottle is only ever recorded once the store has shown its digest; behind
            # a gap nobody knows, until the ledger is reconciled with the store.
            verified=count if ledger.reconciled else 0,
            missing=tuple(lacking),
        )


def _chosen(ledger: Ledger, history: History) -> set[str]:
    return {each.name for each in history.missing.values()}.union(
        entry.bottle.name
        for entry in ledger.held.values()
        if entry.object_key not in ledger.superseded
    )


def _without_gaps(history: History) -> Iterator[Week]:
    week: Week | None = None
    for monday in sorted(history.weeks):
        while week is not None and week.monday + _WEEK < monday:
            week = week.after(week.monday + _WEEK)
            yield week
        week = history.weeks[monday]
        yield week


def _formulae(ledger: Ledger, history: History) -> Iterator[FormulaStatus]:
    found: dict[str, FormulaStatus] = {}
    for entry in ledger.held.values():
        bottle = entry.bottle
        formula = found.get(bottle.name)
        if formula is None:
            formula = found[bottle.name] = FormulaStatus(bottle.name)
        formula.bottles += 1
        formula.bytes += entry.size
        formula.tags.setdefault(bottle.tagref, []).append(bottle.tag)
    for each in history.missing.values():
        found.setdefault(each.name, FormulaStatus(each.name)).missing += 1
    for name in sorted(found):
        yield _in_order(found[name])


def _in_order(formula: FormulaStatus) -> FormulaStatus:
    tags: Mapping[str, list[Tag]] = formula.tags
    formula.tags = {version: sorted(tags[version]) for version in sorted(tags)}
    return formula
