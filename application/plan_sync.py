"""Planning: what a sync would do, from the catalog and the ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from math import inf
from typing import NamedTuple

from application.ask_sizes import AskSizes
from application.belief import check_not_shrunk, credible, is_older, moment
from application.known_documents import KnownDocuments, seen_of
from application.known_promises import KnownPromises
from application.read_documents import ReadDocuments
from domain.catalog import Catalog, Validators
from domain.ledger import Ledger
from domain.plan import SyncPlan, make_plan
from domain.publication import promised_by
from domain.records import CatalogSeen
from domain.selection import Offer, Selection, choose
from ports.bottle_source import BottleSource
from ports.catalog import CatalogSource
from ports.clock import Clock
from ports.errors import MalformedError
from ports.progress import Progress


def _is_ready() -> None:
    """Be ready: what is kept may be kept at once."""


class Planned(NamedTuple):
    """A plan, and what it rests on.

    Attributes:
        documents: The SHA-256 of each document of the API that the plan covers, by its
            name; the catalog is one.
        promises: What they name; None where they are not published.
    """

    catalog: Catalog
    plan: SyncPlan
    documents: Mapping[str, str]
    promises: KnownPromises | None


class _Read(NamedTuple):
    """What upstream offers, and in which documents."""

    offer: Offer
    documents: Mapping[str, str]


class _Wanted(NamedTuple):
    """What a plan is to know, and to cover.

    Attributes:
        sizes: Seconds that may be spent on asking for them; None is not to ask.
    """

    sizes: float | None
    fetch_elsewhere: bool


@dataclass(frozen=True, slots=True)
class PlanSync:
    """Plans a sync.

    Attributes:
        jobs: How many formulae the registry is asked the sizes of at a time.
        documents: Reads what is published beside the catalog; None where nothing is.
    """

    catalog: CatalogSource
    sizes: BottleSource
    progress: Progress
    clock: Clock
    jobs: int
    documents: ReadDocuments | None = None

    def __call__(
        self,
        selection: Selection,
        ledger: Ledger,
        *,
        ask_sizes: float | None,
        fetch_elsewhere: bool = False,
        ready: Callable[[], object] = _is_ready,
    ) -> Planned | None:
        """Return the plan of a sync; None when there is nothing new to plan for.

        Only the documents that are to be published are kept in the store.

        Args:
            ask_sizes: Seconds from now on for which the registry may be asked for sizes
                that nobody knows; ``inf`` is as long as it takes, None is not to ask.
            fetch_elsewhere: Whether what another mirror has is wanted here, too.
            ready: Is called before the first document is kept.

        Raises:
            SelectionError: Something that was named is not in the catalog.
            UnavailableError, NotFoundError, UntrustedError, MalformedError: The
                catalog or a document cannot be had, or not be believed.
            PortError: The store cannot be used.
        """
        begun, unless = self.clock.monotonic(), None
        if not (fetch_elsewhere and ledger.elsewhere):
            unless = self._unless(selection, ledger)
        read = self._read(selection, ledger, unless, ready)
        if read is None:
            return None
        if ask_sizes is not None:
            ask_sizes = max(0.0, ask_sizes - (self.clock.monotonic() - begun))
        plan = self._plan(read.offer, ledger, _Wanted(ask_sizes, fetch_elsewhere))
        promises = None
        if self.documents is not None:
            promised = promised_by(read.offer)
            promises = KnownPromises(read.documents, selection, promised)
        return Planned(read.offer.catalog, plan, read.documents, promises)

    def preview(
        self, selection: Selection, ledger: Ledger, *, fetch_elsewhere: bool = False
    ) -> SyncPlan:
        """Return the plan, and all that can be told of it, also when it is empty.

        Raises:
            SelectionError: Something that was named is not in the catalog.
            UnavailableError, NotFoundError, UntrustedError, MalformedError: The
                catalog or a document cannot be had, or not be believed.
        """
        read = self._read(selection, ledger)
        if read is None:
            raise MalformedError(
                self.catalog.source,
                "it has not changed, says the server to one who has not seen it",
            )
        want = _Wanted(sizes=inf, fetch_elsewhere=fetch_elsewhere)
        return self._plan(read.offer, ledger, want)

    def _unless(self, selection: Selection, ledger: Ledger) -> Validators | None:
        """Return what makes an unchanged catalog answer enough.

        It is enough when this selection was carried out in full for the catalog seen
        last, and nothing was found lost since; and when what is to be published was
        read with it. Upstream is deployed as a whole: then no other document has
        changed either.
        """
        seen = seen_of(ledger, self.catalog.source)
        settled = ledger.settled.get(selection.sha256)
        if seen is None or settled not in seen.documents.values():
            return None
        was_alone = len(seen.documents) == 1
        if self.documents is not None and was_alone:
            return None
        return credible(seen.validators, self.clock.now())

    def _read(
        self,
        selection: Selection,
        ledger: Ledger,
        unless: Validators | None = None,
        ready: Callable[[], object] | None = None,
    ) -> _Read | None:
        """Return what upstream offers of a selection, None when nothing has changed.

        Args:
            ready: Is called before the first document is kept; None is to keep none.
        """
        bodies: list[bytes] = []
        fetched = self.catalog.fetch(unless, bodies.append if self.documents else None)
        if fetched is None:
            return None
        catalog = self._dated_credibly(fetched)
        seen = seen_of(ledger, catalog.document.source)
        if seen is not None:
            _check_believable(catalog, seen, self.clock.now())
        if self.documents is None:
            name, sha256 = catalog.document.name, catalog.document.sha256
            return _Read(choose(catalog, selection), {name: sha256})
        known = KnownDocuments(
            self.documents.generations, ledger, catalog.document.source
        )
        catalog, body = self.documents.newer(catalog, bodies.pop(), known)
        document = catalog.document
        # What was named wrongly is told before more is fetched.
        clients = choose(catalog, selection).tags
        if ready is not None:
            ready()
            self.documents.stage(document.name, body)
        del body
        beside = self.documents.beside(catalog, clients, known, stage=ready is not None)
        offer = choose(catalog, selection, beside.packages)
        return _Read(offer, {document.name: document.sha256, **beside.documents})

    def _dated_credibly(self, catalog: Catalog) -> Catalog:
        """Return a catalog without a time that is still to come, which is told."""
        document = catalog.document
        validators = credible(document.validators, self.clock.now())
        if validators == document.validators:
            return catalog
        self.progress.note(
            f"{document.source} is dated later than this machine's clock: how old it is"
            " does not count"
        )
        return replace(catalog, document=replace(document, validators=validators))

    def _plan(self, offer: Offer, ledger: Ledger, want: _Wanted) -> SyncPlan:
        for sentence in _remarks(offer):
            self.progress.note(sentence)
        plan = partial(make_plan, offer, ledger, fetch_elsewhere=want.fetch_elsewhere)
        made = plan({})
        unknown = [load.bottles[0] for load in made.work.loads if load.size_is_missing]
        if want.sizes is None or not unknown:
            return made
        ask = AskSizes(self.sizes, self.clock, self.progress, self.jobs)
        sizes = ask(unknown, want.sizes)
        return plan(sizes) if sizes else made


def _check_believable(catalog: Catalog, seen: CatalogSeen, now: datetime) -> None:
    """Refuse a catalog that is older, or much smaller, than the one seen last.

    Raises:
        MalformedError: It is smaller.
        UnavailableError: It is older: the one to be had is another.
    """
    source, validators = catalog.document.source, catalog.document.validators
    check_not_shrunk(source, len(catalog.formulae), seen.formulae, of="formulae")
    known, offered = seen.validators.last_modified, validators.last_modified
    is_older(source, moment(offered, now), moment(known, now))


def _remarks(offer: Offer) -> Iterator[str]:
    for skipped in offer.catalog.skipped:
        yield f"{skipped.name} is left out: {skipped.reason}"
    for tag, packages in offer.packages.items():
        for skipped in packages.skipped:
            yield f"{skipped.name} for {tag} is left out: {skipped.reason}"
    yield from offer.notes
