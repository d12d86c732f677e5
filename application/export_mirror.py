"""Exporting: what changed since a generation was published, for the other side."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice

from application.outgoing import Source, read_ahead, small
from domain.bottle import Digest, ObjectKey
from domain.errors import MirrorError, OutdatedLedgerError
from domain.events import GENESIS, Position
from domain.export import (
    Export,
    Movement,
    Piece,
    content_name,
    export_id,
    objects_of,
    publishes,
    segmented,
)
from domain.generations import Generation, KeptIndex, ReleaseKey
from domain.ledger import Ledger
from domain.listing import Listing
from domain.views import kept_index_key
from ports.errors import NoLedgerError, NotFoundError
from ports.event_log import EventLog
from ports.export_archive import ExportWriter
from ports.generations import Generations
from ports.ledger_objects import LedgerObjects
from ports.progress import Progress
from ports.public_objects import PublicObjects
from ports.store import ObjectInfo, Store


class ExportRefusedError(MirrorError):
    """What was asked for cannot be exported, or not be imported here."""


@dataclass(frozen=True, slots=True)
class _Way:
    """The way from one head of the ledger to another.

    Attributes:
        digests: What is held where it begins.
        before: The generations that are kept there.
    """

    begin: Position | None
    digests: frozenset[Digest]
    before: frozenset[int]
    movement: Movement
    end: Ledger


@dataclass(frozen=True, slots=True)
class ExportMirror:
    """Writes what another store lacks that has this ledger up to a head.

    Views are not moved: they are copies of what is, and are made on the other side.

    Attributes:
        write_listing: Gives the bytes of a generation's list.
        hash_file_of: Gives the SHA-256 of a ledger's hash file.
        readers: How many small objects are asked for at a time. With 1 there are no
            threads.
    """

    store: Store
    objects: PublicObjects
    generations: Generations
    log: EventLog
    ledger_objects: LedgerObjects
    write_listing: Callable[[Listing], bytes]
    hash_file_of: Callable[[Ledger], str]
    progress: Progress
    readers: int

    def __call__(self, archive: ExportWriter, since: int, segment_size: int) -> Export:
        """Export what changed.

        Args:
            since: The generation with whose publication it begins; 0 is everything.
            segment_size: The most bytes of a file, unless one bottle has more.

        Raises:
            ExportRefusedError: There was no such generation, or what was exported
                before is not in the log any more.
            NoLedgerError: There is no ledger.
            DigestMismatchError: The store holds something else than it should.
            LedgerDamagedError: The log is damaged.
            PortError: The store or the archive cannot be used.
        """
        if self.log.identity() is None:
            raise NoLedgerError
        way = self._way(since)
        archive.begin()
        new = [
            generation
            for number, generation in sorted(way.end.generations.items())
            if number not in way.before
        ]
        sources = (
            *self._of_ledger(way),
            *self._of_generations(way, new),
            *self._indexes(way, new),
            *self._bottles(way),
        )
        limit = max(1, segment_size - archive.tare)
        parts = tuple(segmented([s.piece for s in sources], limit, archive.weight))
        end = way.end
        export = Export(
            id=export_id(end.id, way.begin, end.position, parts),
            ledger=end.id,
            created=self.ledger_objects.created(),
            since=since or None,
            begin=way.begin,
            head=end.position,
            published=end.published,
            generations=tuple(generation.number for generation in new),
            commits=way.movement.commits,
            bottles=len(way.movement.arrived(end)),
            bytes=sum(way.movement.missed(way.digests, end).values()),
            hash_file=self.hash_file_of(end),
        )
        return self._written(archive, export, sources, [len(part) for part in parts])

    def _way(self, since: int) -> _Way:
        while True:
            try:
                return self._walked(since)
            except OutdatedLedgerError:
                # A gap showed only when part of it had been read.
                continue

    def _walked(self, since: int) -> _Way:
        ledger, movement = Ledger(), Movement()
        begin: Position | None = None
        digests: frozenset[Digest] = frozenset()
        before: frozenset[int] = frozenset()
        for recorded in self.log.read(GENESIS):
            ledger.apply(recorded, GENESIS)
            if since and begin is None:
                if publishes(recorded.commit, since):
                    begin = recorded.position
                    digests = frozenset(objects_of(ledger).values())
                    before = frozenset(ledger.generations)
            else:
                movement.take(recorded.commit)
        if since and begin is None:
            there = ", ".join(map(str, sorted(ledger.generations))) or "none yet"
            raise ExportRefusedError(
                f"generation {since} was never published here; those that are kept:"
                f" {there}; --since 0 exports everything"
            )
        if ledger.position == GENESIS:
            raise ExportRefusedError("there is nothing to export: no sync was made yet")
        gap = movement.given_up(begin)
        if gap is not None:
            raise ExportRefusedError(
                f"commits {gap.first} to {gap.last} were exported before and have been"
                " given up here: a follower cannot forget them. Fill a new store on the"
                " other side with --since 0"
            )
        return _Way(begin, digests, before, movement, ledger)

    def _of_ledger(self, way: _Way) -> Iterator[Source]:
        after = -1 if way.begin is None else way.begin.seq
        until = way.end.position.seq
        yield self._object(self.ledger_objects.identity())
        for info in self.ledger_objects.commits(after, until):
            yield self._object(info)
        for sha256 in way.movement.documents:
            document = self.ledger_objects.document(sha256)
            # The work of a run that had nothing to do is not kept.
            if document is not None:
                yield self._object(document, Digest(sha256))

    def _of_generations(self, way: _Way, new: Sequence[Generation]) -> Iterator[Source]:
        kept = [way.end.generations[n] for n in way.before if n in way.end.generations]
        there = {sha256 for each in kept for sha256 in each.documents.values()}
        for generation in new:
            reads = {generation.listing: partial(self._listing, generation)}
            for name, sha256 in generation.documents.items():
                reads[sha256] = partial(
                    self.generations.document, generation.number, name, sha256
                )
            for sha256, read in reads.items():
                if sha256 not in there:
                    there.add(sha256)
                    yield small(read, sha256)

    def _listing(self, generation: Generation) -> bytes:
        return self.write_listing(
            self.generations.listing(generation.number, generation.listing)
        )

    def _indexes(self, way: _Way, new: Sequence[Generation]) -> Iterator[Source]:
        needed = {
            kept_index_key(index.name, index.digest): index.digest
            for indexes in (way.end.indexes, *map(self._listed, new))
            for index in indexes.values()
        }
        told = {key: event.index.digest for key, event in way.movement.indexes.items()}
        # What a gap has swallowed only the lists still tell.
        wanted = told | needed if way.end.gaps else told
        seen: set[Digest] = set()
        for key, digest in sorted(wanted.items()):
            # What nobody needs any more may have been let go.
            is_kept = key in needed or self.store.info(key) is not None
            if is_kept and digest not in seen:
                seen.add(digest)
                yield small(partial(self._index, key), digest)

    def _listed(self, generation: Generation) -> Mapping[ReleaseKey, KeptIndex]:
        number = generation.number
        return self.generations.listing(number, generation.listing).indexes

    def _index(self, key: ObjectKey) -> bytes:
        try:
            return self.objects.read(key)
        except NotFoundError as error:
            raise _gone(key) from error

    def _bottles(self, way: _Way) -> Iterator[Source]:
        places = {event.bottle.digest: event for event in way.movement.arrived(way.end)}
        missed = way.movement.missed(way.digests, way.end)
        # Small ones first: they fill segments well, and large ones come alone.
        for digest, size in sorted(missed.items(), key=lambda of: (of[1], of[0])):
            info = ObjectInfo(places[digest].object_key, size)
            yield self._object(info, digest, content_name(digest))

    def _object(
        self, info: ObjectInfo, digest: Digest | None = None, name: str | None = None
    ) -> Source:
        piece = Piece(name or info.key, info.size, digest)
        return Source(piece, lambda: self._read(info.key))

    def _read(self, key: ObjectKey) -> Iterator[bytes]:
        try:
            yield from self.store.read(key)
        except NotFoundError as error:
            raise _gone(key) from error

    def _written(
        self,
        archive: ExportWriter,
        export: Export,
        sources: Iterable[Source],
        counts: Sequence[int],
    ) -> Export:
        segments = []
        with closing(read_ahead(sources, self.readers)) as outgoing:
            for number, count in enumerate(counts, start=1):
                some = islice(outgoing, count)
                segments.append(archive.write(export, number, len(counts), some))
                self.progress.counted("segments written", number, len(counts))
        sealed = replace(export, segments=tuple(segments))
        archive.seal(sealed)
        return sealed


def _gone(key: ObjectKey) -> ExportRefusedError:
    return ExportRefusedError(
        f"{key} is not there: it was evicted since the export began, or is lost;"
        " bottles verify tells which, then export again"
    )
