"""A mirror in memory that publishes, and clients that look at it all the time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from hashlib import sha256
from itertools import count
from uuid import UUID

from adapters.ledger.event_log import StoredEventLog
from adapters.ledger.generations import StoredGenerations
from adapters.memory.clock import ManualClock
from adapters.memory.progress import RecordingProgress
from adapters.memory.public_objects import MemoryPublicObjects
from adapters.memory.store import MemoryStore
from adapters.retry import ONCE
from application.journal import Journal
from application.publication import Promises
from application.publish_generation import PublishGeneration
from application.roll_back import RollBack
from application.show_generation import ShowGeneration
from domain.api_documents import CATALOG
from domain.bottle import Bottle, Digest, ObjectKey
from domain.events import GENESIS, BottleMirrored, CatalogRead
from domain.generations import IndexMirrored, KeptIndex
from domain.ledger import Ledger, replay
from domain.publication import Promised
from domain.selection import Selection
from domain.tags import Tag
from domain.views import (
    INDEX_MEDIA_TYPE,
    View,
    api_key,
    blob_key,
    flat_key,
    index_key,
    kept_index_key,
)
from ports.errors import NotFoundError, UnavailableError
from ports.public_objects import PublicObjects
from tests.support.generations import LONG_AGO

PACKAGES = "internal/packages.arm64_sonoma.jws.json"
DAY = date(2026, 11, 22)
_NUMBERS = count(1)


def made(name: str, version: str, *, content: str = "", rebuild: int = 0) -> Bottle:
    """Return a bottle whose digest is that of what ``body_of`` gives."""
    body = body_of(name, version, content)
    digest = Digest(sha256(body).hexdigest())
    return Bottle(name, version, rebuild, Tag("arm64_sonoma"), digest)


def body_of(name: str, version: str, content: str = "") -> bytes:
    """Return the bytes of a bottle."""
    return f"{name} {version} {content}".encode()


class ToldPromises(Promises):
    """What documents name, as a test says it, by the digest of the document."""

    def __init__(self) -> None:
        self.named: dict[str, Promised] = {}

    def __call__(
        self,
        documents: Mapping[str, str],
        selection: Selection,  # noqa: ARG002 - the test has chosen
    ) -> Promised:
        return self.named[documents[PACKAGES]]


class Clients:
    """Clients with whatever document of the API there is: they ask for all it names."""

    def __init__(self, objects: PublicObjects, views: tuple[View, ...]) -> None:
        self._objects = objects
        self._views = views
        self.known: dict[bytes, tuple[Bottle, ...]] = {}
        self.looks = 0
        self.seen: list[bytes] = []

    def look(self) -> None:
        """Check that all is there that the visible document names."""
        try:
            document = self._objects.read(api_key(PACKAGES))
        except NotFoundError:
            return
        self.looks += 1
        if document not in self.seen:
            self.seen.append(document)
        for bottle in self.known[document]:
            if "registry" in self._views:
                body = self._objects.read(blob_key(bottle))
                assert sha256(body).hexdigest() == bottle.digest
                self._objects.read(index_key(bottle.name, bottle.tagref))
            if "flat" in self._views:
                self._objects.read(flat_key(bottle))


class WatchedObjects(PublicObjects):
    """Public objects with clients that look before and after whatever is changed.

    Attributes:
        fail_at: The change, counted from 1, at which the process dies.
        meanwhile: What others do before a change, by its number from 1.
        late: Whether it dies after that change instead of before it.
    """

    def __init__(self, objects: PublicObjects, look: Callable[[], None]) -> None:
        self._objects = objects
        self._look = look
        self.changes = 0
        self.meanwhile: dict[int, Callable[[], object]] = {}
        self.fail_at: int | None = None
        self.late = False

    def write(
        self, key: ObjectKey, body: bytes, media_type: str, *, compressed: bool = False
    ) -> None:
        self._change(
            lambda: self._objects.write(key, body, media_type, compressed=compressed)
        )

    def read(self, key: ObjectKey) -> bytes:
        return self._objects.read(key)

    def pieces(self, key: ObjectKey) -> Iterator[bytes]:
        return self._objects.pieces(key)

    def expose(self, source: ObjectKey, target: ObjectKey, digest: Digest) -> None:
        self._change(lambda: self._objects.expose(source, target, digest))

    def copy(self, source: ObjectKey, target: ObjectKey) -> None:
        self._change(lambda: self._objects.copy(source, target))

    def remove(self, key: ObjectKey) -> None:
        self._change(lambda: self._objects.remove(key))

    def _change(self, change: Callable[[], None]) -> None:
        self.changes += 1
        self.meanwhile.pop(self.changes, lambda: None)()
        dies = self.changes == self.fail_at
        if dies and not self.late:
            raise UnavailableError("the store", "the process dies here")
        self._look()
        change()
        self._look()
        if dies:
            raise UnavailableError("the store", "the process dies here")


@dataclass
class PublishingMirror:
    """A mirror in memory, and all it needs to publish.

    Attributes:
        store: Where everything lies; another mirror may be given the same.
        written: When objects were written, where it was not long ago.
    """

    views: tuple[View, ...] = ("registry",)
    keep: int = 4
    store: MemoryStore = field(default_factory=MemoryStore)
    promises: ToldPromises = field(default_factory=ToldPromises)
    written: dict[ObjectKey, datetime] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.clock = ManualClock()
        self.progress = RecordingProgress()
        plain = MemoryPublicObjects(self.store)
        self.clients = Clients(plain, self.views)
        self.objects = WatchedObjects(plain, self.clients.look)
        self.generations = StoredGenerations(
            self.store, self.objects, lambda key: self.written.get(key, LONG_AGO)
        )
        self.log = StoredEventLog(self.store, ManualClock(), ONCE, chance=lambda: 0.5)
        self.show = ShowGeneration(self.objects, self.generations, self.views, 1)
        self.publish = PublishGeneration(
            *(self.promises, self.generations, self.show, self.views, self.keep),
            *(self.clock, self.progress),
        )
        self.roll_back = RollBack(self.generations, self.show, self.clock)

    def journal(self) -> Journal:
        """Return the hand of a new process in the log, on the ledger as it is."""
        ledger = self.ledger()
        if not ledger.id:
            ledger.id = self.log.identity() or self.log.found(_uuid())
        return Journal(self.log, self.clock, _uuid, ledger, _uuid())

    def ledger(self) -> Ledger:
        """Return the ledger as the log gives it."""
        return replay(self.log.read(GENESIS), Ledger(id=self.log.identity() or ""))

    def mirror(self, *bottles: Bottle, content: str = "", day: date = DAY) -> None:
        """Do what workers do: bytes, views and index first, then the events."""
        journal = self.journal()
        for bottle in bottles:
            body = body_of(bottle.name, bottle.pkg_version, content)
            place = bottle.object_key(day)
            if self.store.info(place) is not None:
                place = bottle.beside(place)
            self.store.put(place, bottle.digest, len(body), iter([body]))
            index = self._index(bottle)
            if "registry" in self.views:
                self.store.copy(place, blob_key(bottle), bottle.digest)
            if "flat" in self.views and self.store.info(flat_key(bottle)) is None:
                self.store.copy(place, flat_key(bottle), bottle.digest)
            journal.record(
                [
                    IndexMirrored(index),
                    BottleMirrored(bottle, len(body), place, "fetched"),
                ]
            )

    def offer(self, *bottles: Bottle, others: tuple[Bottle, ...] = ()) -> str:
        """Let upstream's API name these bottles; its document is read and staged."""
        names = ",".join(f"{each.key}={each.digest}" for each in (*bottles, *others))
        document = names.encode()
        sha = self.generations.stage(document, "application/json")
        self.promises.named[sha] = Promised(bottles, others)
        # Of what is missing clients do not ask: that it is, was accepted.
        self.clients.known[document] = tuple(
            bottle
            for bottle in (*bottles, *others)
            if (entry := self.ledger().held.get(bottle.key)) is not None
            and entry.bottle.digest == bottle.digest
        )
        source = "https://api.test/formula.jws.json"
        documents = {CATALOG: sha, PACKAGES: sha}
        self.journal().record([CatalogRead(source, documents, "e", None, 1)])
        return sha

    def visible(self) -> bytes | None:
        """Return the document of the API that clients get."""
        try:
            return self.objects.read(api_key(PACKAGES))
        except NotFoundError:
            return None

    def _index(self, bottle: Bottle) -> KeptIndex:
        body = f"index of {bottle.key} {bottle.digest}".encode()
        digest = Digest(sha256(body).hexdigest())
        self.objects.write(kept_index_key(bottle.name, digest), body, INDEX_MEDIA_TYPE)
        target = index_key(bottle.name, bottle.tagref)
        if self.store.info(target) is None:
            self.objects.write(target, body, INDEX_MEDIA_TYPE)
        return KeptIndex(
            bottle.name,
            bottle.tagref,
            digest,
            len(body),
            {bottle.tag: bottle.digest},
        )


def _uuid() -> str:
    return str(UUID(int=next(_NUMBERS), version=4))
