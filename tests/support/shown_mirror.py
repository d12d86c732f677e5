"""A mirror in memory that clients read: views, generations, and garbage collected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from adapters.ledger.generations import StoredGenerations
from adapters.memory.api_documents import MemoryDocuments
from adapters.memory.catalog import MemoryCatalog
from adapters.memory.clock import ManualClock
from adapters.memory.public_objects import MemoryPublicObjects
from application.claims import is_bottle_object
from application.collect_garbage import CollectGarbage, GarbageReport
from application.publication import Publication
from application.publish_generation import PublishGeneration
from application.remove_evicted import RemoveEvicted
from application.roll_back import RollBack
from application.show_generation import ShowGeneration
from application.staged_promises import StagedPromises
from application.sync_bottles import SyncReport
from domain.api_documents import CATALOG
from domain.bottle import Bottle, Digest, ObjectKey
from domain.exposure_config import ExposureConfig
from domain.ledger import Ledger
from domain.selection import Selection
from domain.views import (
    blob_key,
    flat_index_key,
    flat_key,
    index_key,
    kept_index_key,
)
from ports.store import Store
from tests.support.catalogs import select
from tests.support.generations import long_ago
from tests.support.mirror import TAG, Mirror, Process

BOTH = select("arm64_sonoma", "sonoma")
DAY = 24 * 60 * 60
BOTH_VIEWS = ExposureConfig(
    views=("registry", "flat"), retention_days=14, max_evict=100
)


class ApiCatalog(MemoryCatalog):
    """A catalog that is a document which clients ask the API for."""

    def __init__(self) -> None:
        super().__init__(name=CATALOG, signed=True)

    @property
    def body(self) -> bytes:
        """The document's bytes."""
        return self._body


class ShownMirror(Mirror):
    """A mirror with both views, whose runs end as they are to end."""

    def __init__(
        self, exposure: ExposureConfig = BOTH_VIEWS, disk: Store | None = None
    ) -> None:
        super().__init__()
        # No more is asked of it than every store promises.
        self.disk: Any = disk or self.disk
        self.catalog: ApiCatalog = ApiCatalog()
        self.exposure = exposure
        self.views = exposure.views
        self.selection = BOTH
        self._weeks = 0

    def offer(
        self,
        name: str,
        version: str = "1.0",
        *,
        rebuild: int = 0,
        contents: Mapping[str, str] | None = None,
    ) -> tuple[Bottle, ...]:
        """Offer a formula, also in the registry's index of its release."""
        bottles = super().offer(name, version, rebuild=rebuild, contents=contents)
        self.upstream.publish(bottles)
        return bottles

    def show(self, process: Process | None = None) -> Publication:
        """Publish what is on offer."""
        self.stage()
        return self.publish(process)

    def stage(self) -> None:
        """Keep the document that was read last, as planning does."""
        self.generations(self.disk).stage(self.catalog.body, "application/json")

    def publish(self, process: Process | None = None) -> Publication:
        """Publish what the catalog that was read last offers."""
        process = process or self.process()
        journal = process.runs.begin(process.open()).journal
        publication = self.publishing(process)(journal, self.selection)
        process.runs.begin(process.open()).publish()
        return publication

    def publishing(self, process: Process) -> PublishGeneration:
        """Return the use case that publishes."""
        generations = self.generations(process.store)
        return PublishGeneration(
            promises=StagedPromises(MemoryDocuments(self.catalog), generations),
            generations=generations,
            show=self._showing(process),
            views=self.exposure.views,
            keep=self.exposure.keep_generations,
            clock=self.clock,
            progress=process.progress,
        )

    def roll_back(self, process: Process | None = None) -> Publication:
        """Go back to the generation before."""
        process = process or self.process()
        generations, show = self.generations(process.store), self._showing(process)
        roll_back = RollBack(generations, show, self.clock)
        return roll_back(process.runs.begin(process.open()).journal)

    def _showing(self, process: Process) -> ShowGeneration:
        objects = MemoryPublicObjects(process.store)
        generations = self.generations(process.store)
        return ShowGeneration(objects, generations, self.exposure.views, jobs=1)

    def generations(self, store: Store) -> StoredGenerations:
        """Return what is kept of the generations in ``store``."""
        return StoredGenerations(store, MemoryPublicObjects(store), long_ago)

    def collecting(self, process: Process | None = None) -> CollectGarbage:
        """Return the use case that collects garbage."""
        process = process or self.process()
        return CollectGarbage(
            generations=self.generations(process.store),
            remove=RemoveEvicted(
                process.store,
                MemoryPublicObjects(process.store),
                *(process.log, process.progress, 1, process.stop),
            ),
            runs=process.runs,
            progress=process.progress,
            exposure=self.exposure,
        )

    def collect(self) -> GarbageReport:
        """Collect garbage in a process of its own."""
        return self.collecting()(act=True)

    def bottles(self) -> dict[ObjectKey, bytes]:
        """Return the bottles' own objects."""
        return {
            key: body
            for key, body in super().bottles().items()
            if is_bottle_object(key)
        }

    def sync(
        self, selection: Selection = BOTH, max_bytes: int | None = None
    ) -> SyncReport:
        """Sync in a process of its own."""
        return super().sync(selection, max_bytes)

    def pass_weeks(self, weeks: int) -> None:
        """Let weeks pass, with another version of a formula in each, and runs."""
        for _ in range(weeks):
            self.clock.sleep(7 * DAY)
            self._weeks += 1
            self.offer("pulse", f"1.{self._weeks}")
            self.sync()
            self.show()
            self.collect()

    def on_offer(self) -> Iterator[Bottle]:
        """Yield what the catalog offers."""
        for formula in self.formulae.values():
            yield from formula.bottles()

    def view(self, prefix: str) -> dict[ObjectKey, bytes]:
        """Return what a view holds."""
        return {
            info.key: self.disk.get(info.key).body for info in self.disk.list(prefix)
        }

    def check_views(self) -> None:
        """Check that the views hold what is in the store, and nothing else."""
        ledger = self.ledger()
        blobs, files, indexes = {}, set(), set()
        for entry in ledger.held.values():
            bottle = entry.bottle
            blobs[blob_key(bottle)] = bottle.digest
            files.add(flat_key(bottle))
            indexes.add(index_key(bottle.name, bottle.tagref))
            indexes.add(flat_index_key(bottle.name, bottle.tagref))
            for old in ledger.superseded.values():
                if old.key == bottle.key:
                    blobs[blob_key(bottle.of(old.sha256))] = old.sha256
        there = self.view("v2/") | self.view("flat/")
        assert {
            key: _digest(body) for key, body in there.items() if "/blobs/" in key
        } == blobs
        assert {key for key in there if key.endswith(".tar.gz")} == files
        assert {
            key for key in there if "/manifests/" in key and "/sha256:" not in key
        } == indexes


def grown(start: datetime | None = None) -> ShownMirror:
    """Return a mirror with a release that nobody needs any more, and one rebuilt.

    Args:
        start: When its five weeks began; some day if None.
    """
    mirror = ShownMirror()
    mirror.clock = ManualClock(start) if start else mirror.clock
    for name in ("bat", "curl", "jq"):
        mirror.offer(name, contents={TAG: name})
    mirror.sync()
    mirror.show()
    mirror.offer("jq", "1.1", contents={TAG: "jq 1.1"})
    mirror.offer("bat", contents={TAG: "bat, built again"})
    for week in range(5):
        mirror.clock.sleep(7 * DAY)
        mirror.offer("curl", contents={TAG: f"curl {week}"}, rebuild=1 + week)
        mirror.sync()
        mirror.show()
    return mirror


def what_clients_miss(mirror: ShownMirror, ledger: Ledger, number: int) -> list[str]:
    """Return what the clients of a generation ask for in vain."""
    generation = ledger.generations[number]
    listing = mirror.generations(mirror.disk).listing(number, generation.listing)
    image_of = {
        f"{release}-{tag}": index
        for release, index in listing.indexes.items()
        for tag in index.bottles
    }
    missing: list[str] = []
    for key, digest in listing.bottles.items():
        index = image_of[key]
        tag = key.rpartition("-")[2]
        blob = index_key(index.name, index.tagref).partition("/manifests/")[0]
        wanted = [
            f"{blob}/blobs/sha256:{digest}",
            index_key(index.name, index.tagref),
            kept_index_key(index.name, index.digest),
            flat_index_key(index.name, index.tagref),
        ]
        assert index.bottles[tag] == digest  # type: ignore[index]
        missing += [n for n in wanted if mirror.disk.info(ObjectKey(n)) is None]
    return missing


def _digest(body: bytes) -> Digest:
    return Digest(sha256(body).hexdigest())
