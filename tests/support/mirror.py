"""A whole mirror in memory: the use cases, wired as a program would wire them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import count
from threading import Event as Flag
from typing import TypeVar
from uuid import UUID

from adapters.ledger.documents import StoredDocuments
from adapters.ledger.event_log import StoredEventLog
from adapters.ledger.generations import StoredGenerations
from adapters.ledger.hash_codec import encode_hash_file
from adapters.ledger.hash_file import StoredHashFile
from adapters.ledger.layout import HASH_FILE
from adapters.memory.api_documents import MemoryDocuments
from adapters.memory.bottle_source import MemoryBottleSource
from adapters.memory.catalog import MemoryCatalog
from adapters.memory.clock import ManualClock
from adapters.memory.external import NoHashFile
from adapters.memory.progress import RecordingProgress
from adapters.memory.public_objects import MemoryPublicObjects
from adapters.memory.spool import RecordingSpool
from adapters.memory.status_page import MemoryStatusPage
from adapters.memory.store import MemoryStore
from adapters.retry import Backoff
from application.adopt import Adopt
from application.carry_out import CarryOut
from application.collect_garbage import CollectAfterRun, CollectGarbage
from application.expose_run import ExposeRun
from application.import_hash_file import ImportHashFile
from application.inspect_ledger import InspectLedger, RebuildHashFile
from application.journal import Journal
from application.opened_ledger import OpenedLedger, open_ledger
from application.plan_sync import PlanSync
from application.prepare_sync import PrepareSync
from application.publish_generation import PublishGeneration
from application.read_history import ReadHistory
from application.refresh_status import RefreshStatus
from application.remove_evicted import RemoveEvicted
from application.run import Runs
from application.show_generation import ShowGeneration
from application.staged_promises import StagedPromises
from application.sync_bottles import SyncBottles, SyncReport
from application.transfer import Transfer
from application.verify_mirror import VerifyMirror, VerifyReport
from application.write_status import WriteStatus
from domain.bottle import Bottle, BottleKey, ObjectKey
from domain.events import GENESIS, Event, RecordedCommit
from domain.exposure_config import ExposureConfig
from domain.formula import Formula
from domain.ledger import Ledger, replay
from domain.records import HashEntry
from domain.selection import Selection
from domain.served import STATUS
from domain.views import FLAT, REGISTRY, View
from domain.work import GB
from ports.external_hash_file import ExternalHashFile
from ports.status_page import StatusPage
from tests.support.catalogs import make_formula, select
from tests.support.generations import long_ago
from tests.support.showing import showing
from tests.support.watched import Watch, WatchedCatalog, WatchedSource, WatchedStore

TAG = "arm64_sonoma"
EVERYTHING = select(TAG)
BACKOFF = Backoff(attempts=2)
_OTHERS = ("ledger/", REGISTRY, FLAT, STATUS)
E = TypeVar("E", bound=Event)


def no_chance() -> float:
    """Return 0: no wait takes any time."""
    return 0.0


class Mirror:
    """One store and one upstream, over which processes come and go.

    Attributes:
        disk: The store itself, which nobody watches.
        upstream: The bytes that bottles have.
        formulae: What the catalog offers, by name.
        external: Another mirror's hash file, which every sync asks.
        views: The forms in which clients find bottles.
        page: The status page.
    """

    def __init__(self) -> None:
        self.disk = MemoryStore()
        self.upstream = MemoryBottleSource()
        self.catalog = MemoryCatalog()
        self.clock = ManualClock()
        self.formulae: dict[str, Formula] = {}
        self.external: ExternalHashFile = NoHashFile()
        self.external_required = False
        self.views: tuple[View, ...] = ()
        self.page: StatusPage = MemoryStatusPage()
        self._ids = count(1)

    def new_id(self) -> str:
        """Return a UUID that no other has."""
        return str(UUID(int=next(self._ids)))

    def offer(
        self,
        name: str,
        version: str = "1.0",
        *,
        rebuild: int = 0,
        contents: Mapping[str, str] | None = None,
    ) -> tuple[Bottle, ...]:
        """Offer a formula from now on, in place of what it was before.

        Args:
            contents: The text that each tag's bottle is made of.
        """
        given = contents or {TAG: f"{name} {version} {rebuild} {TAG}"}
        for content in given.values():
            self.upstream.add(content.encode())
        formula = make_formula(name, version, rebuild=rebuild, digests=given)
        self.formulae[name] = formula
        self.catalog.offer(self.formulae.values())
        bottles = tuple(formula.bottles())
        self.upstream.publish(bottles)
        return bottles

    def withdraw(self, name: str) -> None:
        """Offer the formula still, and no bottle of it."""
        self.formulae[name] = make_formula(name, tags=())
        self.catalog.offer(self.formulae.values())

    def process(self, *, jobs: int = 1, attempts: int = 2) -> Process:
        """Return a new process, which knows only what the store tells it."""
        return Process(self, jobs, attempts)

    def sync(
        self, selection: Selection = EVERYTHING, max_bytes: int | None = None
    ) -> SyncReport:
        """Sync in a process of its own."""
        return self.process().sync(selection, max_bytes)

    def commits(self) -> list[RecordedCommit]:
        """Return the log, read anew."""
        return list(self.process().log.read(GENESIS))

    def events(self) -> list[Event]:
        """Return every event of the log."""
        return [event for one in self.commits() for event in one.commit.events]

    def recorded(self, kind: type[E]) -> list[E]:
        """Return every event of a kind."""
        return [event for event in self.events() if isinstance(event, kind)]

    def ledger(self) -> Ledger:
        """Return the ledger as the log gives it from zero."""
        return replay(self.commits())

    def entry(self, key: str) -> HashEntry:
        """Return what the ledger says of a bottle that is held."""
        return self.ledger().held[BottleKey(key)]

    def hash_file(self) -> bytes:
        """Return the hash file's bytes."""
        return self.disk.get(HASH_FILE).body

    def bottles(self) -> dict[ObjectKey, bytes]:
        """Return the objects that are neither the ledger's, nor views, nor pages."""
        return {
            info.key: self.disk.get(info.key).body
            for info in self.disk.list("")
            if info.key != HASH_FILE and not info.key.startswith(_OTHERS)
        }

    def shown(self) -> dict[ObjectKey, bytes]:
        """Return the views."""
        return {
            info.key: self.disk.get(info.key).body
            for prefix in (REGISTRY, FLAT)
            for info in self.disk.list(prefix)
        }

    def check(self) -> None:
        """Check that the log, the hash file and the store say the same."""
        ledger = self.ledger()
        assert {key: len(body) for key, body in self.bottles().items()} == {
            **{entry.object_key: entry.size for entry in ledger.held.values()},
            **{key: old.size for key, old in ledger.superseded.items()},
        }
        assert self.hash_file() == encode_hash_file(ledger)

    def damage(self, key: ObjectKey, body: bytes | None = None) -> None:
        """Put ``body`` in the place of an object, or nothing."""
        self.disk.delete(key)
        if body is not None:
            self.disk.create(key, body)


def mirror_of(*names: str) -> Mirror:
    """Return an empty mirror of formulae whose bottles' bytes are their names."""
    mirror = Mirror()
    for name in names:
        mirror.offer(name, contents={TAG: name})
    return mirror


class Process:
    """One process: the use cases, and adapters that are watched.

    Attributes:
        stop: What the process is told to stop by.
    """

    def __init__(self, mirror: Mirror, jobs: int, attempts: int) -> None:
        self.mirror = mirror
        self.watch = Watch()
        self.stop = Flag()
        self.progress = RecordingProgress()
        self.spool = RecordingSpool()
        self.store = WatchedStore(mirror.disk, self.watch)
        self.source = WatchedSource(mirror.upstream, self.watch)
        clock, new_id = mirror.clock, mirror.new_id
        self.log = StoredEventLog(self.store, clock, BACKOFF, no_chance)
        self.published = StoredHashFile(self.store, clock, BACKOFF, no_chance)
        documents = StoredDocuments(self.store, clock, BACKOFF, no_chance)
        self.runs = Runs(
            log=self.log,
            hash_file=self.published,
            documents=documents,
            clock=clock,
            new_id=new_id,
            kind="local",
            size_threshold=20 * GB,
            require_fit=lambda: None,
        )
        self.transfer = Transfer(
            source=self.source,
            store=self.store,
            clock=clock,
            progress=self.progress,
            attempts=attempts,
            chance=no_chance,
            stop=self.stop,
            spool=self.spool,
            expose=showing(self.store, self.source, self.progress, mirror.views),
        )
        self.carry_out = CarryOut(self.transfer, clock, jobs)
        catalog = WatchedCatalog(mirror.catalog, self.watch)
        self.plan_sync = PlanSync(catalog, self.source, self.progress, clock, jobs)
        self.inspect = InspectLedger(self.log)
        self._jobs = jobs

    def cloud_runs(self, size_threshold: int) -> Runs:
        """Return what begins runs of the cloud's."""
        return replace(self.runs, kind="cloud", size_threshold=size_threshold)

    def open(self) -> OpenedLedger:
        """Open the ledger."""
        return open_ledger(self.log, self.published)

    def journal(self, ledger: Ledger | None = None) -> Journal:
        """Begin a run, and return its hand in the log.

        Args:
            ledger: Where it begins to follow the log; where it is now if None.
        """
        opened = self.open()
        run = self.runs.begin(opened)
        if ledger is not None:
            run.journal.ledger = ledger
        return run.journal

    def sync(
        self,
        selection: Selection = EVERYTHING,
        max_bytes: int | None = None,
        *,
        fetch_elsewhere: bool = False,
    ) -> SyncReport:
        """Sync."""
        return self.syncing()(selection, max_bytes, fetch_elsewhere=fetch_elsewhere)

    def syncing(self) -> SyncBottles:
        """Return the use case that syncs."""
        prepare = PrepareSync(
            plan_sync=self.plan_sync,
            adopt=Adopt(self.store),
            external=self.importing(self.mirror.external),
            runs=self.runs,
        )
        return SyncBottles(
            prepare,
            self.carry_out,
            self.runs,
            self.exposing(),
            self.refreshing(),
            self.progress,
        )

    def writing(self) -> WriteStatus:
        """Return what writes the status page."""
        return WriteStatus(ReadHistory(self.log, self.published), self.mirror.page)

    def refreshing(self) -> RefreshStatus:
        """Return what writes the status page at the end of a run."""
        return RefreshStatus(self.writing, self.progress)

    def exposing(self) -> ExposeRun:
        """Return what is due after a run: here nothing is."""
        objects = MemoryPublicObjects(self.store)
        generations = StoredGenerations(self.store, objects, long_ago)
        views = ExposureConfig().views
        publish = PublishGeneration(
            promises=StagedPromises(MemoryDocuments(self.mirror.catalog), generations),
            generations=generations,
            show=ShowGeneration(objects, generations, views, self._jobs),
            views=views,
            keep=4,
            clock=self.mirror.clock,
            progress=self.progress,
        )
        remove = RemoveEvicted(
            self.store, objects, self.log, self.progress, self._jobs, Flag()
        )
        exposure = ExposureConfig(views=())
        garbage = CollectGarbage(
            generations, remove, self.runs, self.progress, exposure
        )
        collect = CollectAfterRun(garbage, self.progress)
        return ExposeRun(publish, collect, exposure, EVERYTHING, self.progress)

    def verify(
        self, *, deep: bool = False, repair: bool = False, prune_orphans: bool = False
    ) -> VerifyReport:
        """Verify the mirror."""
        verify_mirror = VerifyMirror(
            self.store,
            self.carry_out,
            self.runs,
            self.progress,
            self._jobs,
            StoredGenerations(self.store, MemoryPublicObjects(self.store), long_ago),
        )
        return verify_mirror(deep=deep, repair=repair, prune_orphans=prune_orphans)

    def importing(self, external: ExternalHashFile) -> ImportHashFile:
        """Return the import of another mirror's hash file."""
        return ImportHashFile(
            external, self.mirror.external_required, self.runs, self.progress
        )

    def rebuild(self) -> Ledger:
        """Publish what the log gives from zero."""
        return RebuildHashFile(self.inspect, self.published)()
