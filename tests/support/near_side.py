"""The side of an air gap that records: its upstream, its workers, its weeks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256

from adapters.memory.store import MemoryStore
from application.journal import Journal
from application.publication import Promises, Publication
from application.publish_generation import PublishGeneration
from application.remove_evicted import RemoveEvicted
from application.roll_back import RollBack
from application.run import Run
from application.show_generation import ShowGeneration
from domain.bottle import Bottle, BottleKey, Digest, ObjectKey
from domain.events import BottleMirrored, CatalogRead, Event
from domain.garbage import Evicted
from domain.generations import BottleEvicted, IndexMirrored, KeptIndex
from domain.ledger import Ledger
from domain.publication import Promised
from domain.selection import Selection
from domain.tags import Tag
from domain.views import (
    INDEX_MEDIA_TYPE,
    api_key,
    blob_key,
    flat_index_key,
    flat_key,
    index_key,
    kept_index_key,
)
from domain.work import Work
from ports.store import Store
from tests.support.air_gap import CATALOG, EXECUTABLES, PACKAGES, Side

_ALL = Selection()


@dataclass
class Near(Promises):
    """The side that records, with what its workers and its upstream do.

    Attributes:
        bodies: The bytes of every bottle that was ever offered.
        indexes: What the registry says now of each release.
        offered: What upstream offers now.
        named: The bottles that each document of the API names, by its bytes.
    """

    side: Side = field(default_factory=Side)
    keep: int = 3
    bodies: dict[Digest, bytes] = field(default_factory=dict)
    indexes: dict[tuple[str, str], dict[Tag, Digest]] = field(default_factory=dict)
    offered: dict[BottleKey, Bottle] = field(default_factory=dict)
    named: dict[bytes, tuple[Bottle, ...]] = field(default_factory=dict)
    day: date = date(2026, 11, 1)

    def __call__(
        self,
        documents: Mapping[str, str],  # noqa: ARG002 - there is one offer
        selection: Selection,  # noqa: ARG002 - of everything
    ) -> Promised:
        return Promised(tuple(self.offered.values()), ())

    def made(
        self,
        name: str,
        version: str = "1.0",
        tag: str = "arm64_sonoma",
        *,
        body: bytes | None = None,
        rebuild: int = 0,
    ) -> Bottle:
        """Let upstream offer a bottle from now on."""
        body = body if body is not None else f"{name} {version} {tag}".encode() * 40
        digest = Digest(sha256(body).hexdigest())
        bottle = Bottle(name, version, rebuild, Tag(tag), digest)
        self.bodies[digest] = body
        self.offered[bottle.key] = bottle
        self.indexes.setdefault((name, bottle.tagref), {})[bottle.tag] = digest
        return bottle

    def gone(self, *bottles: Bottle) -> None:
        """Let upstream offer bottles no longer."""
        for bottle in bottles:
            self.offered.pop(bottle.key, None)

    def begin(self) -> Run:
        """Begin a run."""
        runs = self.side.mirror.runs()
        return runs.begin(self.side.open())

    def sync(self, *, publish: bool = True) -> Publication | None:
        """Mirror what is offered and not held, and publish it."""
        run = self.begin()
        ledger = run.journal.ledger
        missing = [b for b in self.offered.values() if not ledger.has(b)]
        documents = self._documents()
        source = "https://api.test/formula.jws.json"
        read = CatalogRead(source, documents, None, None, len(self.offered))
        run.start(Work(), "5e" * 32, read)
        run.journal.record(self._mirrored(missing, ledger))
        run.complete("complete", None, {"mirrored": len(missing)})
        publication = None
        if publish:
            publication = self._publishing()(run.journal, _ALL)
        run.publish()
        self.day = date.fromordinal(self.day.toordinal() + 7)
        return publication

    def roll_back(self, to: int) -> None:
        """Go back to a generation."""
        run = self.begin()
        RollBack(self.side.mirror.generations(), self._show(), run.runs.clock)(
            run.journal, to
        )
        run.publish()

    def evict(self, *bottles: Bottle) -> None:
        """Let bottles go, as the collector of garbage does."""
        run = self.begin()
        ledger = run.journal.ledger
        evicted = [Evicted(b, _place(ledger, b)) for b in bottles]
        self.record(
            run.journal,
            *(
                BottleEvicted(e.bottle.key, e.bottle.digest, e.object_key)
                for e in evicted
            ),
        )
        generations = self.side.mirror.generations()
        listings = [
            generations.listing(number, generation.listing)
            for number, generation in ledger.generations.items()
        ]
        remove = RemoveEvicted(
            self.side.store,
            self.side.public,
            self.side.mirror.event_log(),
            self.side.progress,
            1,
            self.side.stop,
        )
        remove(run.journal, evicted, listings)
        run.publish()

    def record(self, journal: Journal, *events: Event) -> None:
        """Record events as they are."""
        journal.record(events)

    def _documents(self) -> dict[str, str]:
        generations = self.side.mirror.generations()
        names = json.dumps(sorted(map(str, self.offered.values()))).encode()
        self.named[names] = tuple(self.offered.values())
        return {
            PACKAGES: generations.stage(names, "application/json"),
            CATALOG: generations.stage(b"catalog " + names, "application/json"),
            EXECUTABLES: generations.stage(b"never changes", "text/plain"),
        }

    def _mirrored(self, missing: list[Bottle], ledger: Ledger) -> list[Event]:
        events: list[Event] = []
        places = {e.bottle.digest: e.object_key for e in ledger.held.values()}
        for bottle in missing:
            body, place = self.bodies[bottle.digest], bottle.object_key(self.day)
            if self.side.store.info(place) is not None:
                place = bottle.beside(place)
            if bottle.digest in places:
                self.side.store.copy(places[bottle.digest], place, bottle.digest)
            else:
                self.side.store.put(place, bottle.digest, len(body), iter([body]))
                places[bottle.digest] = place
            self._show_bottle(bottle, place)
            index = self._index(bottle)
            how = "fetched" if places[bottle.digest] == place else "copied"
            mirrored = BottleMirrored(bottle, len(body), place, how)  # type: ignore[arg-type]
            events += [IndexMirrored(index), mirrored]
        return events

    def _show_bottle(self, bottle: Bottle, place: ObjectKey) -> None:
        store, digest = self.side.store, bottle.digest
        if "registry" in self.side.views:
            store.copy(place, blob_key(bottle), digest)
        if "flat" in self.side.views and store.info(flat_key(bottle)) is None:
            store.copy(place, flat_key(bottle), digest)

    def _index(self, bottle: Bottle) -> KeptIndex:
        bottles = dict(self.indexes[bottle.name, bottle.tagref])
        body = json.dumps(
            [bottle.name, bottle.tagref, sorted(bottles.items())]
        ).encode()
        index = KeptIndex(bottle.name, bottle.tagref, _digest(body), len(body), bottles)
        kept = kept_index_key(index.name, index.digest)
        public = self.side.public
        public.write(kept, body, INDEX_MEDIA_TYPE)
        where = {"registry": index_key, "flat": flat_index_key}
        for view in self.side.views:
            target = where[view](index.name, index.tagref)
            if self.side.store.info(target) is None or self._names_less(target, index):
                public.write(target, body, INDEX_MEDIA_TYPE)
        return index

    def _names_less(self, target: ObjectKey, index: KeptIndex) -> bool:
        _, _, named = json.loads(self.side.public.read(target))
        return dict(named).items() <= index.bottles.items()

    def _show(self) -> ShowGeneration:
        mirror = self.side.mirror
        return ShowGeneration(
            self.side.public, mirror.generations(), self.side.views, 1
        )

    def _publishing(self) -> PublishGeneration:
        generations = self.side.mirror.generations()
        return PublishGeneration(
            *(self, generations, self._show(), self.side.views, self.keep),
            *(self.side.mirror.clock(), self.side.progress),
        )


def clients_look(near: Near, far: Store) -> int:
    """Ask ``far`` for all that it says there is.

    Returns:
        How many bottles were found.
    """
    if far.info(api_key(PACKAGES)) is None:
        return 0
    bottles = near.named[far.get(api_key(PACKAGES)).body]
    for bottle in bottles:
        body = far.get(blob_key(bottle)).body
        assert sha256(body).hexdigest() == bottle.digest
        # Names that stay have the new bytes a moment before the document does.
        assert far.info(flat_key(bottle)) is not None
        index = json.loads(far.get(index_key(bottle.name, bottle.tagref)).body)
        assert bottle.tag in dict(index[2])
    return len(bottles)


def _place(ledger: Ledger, bottle: Bottle) -> ObjectKey:
    for key, old in ledger.superseded.items():
        if old.sha256 == bottle.digest and old.key == bottle.key:
            return key
    return ledger.held[bottle.key].object_key


def _digest(body: bytes) -> Digest:
    return Digest(sha256(body).hexdigest())


def three_generations(near: Near) -> dict[str, Bottle]:
    """Publish three generations, with all that can happen in between.

    Returns:
        The bottles that something happens to, by what it is.
    """
    jq, bat = near.made("jq"), near.made("bat")
    twin = near.made("cat", body=near.bodies[bat.digest])
    curl = near.made("curl@8")
    near.sync()
    replaced = near.made("jq", "1.1")
    near.gone(jq)
    rebuilt = near.made("bat", body=b"bat, built again")
    near.sync()
    tahoe = near.made("jq", "1.1", "arm64_tahoe")
    late = near.made("dog", body=near.bodies[twin.digest])
    near.sync()
    return {
        "dropped": jq,
        "replaced": bat,
        "twin": twin,
        "kept": curl,
        "new": replaced,
        "rebuilt": rebuilt,
        "tahoe": tahoe,
        "late": late,
    }


def first_week(near: Near) -> None:
    near.made("jq")
    near.made("bat")
    near.made("curl@8")
    near.sync()


def rebuilt_week(near: Near) -> None:
    near.gone(near.made("jq"))
    near.made("jq", "1.1")
    near.made("bat", body=b"bat, built again")
    near.sync()


def more_tags(near: Near) -> None:
    near.made("jq", "1.1", "arm64_tahoe")
    near.made("cat", body=b"bat, built again")
    near.sync()


def rolled_back(near: Near) -> None:
    near.roll_back(2)


def evicted(near: Near) -> None:
    near.keep = 2
    near.sync()
    near.made("dog")
    near.sync()
    old = near.made("jq")
    bat = near.made("bat")
    near.gone(old)
    near.made("bat", body=b"bat, built again")
    near.evict(old, bat)


def copied(store: object) -> MemoryStore:
    assert isinstance(store, MemoryStore)
    copy = MemoryStore()
    for info in store.list(""):
        copy.create(info.key, store.get(info.key).body)
    return copy
