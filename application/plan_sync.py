"""Planning: what a sync would do, from the catalog and the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from math import inf
from typing import NamedTuple

from application.ask_sizes import AskSizes
from domain.catalog import Catalog, Validators
from domain.ledger import Ledger
from domain.plan import SyncPlan, make_plan
from domain.records import CatalogSeen
from domain.selection import Selection, choose
from ports.bottle_source import BottleSource
from ports.catalog import CatalogSource
from ports.clock import Clock
from ports.errors import MalformedError, UnavailableError
from ports.progress import Progress

_SHRINK = 20
"""A catalog that lost more than one formula in so many is not believed."""

_CDN_HABIT = timedelta(hours=1)
"""How far back the answers of a content delivery network may go."""


class _Wanted(NamedTuple):
    """What a plan is to know, and to cover.

    Attributes:
        sizes: Seconds that may be spent on asking for them; None is not to ask.
    """

    sizes: float | None
    fetch_elsewhere: bool


@dataclass(frozen=True, slots=True)
class PlanSync:
    """Plans a sync. Nothing is written.

    Attributes:
        jobs: How many formulae the registry is asked the sizes of at a time.
    """

    catalog: CatalogSource
    sizes: BottleSource
    progress: Progress
    clock: Clock
    jobs: int

    def __call__(
        self,
        selection: Selection,
        ledger: Ledger,
        *,
        ask_sizes: float | None,
        fetch_elsewhere: bool = False,
    ) -> tuple[Catalog, SyncPlan] | None:
        """Return the catalog and the plan; None when there is nothing new in it.

        Args:
            ask_sizes: Seconds from now on for which the registry may be asked for sizes
                that nobody knows; ``inf`` is as long as it takes, None is not to ask.
            fetch_elsewhere: Whether what another mirror has is wanted here, too.

        Raises:
            SelectionError: Something that was named is not in the catalog.
            UnavailableError, NotFoundError, UntrustedError, MalformedError: The
                catalog cannot be had, or not be believed.
        """
        begun, unless = self.clock.monotonic(), None
        if not (fetch_elsewhere and ledger.elsewhere):
            unless = _unless(self.catalog.source, selection, ledger)
        catalog = self.catalog.fetch(unless)
        if catalog is None:
            return None
        if ask_sizes is not None:
            ask_sizes = max(0.0, ask_sizes - (self.clock.monotonic() - begun))
        want = _Wanted(ask_sizes, fetch_elsewhere)
        return catalog, self._plan(catalog, selection, ledger, want)

    def preview(
        self, selection: Selection, ledger: Ledger, *, fetch_elsewhere: bool = False
    ) -> SyncPlan:
        """Return the plan, and all that can be told of it, also when it is empty.

        Raises:
            SelectionError: Something that was named is not in the catalog.
            UnavailableError, NotFoundError, UntrustedError, MalformedError: The
                catalog cannot be had, or not be believed.
        """
        catalog = self.catalog.fetch()
        if catalog is None:
            raise MalformedError(
                self.catalog.source,
                "it has not changed, says the server to one who has not seen it",
            )
        want = _Wanted(sizes=inf, fetch_elsewhere=fetch_elsewhere)
        return self._plan(catalog, selection, ledger, want)

    def _plan(
        self, catalog: Catalog, selection: Selection, ledger: Ledger, want: _Wanted
    ) -> SyncPlan:
        if ledger.catalog is not None and ledger.catalog.source == self.catalog.source:
            _check_believable(catalog, ledger.catalog)
        offer = choose(catalog, selection)
        for sentence in _remarks(catalog, offer.notes):
            self.progress.note(sentence)
        plan = partial(make_plan, offer, ledger, fetch_elsewhere=want.fetch_elsewhere)
        made = plan({})
        unknown = [load.bottles[0] for load in made.work.loads if load.size_is_missing]
        if want.sizes is None or not unknown:
            return made
        ask = AskSizes(self.sizes, self.clock, self.progress, self.jobs)
        sizes = ask(unknown, want.sizes)
        return plan(sizes) if sizes else made


def _unless(source: str, selection: Selection, ledger: Ledger) -> Validators | None:
    """Return what makes an unchanged catalog answer enough.

    It is enough when this selection was carried out in full for the catalog
    seen last, and nothing was found lost since.
    """
    seen = ledger.catalog
    settled = ledger.settled.get(selection.sha256)
    if seen is None or seen.source != source or settled is None:
        return None
    return seen.validators if settled in seen.documents.values() else None


def _check_believable(catalog: Catalog, seen: CatalogSeen) -> None:
    """Refuse a catalog that is older, or much smaller, than the one seen last.

    Raises:
        MalformedError: It is smaller.
        UnavailableError: It is older: the one to be had is another.
    """
    count = len(catalog.formulae)
    if count * _SHRINK < seen.formulae * (_SHRINK - 1):
        raise MalformedError(
            catalog.document.source,
            f"it holds {count} formulae, and the catalog seen last {seen.formulae};"
            " a catalog that lost more than 5% is not believed. If this is meant,"
            " start a new store",
        )
    validators = catalog.document.validators
    known, offered = _moment(seen.validators), _moment(validators)
    if known and offered and known - offered > _CDN_HABIT:
        raise UnavailableError(
            catalog.document.source,
            f"it is of {validators.last_modified}, older than the one seen last, of"
            f" {seen.validators.last_modified}: a cache on the way is behind, try again"
            " later",
        )


def _moment(validators: Validators) -> datetime | None:
    """Return when a catalog was made, None when nobody said so legibly."""
    try:
        moment = parsedate_to_datetime(validators.last_modified or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _remarks(catalog: Catalog, notes: Iterable[str]) -> Iterator[str]:
    for skipped in catalog.skipped:
        yield f"{skipped.name} is left out: {skipped.reason}"
    yield from notes
