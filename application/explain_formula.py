"""Explaining: all that the ledger knows of a formula, and why it came to be so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Final

from application.inspect_ledger import InspectLedger
from domain.bottle import BottleKey, Digest
from domain.errors import SelectionError
from domain.events import (
    BottleFailed,
    BottleLost,
    BottleMirrored,
    BottleSuperseded,
    Event,
    HashFileImported,
    RecordedCommit,
)
from domain.generations import BottleEvicted, GraceRenewed

_ALWAYS: Final[Mapping[type[Event], str]] = {
    BottleFailed: "it will be tried again by the next sync",
    GraceRenewed: "a generation that named it was visible until then",
    HashFileImported: "another mirror has it",
}


@dataclass(frozen=True, slots=True)
class Told:
    """Something that happened to a formula.

    Attributes:
        reason: Why it happened, as far as the log tells.
    """

    recorded: RecordedCommit
    event: Event
    reason: str


@dataclass(frozen=True, slots=True)
class ExplainFormula:
    """Tells a formula's story from the log alone. Nothing is written."""

    inspect: InspectLedger

    def __call__(self, formula: str) -> tuple[Told, ...]:
        """Return all that the ledger knows of a formula, the oldest first.

        Raises:
            SelectionError: It knows nothing; the nearest names are told.
            NotOurStoreError: There is no ledger.
            LedgerDamagedError: The log is damaged.
        """
        story = _Story(formula)
        for recorded in self.inspect.commits():
            for event in recorded.commit.events:
                story.follow(recorded, event)
        told = tuple(story.told())
        if not told:
            nearest = get_close_matches(formula, sorted(story.names), n=3, cutoff=0.5)
            hint = f"; nearest: {', '.join(nearest)}" if nearest else ""
            raise SelectionError((f"the ledger knows no formula {formula!r}{hint}",))
        return told


@dataclass(slots=True)
class _Story:
    """What is known of a formula, as far as the log has been read."""

    formula: str
    names: set[str] = field(default_factory=set)
    _lines: list[Told] = field(default_factory=list)
    _digests: dict[BottleKey, set[Digest]] = field(default_factory=dict)
    _held: dict[BottleKey, Digest] = field(default_factory=dict)
    _lost: set[BottleKey] = field(default_factory=set)
    _dropped: set[BottleKey] = field(default_factory=set)
    _evicted: set[BottleKey] = field(default_factory=set)

    def follow(self, recorded: RecordedCommit, event: Event) -> None:
        """Take note of the next event of the log."""
        match event:
            case BottleMirrored(bottle=bottle) | BottleFailed(bottle=bottle):
                self.names.add(bottle.name)
                if bottle.name != self.formula:
                    return
                self._digests.setdefault(bottle.key, set()).add(bottle.digest)
            case (
                BottleSuperseded(key=key)
                | BottleLost(key=key)
                | BottleEvicted(key=key)
                | GraceRenewed(key=key)
            ):
                if key not in self._digests:
                    return
            case HashFileImported():
                # Of whom it speaks is known when all names have been read.
                pass
            case _:
                return
        self._lines.append(Told(recorded, event, self._reason(event)))

    def told(self) -> Iterator[Told]:
        """Yield what the story is."""
        digests = set().union(*self._digests.values())
        for line in self._lines:
            if not isinstance(line.event, HashFileImported) or any(
                key in self._digests or entry.digest in digests
                for key, entry in line.event.entries.items()
            ):
                yield line

    def _reason(self, event: Event) -> str:
        match event:
            case BottleMirrored():
                return self._why_mirrored(event)
            case BottleSuperseded():
                self._dropped.add(event.key)
                return "its grace has begun"
            case BottleLost():
                self._lost.add(event.key)
                self._held.pop(event.key, None)
                return "it was looked for, and will be fetched again"
            case BottleEvicted():
                return self._why_evicted(event)
            case _:
                return _ALWAYS[type(event)]

    def _why_evicted(self, event: BottleEvicted) -> str:
        if self._held.get(event.key) == event.sha256:
            del self._held[event.key]
            self._evicted.add(event.key)
        return "its grace was over, and no generation that is kept needed it"

    def _why_mirrored(self, event: BottleMirrored) -> str:
        key, digest = event.bottle.key, event.bottle.digest
        before = self._held.get(key)
        if key in self._lost:
            reason = "it had been lost"
        elif key in self._evicted:
            reason = "it had been evicted, and upstream offers it again"
        elif before is None:
            reason = "the mirror had none of this name"
        elif before != digest:
            reason = f"upstream built it anew; it was sha256 {before[:12]}…"
        elif key in self._dropped:
            reason = "upstream offers it again"
        else:
            reason = "told again"
        self._held[key] = digest
        self._lost.discard(key)
        self._dropped.discard(key)
        self._evicted.discard(key)
        if event.how == "found":
            return f"{reason}; it lay in the store already"
        if event.how == "copied":
            return f"{reason}; the same bytes lay under another name"
        return reason
