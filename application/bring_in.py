"""Bringing in what an export moves: bytes first, then the views that are made of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from application.arrival import Arrival
from application.digests import stored_digest
from application.put_right import PutRight
from domain.api_documents import media_type
from domain.bottle import Digest, ObjectKey
from domain.errors import DigestMismatchError
from domain.events import BottleMirrored
from domain.export import content_name, objects_of
from domain.generations import Generation, KeptIndex
from domain.ledger import Ledger
from domain.listing import Listing
from domain.views import (
    INDEX_MEDIA_TYPE,
    View,
    blob_key,
    flat_index_key,
    flat_key,
    index_key,
    kept_index_key,
)
from ports.errors import (
    ConflictError,
    DamagedExportError,
    MalformedError,
    NotFoundError,
)
from ports.generations import Generations
from ports.ledger_objects import LedgerObjects
from ports.progress import Progress
from ports.public_objects import PublicObjects
from ports.store import Store

_Step: TypeAlias = Callable[[], object]


@dataclass(frozen=True, slots=True)
class BringIn:
    """Puts into the store what an export moves, whatever of it is there already.

    Attributes:
        read_listing: Gives the list of a generation that is written so.
        views: The forms in which clients find bottles.
        jobs: How many objects are written at a time.
    """

    store: Store
    objects: PublicObjects
    generations: Generations
    ledger_objects: LedgerObjects
    put_right: PutRight
    read_listing: Callable[[str, bytes], Listing]
    views: tuple[View, ...]
    jobs: int
    progress: Progress

    def __call__(self, arrival: Arrival) -> int:
        """Bring in everything but the commits.

        Returns:
            How many objects were not there before.

        Raises:
            StoppedError: It was stopped.
            PortError: The store cannot be used.
        """
        events = arrival.movement.arrived(arrival.end)
        indexes = list(self._indexes(arrival))
        written = self._do("bottles brought in", list(self._bottles(arrival, events)))
        written += self._do("indexes brought in", list(self._kept(arrival, indexes)))
        written += self._do("documents brought in", list(self._documents(arrival)))
        for generation in arrival.generations:
            written += self._keep(arrival, generation)
        self._do("views made", list(self._views(events)))
        self._place(arrival, indexes)
        return written

    def _indexes(self, arrival: Arrival) -> Iterator[KeptIndex]:
        """Yield the indexes that the export brings, those that commits tell of first.

        What a declared gap has swallowed only the lists of generations still tell.
        """
        told = {event.index.digest for event in arrival.movement.indexes.values()}
        for event in arrival.movement.indexes.values():
            if arrival.content(event.index.digest) is not None:
                yield event.index
        for generation in arrival.generations:
            body = arrival.bytes_of(generation.listing)
            listing = self.read_listing(generation.listing, body)
            for index in listing.indexes.values():
                digest = index.digest
                if digest not in told and arrival.content(digest) is not None:
                    told.add(digest)
                    yield index

    def _bottles(
        self, arrival: Arrival, events: Iterable[BottleMirrored]
    ) -> Iterator[_Step]:
        """Yield what puts each digest under all of its names."""
        together: dict[Digest, list[BottleMirrored]] = {}
        for event in events:
            together.setdefault(event.bottle.digest, []).append(event)
        places = {digest: key for key, digest in objects_of(arrival.start).items()}
        # In the order of the export, which is that of the disk.
        order = {name: number for number, name in enumerate(arrival.pieces)}
        for digest in sorted(
            together, key=lambda digest: order.get(content_name(digest), -1)
        ):
            yield partial(
                self._bottle, arrival, digest, together[digest], places.get(digest)
            )

    def _bottle(
        self,
        arrival: Arrival,
        digest: Digest,
        events: list[BottleMirrored],
        place: ObjectKey | None,
    ) -> bool:
        first, *others = events
        piece, is_new = arrival.content(digest), False
        if piece is not None:
            read = partial(arrival.archive.read, piece.name)
            is_new = self.put_right.put(first.object_key, digest, piece.size, read)
        elif place is not None and place != first.object_key:
            self._copied(place, first.object_key, digest)
        for other in others:
            self._copied(first.object_key, other.object_key, digest)
        return is_new

    def _copied(self, source: ObjectKey, target: ObjectKey, digest: Digest) -> None:
        try:
            self.put_right.copy(source, target, digest)
        except (NotFoundError, DigestMismatchError) as error:
            raise DamagedExportError(
                "the export",
                f"it relies on {source}, which this mirror has lost ({error}): import"
                " one that was made with --since 0",
            ) from error

    def _kept(self, arrival: Arrival, indexes: Iterable[KeptIndex]) -> Iterator[_Step]:
        for index in indexes:
            yield partial(self._keep_index, arrival, index)

    def _keep_index(self, arrival: Arrival, index: KeptIndex) -> bool:
        key = kept_index_key(index.name, index.digest)
        if self.store.info(key) is not None:
            return False
        body = arrival.bytes_of(index.digest)
        self.objects.write(key, body, INDEX_MEDIA_TYPE)
        return True

    def _documents(self, arrival: Arrival) -> Iterator[_Step]:
        for name, piece in arrival.pieces.items():
            digest = self.ledger_objects.digest_of_document(name)
            if digest is not None:
                read = partial(arrival.archive.read, name)
                yield partial(
                    self.put_right.put,
                    ObjectKey(name),
                    Digest(digest),
                    piece.size,
                    read,
                )

    def _keep(self, arrival: Arrival, generation: Generation) -> int:
        """Keep a generation, unless it is kept already."""
        number, documents = generation.number, generation.documents
        if self._is_kept(generation):
            return 0
        # Of an attempt that died there may be a part.
        self.generations.drop(number)
        for name, sha256 in documents.items():
            body = self._document(arrival, sha256)
            self.generations.stage(body, media_type(name))
        body = arrival.bytes_of(generation.listing)
        listing = self.read_listing(generation.listing, body)
        self.generations.keep(number, documents, listing)
        return len(documents) + 1

    def _is_kept(self, generation: Generation) -> bool:
        try:
            self.generations.listing(generation.number, generation.listing)
            for name, sha256 in generation.documents.items():
                self.generations.document(generation.number, name, sha256)
        except (NotFoundError, MalformedError):
            return False
        return True

    def _document(self, arrival: Arrival, sha256: str) -> bytes:
        """Return a document of the API, of the export or of an earlier generation."""
        if arrival.content(sha256) is not None:
            return arrival.bytes_of(sha256)
        number, name = arrival.kept_before[sha256]
        return self.generations.document(number, name, sha256)

    def _views(self, events: Iterable[BottleMirrored]) -> Iterator[_Step]:
        """Yield what shows bottles as whoever mirrored them did.

        Names that stay are only taken where they are free: what clients see under them
        changes when a generation is shown.
        """
        for event in events:
            bottle, source = event.bottle, event.object_key
            if "registry" in self.views:
                yield partial(
                    self.put_right.copy, source, blob_key(bottle), bottle.digest
                )
            if "flat" in self.views:
                yield partial(self._show_flat, source, flat_key(bottle), bottle.digest)

    def _place(self, arrival: Arrival, indexes: Iterable[KeptIndex]) -> None:
        """Put indexes where clients ask for them, in the order in which they came.

        As where they were mirrored, an earlier one gives way to one that names all its
        bottles.
        """
        known = {index.digest: index for index in self._seen(arrival.start)}
        for index in indexes:
            known[index.digest] = index
            for target in self._names_of(index):
                if self._gives_way(target, index, known):
                    kept = kept_index_key(index.name, index.digest)
                    self.objects.expose(kept, target, index.digest)

    def _seen(self, start: Ledger) -> Iterator[KeptIndex]:
        """Yield the indexes that clients may see now."""
        visible = start.generations.get(start.published or 0)
        if visible is not None:
            try:
                listing = self.generations.listing(visible.number, visible.listing)
            except (NotFoundError, MalformedError):
                # What is seen is not known: it stays until a generation is shown.
                listing = Listing({}, {})
            yield from listing.indexes.values()
        yield from start.indexes.values()

    def _names_of(self, index: KeptIndex) -> Iterator[ObjectKey]:
        if "registry" in self.views:
            yield index_key(index.name, index.tagref)
        if "flat" in self.views:
            yield flat_index_key(index.name, index.tagref)

    def _gives_way(
        self, target: ObjectKey, index: KeptIndex, known: Mapping[Digest, KeptIndex]
    ) -> bool:
        found = stored_digest(self.store, target)
        if found is None or found == index.digest:
            return found is None
        there = known.get(found)
        return there is not None and there.bottles.items() <= index.bottles.items()

    def _show_flat(self, source: ObjectKey, target: ObjectKey, digest: Digest) -> None:
        try:
            self.store.copy(source, target, digest)
        except ConflictError:
            # Another bottle has the name until a generation is shown.
            return

    def _do(self, what: str, steps: list[_Step]) -> int:
        """Take all steps, many at a time.

        Returns:
            How many of them say that something is new.
        """
        if not steps:
            return 0
        new = 0
        with ThreadPoolExecutor(self.jobs) as pool:
            doing = [pool.submit(step) for step in steps]
            try:
                for done, one in enumerate(doing, start=1):
                    new += one.result() is True
                    self.progress.counted(what, done, len(steps))
            except BaseException:
                pool.shutdown(wait=True, cancel_futures=True)
                raise
        return new
