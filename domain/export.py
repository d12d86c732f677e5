"""What goes from one mirror to another: what commits brought that is still there."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from domain.bottle import Digest, ObjectKey
from domain.events import (
    BottleLost,
    BottleMirrored,
    Commit,
    HashFileImported,
    LedgerRepaired,
    Position,
    StoreReconciled,
    SyncStarted,
)
from domain.generations import BottleEvicted, GenerationPublished, IndexMirrored
from domain.ledger import Ledger
from domain.records import Repair
from domain.views import kept_index_key

CONTENT: Final = "sha256/"
"""What pieces are called whose bytes are named by their digest."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes that are moved as one.

    Attributes:
        name: The key of an object of the ledger, or ``sha256/`` and a digest.
        size: Bytes.
        digest: Of the bytes; None where nobody has said it before they are read.
    """

    name: str
    size: int
    digest: Digest | None = None


def content_name(digest: str) -> str:
    """Return what the piece with these bytes is called."""
    return f"{CONTENT}{digest}"


@dataclass(frozen=True, slots=True)
class Segment:
    """A file of an export.

    Attributes:
        number: From 1.
        pieces: How many it holds.
        size: Bytes of the file.
        sha256: Of the file.
    """

    number: int
    pieces: int
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Export:
    """What an export is: the way from one head of a ledger to a later one.

    Attributes:
        id: The SHA-256 of all that it is made of, by name and size.
        created: When the ledger was founded.
        since: The generation with whose publication it begins; None with the ledger.
        begin: The head that who imports it must have; None for an empty store.
        head: The head that it leads to.
        published: The generation that is visible there.
        generations: Those that it brings.
        commits: How many it brings.
        bottles: How many bottles' objects come to be there.
        bytes: Of the bottles' bytes that are moved.
        hash_file: The SHA-256 of the hash file at ``head``.
    """

    id: str
    ledger: str
    created: datetime
    since: int | None
    begin: Position | None
    head: Position
    published: int | None
    generations: tuple[int, ...]
    commits: int
    bottles: int
    bytes: int
    hash_file: str
    segments: tuple[Segment, ...] = ()

    @property
    def size(self) -> int:
        """The bytes of all segments."""
        return sum(segment.size for segment in self.segments)


@dataclass(slots=True)
class Movement:
    """What the commits between two heads tell of objects.

    Attributes:
        mirrored: The bottle that each object was last said to be.
        indexes: The indexes that were kept, by where they lie.
        documents: The ledger's documents that are named.
        evicted: What was evicted.
        lost: What was found not to be there.
        repairs: Repairs of the log.
        commits: How many there were.
    """

    mirrored: dict[ObjectKey, BottleMirrored] = field(default_factory=dict)
    indexes: dict[ObjectKey, IndexMirrored] = field(default_factory=dict)
    documents: dict[str, None] = field(default_factory=dict)
    evicted: dict[ObjectKey, BottleEvicted] = field(default_factory=dict)
    lost: dict[ObjectKey, BottleLost] = field(default_factory=dict)
    repairs: list[Repair] = field(default_factory=list)
    commits: int = 0

    def take(self, commit: Commit) -> None:
        """Take note of the next commit."""
        self.commits += 1
        for event in commit.events:
            match event:
                case BottleMirrored():
                    self.mirrored[event.object_key] = event
                case IndexMirrored(index=index):
                    key = kept_index_key(index.name, index.digest)
                    self.indexes[key] = event
                case BottleEvicted():
                    self.evicted[event.object_key] = event
                case BottleLost():
                    self.lost[event.object_key] = event
                case SyncStarted():
                    self.documents[event.plan] = None
                case HashFileImported() | StoreReconciled():
                    self.documents[event.document] = None
                case LedgerRepaired():
                    self.repairs.append(event.repair)
                case _:
                    # Who follows has no use for what else there is to tell.
                    pass

    def arrived(self, end: Ledger) -> tuple[BottleMirrored, ...]:
        """Return the bottles' objects that are there at the end, by their keys."""
        there = objects_of(end)
        return tuple(
            event
            for key, event in sorted(self.mirrored.items())
            if there.get(key) == event.bottle.digest
        )

    def missed(self, start: Collection[Digest], end: Ledger) -> Mapping[Digest, int]:
        """Return the digests of bottles whose bytes have to be moved, and their sizes.

        What is held at the start need not be, unless it was let go on the way: whoever
        is further than the start may have let it go by now.

        Args:
            start: The digests that are held where it begins.
        """
        let_go = {event.sha256 for event in self.evicted.values()}
        let_go |= {event.sha256 for event in self.lost.values()}
        there = set(start) - let_go
        return {
            event.bottle.digest: event.size
            for event in self.arrived(end)
            if event.bottle.digest not in there
        }

    def given_up(self, begin: Position | None) -> Repair | None:
        """Return a gap that was declared on the way and lies before it, if one does."""
        before = -1 if begin is None else begin.seq
        return next(
            (gap for gap in self.repairs if gap.is_gap and gap.first <= before), None
        )


def objects_of(ledger: Ledger) -> dict[ObjectKey, Digest]:
    """Return what the ledger says is in the store of bottles: where, and which."""
    there = {key: old.sha256 for key, old in ledger.superseded.items()}
    for entry in ledger.held.values():
        there[entry.object_key] = entry.bottle.digest
    return there


def publishes(commit: Commit, generation: int) -> bool:
    """Return whether a commit is the one that a generation was published with."""
    return any(
        isinstance(event, GenerationPublished) and event.generation == generation
        for event in commit.events
    )


def segmented(
    pieces: Iterable[Piece], limit: int, weight: Callable[[int], int]
) -> Iterator[tuple[Piece, ...]]:
    """Yield the pieces of each segment, in their order.

    Args:
        limit: The most that the pieces of a segment may weigh. One that is heavier
            has a segment to itself.
        weight: Tells how much room a piece of so many bytes takes.
    """
    together: list[Piece] = []
    room = limit
    for piece in pieces:
        needed = weight(piece.size)
        if together and needed > room:
            yield tuple(together)
            together, room = [], limit
        together.append(piece)
        room -= needed
    if together:
        yield tuple(together)


def export_id(
    ledger: str,
    begin: Position | None,
    head: Position,
    segments: Iterable[Iterable[Piece]],
) -> str:
    """Return what tells an export from every other: the same content has the same."""
    lines = [ledger, str(begin), str(head)]
    for number, pieces in enumerate(segments, start=1):
        lines += [f"{number} {piece.name} {piece.size}" for piece in pieces]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def why_not(
    export: Export, ledger: str | None, head: Position, *, follows: bool
) -> str | None:
    """Return why an export cannot be imported into a store, None if it can.

    Args:
        ledger: The ledger that the store has; None if it has none.
        head: How far it has it.
        follows: Whether the store has it by import.
    """
    if ledger is None:
        if export.begin is None:
            return None
        return (
            f"the store is empty, and this export begins at commit {export.begin.seq}:"
            " import the one that was made with --since 0 first"
        )
    if not follows:
        return (
            "this mirror records its own runs: an export goes into an empty store, or"
            " into one that was filled by bottles import"
        )
    if ledger != export.ledger:
        return (
            f"this mirror follows ledger {ledger}, and the export is of ledger"
            f" {export.ledger}"
        )
    if export.begin is not None and head.seq < export.begin.seq:
        return (
            f"an export is missing: this mirror is at commit {head.seq}, and this one"
            f" begins at commit {export.begin.seq}, where generation {export.since} was"
            f" published: import one that leads from commit {head.seq}, or from before"
            " it, to there"
        )
    return None
