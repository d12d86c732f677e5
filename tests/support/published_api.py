"""The signed API in memory, and a mirror that keeps what is to be published of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from adapters.ledger.generations import StoredGenerations
from adapters.memory.api_documents import MemoryDocuments
from adapters.memory.bottle_source import MemoryBottleSource
from adapters.memory.catalog import MemoryCatalog
from adapters.memory.clock import ManualClock
from adapters.memory.progress import RecordingProgress
from adapters.memory.public_objects import MemoryPublicObjects
from adapters.memory.store import MemoryStore
from application.plan_sync import Planned, PlanSync
from application.read_documents import ReadDocuments
from domain.api_documents import CATALOG, beside_catalog, packages_document
from domain.bottle import Bottle
from domain.catalog import Skipped
from domain.formula import Formula
from domain.ledger import Ledger
from domain.packages import Packages
from domain.records import CatalogSeen
from domain.selection import Selection
from domain.tags import Tag
from tests.support.catalogs import select
from tests.support.generations import long_ago

NOON = datetime(2026, 8, 22, 12, 0, 0, tzinfo=UTC)
CLIENT = Tag("arm64_sonoma")
PACKAGES = packages_document(CLIENT)
EVERYTHING = select(CLIENT)


def dated(at: datetime) -> str:
    """Return a time as servers write it."""
    return format_datetime(at, usegmt=True)


def packages(
    *bottles: Bottle, made: datetime | None = NOON, client: Tag = CLIENT
) -> Packages:
    """Return the packages of a client that is offered ``bottles``."""
    return Packages(client, made, {bottle.name: bottle for bottle in bottles}, {})


class PublishedApi:
    """An upstream with the documents of its API, and a mirror that follows it.

    Attributes:
        ledger: What the mirror knows: nothing but the documents it has read.
        notes: What it has told.
    """

    def __init__(self) -> None:
        self.catalog = MemoryCatalog(name=CATALOG, signed=True)
        self.upstream = MemoryDocuments(self.catalog)
        store = MemoryStore()
        self.objects = MemoryPublicObjects(store)
        self.generations = StoredGenerations(store, self.objects, long_ago)
        self.ledger = Ledger()
        self._progress = RecordingProgress()
        clock = ManualClock()
        reader = ReadDocuments(self.upstream, self.generations, self._progress, clock)
        self.plan_sync = PlanSync(
            self.catalog,
            MemoryBottleSource(),
            self._progress,
            clock,
            jobs=1,
            documents=reader,
        )

    @property
    def notes(self) -> list[str]:
        """What was told so far."""
        return self._progress.notes

    def deploy(
        self,
        formulae: Iterable[Formula | Skipped],
        *served: Packages,
        at: datetime = NOON,
    ) -> None:
        """Deploy the site: a catalog and all that is beside it.

        Args:
            served: The packages, where they are not those of the catalog.
        """
        entries = tuple(formulae)
        self.catalog.last_modified = dated(at)
        self.catalog.offer(entries)
        for name in beside_catalog(()):
            self.upstream.serve(name, f"{name} of {at}".encode(), dated(at))
        for one in served or (packages(*poured(entries), made=at),):
            self.upstream.serve_packages(one, dated(at))

    def plan(
        self,
        selection: Selection = EVERYTHING,
        ready: Callable[[], object] = lambda: None,
    ) -> Planned:
        """Plan a sync; what it has read is what the mirror has seen last."""
        planned = self.plan_sync(selection, self.ledger, ask_sizes=None, ready=ready)
        assert planned is not None
        self.ledger.catalog = CatalogSeen(
            planned.catalog.document.source,
            planned.documents,
            planned.catalog.document.validators,
            len(planned.catalog.formulae),
        )
        return planned

    def staged(self, planned: Planned, name: str) -> bytes:
        """Return a document as it is kept to be published."""
        return self.generations.staged(planned.documents[name])


def poured(entries: Iterable[Formula | Skipped], client: Tag = CLIENT) -> list[Bottle]:
    """Return the bottle of each formula that has one for the very client."""
    return [
        entry.bottle(client)
        for entry in entries
        if isinstance(entry, Formula) and client in entry.digests
    ]


def minutes(count: float) -> timedelta:
    """Return so many minutes."""
    return timedelta(minutes=count)
