"""The sync plan: what the mirror lacks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from domain.bottle import Bottle, Digest, ObjectKey
from domain.catalog import CatalogDocument
from domain.estimates import estimates, exact_sizes
from domain.ledger import Ledger
from domain.selection import Offer
from domain.tags import Tag
from domain.work import Amount, Load, Work


@dataclass(frozen=True, slots=True)
class SyncPlan:
    """The work that lies between what is held and what is offered.

    Attributes:
        formulae: Formulae in the catalog.
        skipped: Entries of the catalog that were refused.
        selection: The SHA-256 of what was chosen.
        held: Bottles of the offer that the mirror holds already.
        elsewhere: Bottles of the offer that are left out: another mirror has them.
        by_tag: What each client tag lacks; one bottle may count for several.
    """

    catalog: CatalogDocument
    formulae: int
    skipped: int
    selection: str
    tags: tuple[Tag, ...]
    offered: Amount
    held: int
    elsewhere: tuple[Bottle, ...]
    by_tag: Mapping[Tag, Amount]
    work: Work

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_tag", MappingProxyType(dict(self.by_tag)))


def make_plan(
    offer: Offer,
    ledger: Ledger,
    sizes: Mapping[Digest, int],
    *,
    fetch_elsewhere: bool = False,
) -> SyncPlan:
    """Return what ``ledger`` lacks of ``offer``. Sizes that nobody knows are guessed.

    Args:
        sizes: Bytes of digests, as far as the registry was asked.
        fetch_elsewhere: Whether what another mirror has is wanted here, too.
    """
    chosen = offer.bottles()
    missing = [bottle for bottle in chosen if not ledger.has(bottle)]
    at_hand = _objects(ledger, {bottle.digest for bottle in missing})
    others = set() if fetch_elsewhere else ledger.digests_elsewhere - at_hand.keys()
    lacking = {b.key: b for b in missing if b.digest not in others}
    exact = exact_sizes(ledger, sizes)
    loads = _loads(lacking.values(), at_hand, exact, ledger)
    to_fetch = {load.digest: load.bytes_to_fetch for load in loads}
    # What a refused entry offers is not known: its bottles keep their standing.
    unread = offer.unread()
    return SyncPlan(
        catalog=offer.catalog.document,
        formulae=len(offer.catalog.formulae),
        skipped=len(offer.catalog.skipped),
        selection=offer.selection.sha256,
        tags=offer.tags,
        offered=_amount(chosen, {**to_fetch, **exact}),
        held=len(chosen) - len(missing),
        elsewhere=tuple(b for b in missing if b.digest in others),
        by_tag={
            tag: _amount([b for b in bottles if b.key in lacking], to_fetch)
            for tag, bottles in offer.by_tag.items()
        },
        work=Work(
            loads=loads,
            superseded=tuple(
                sorted(
                    (key, entry.bottle.digest)
                    for key, entry in ledger.held.items()
                    if not offer.includes(entry.bottle)
                    and entry.bottle.name not in unread
                    and entry.object_key not in ledger.superseded
                )
            ),
        ),
    )


def make_loads(
    bottles: Iterable[Bottle], ledger: Ledger, sizes: Mapping[Digest, int]
) -> tuple[Load, ...]:
    """Return the loads that bring in ``bottles``, copying what is at hand."""
    lacking = sorted(bottles, key=lambda bottle: bottle.key)
    at_hand = _objects(ledger, {bottle.digest for bottle in lacking})
    return _loads(lacking, at_hand, exact_sizes(ledger, sizes), ledger)


def _objects(ledger: Ledger, wanted: set[Digest]) -> dict[Digest, ObjectKey]:
    """Return an object of the store for each digest that it holds.

    Of several it is one that is not superseded, and of these the first by its key:
    a ledger from the hash file must give the plan that one from the log gives.
    """
    objects = [
        (old.sha256, (True, object_key))
        for object_key, old in ledger.superseded.items()
        if old.sha256 in wanted
    ]
    objects.extend(
        (entry.bottle.digest, (False, entry.object_key))
        for entry in ledger.held.values()
        if entry.bottle.digest in wanted and entry.object_key not in ledger.superseded
    )
    best: dict[Digest, tuple[bool, ObjectKey]] = {}
    for digest, found in objects:
        best[digest] = min(found, best.get(digest, found))
    return {digest: object_key for digest, (_, object_key) in best.items()}


def _loads(
    lacking: Iterable[Bottle],
    at_hand: Mapping[Digest, ObjectKey],
    exact: Mapping[Digest, int],
    ledger: Ledger,
) -> tuple[Load, ...]:
    by_digest: dict[Digest, list[Bottle]] = {}
    for bottle in lacking:
        by_digest.setdefault(bottle.digest, []).append(bottle)
    unknown = {d: same for d, same in by_digest.items() if d not in exact}
    guesses = estimates(unknown, ledger, exact)
    loads = [
        Load(
            digest=digest,
            size=exact.get(digest),
            bottles=tuple(bottles),
            source=at_hand.get(digest),
            estimate=guesses.get(digest),
        )
        for digest, bottles in by_digest.items()
    ]
    return tuple(
        sorted(loads, key=lambda load: (-(load.expected or 0), load.bottles[0].key))
    )


def _amount(bottles: Iterable[Bottle], sizes: Mapping[Digest, int]) -> Amount:
    digests = [bottle.digest for bottle in bottles]
    return Amount(len(digests), sum(sizes.get(each, 0) for each in set(digests)))
