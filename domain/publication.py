"""What a generation would serve, and what it would lack."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from domain.bottle import Bottle, BottleKey, Digest, ObjectKey
from domain.generations import KeptIndex, ReleaseKey, release_key
from domain.ledger import Ledger
from domain.listing import Listing
from domain.selection import Offer, choose


@dataclass(frozen=True, slots=True)
class Promised:
    """What documents of the API name for the tags that are served.

    Attributes:
        selected: The bottles of the selection.
        others: Those of all other formulae; clients may ask for them too.
    """

    selected: tuple[Bottle, ...]
    others: tuple[Bottle, ...]


def promised_by(offer: Offer) -> Promised:
    """Return what the documents name that an offer was chosen from."""
    selected = offer.bottles()
    everything = replace(offer.selection, formulae=(), exclude=())
    if offer.selection == everything:
        return Promised(selected, ())
    chosen = {bottle.key for bottle in selected}
    whole = choose(offer.catalog, everything, offer.packages).bottles()
    return Promised(selected, tuple(b for b in whole if b.key not in chosen))


@dataclass(frozen=True, slots=True)
class Prospect:
    """A generation as it could be published.

    Attributes:
        serves: How many bottles of the selection it serves.
        missing: Bottles of the selection that are named and not held.
        unlisted: Bottles that are held, and of whose release no index names them:
            brew fetches none from a registry without.
    """

    listing: Listing
    serves: int
    missing: tuple[BottleKey, ...]
    unlisted: tuple[BottleKey, ...]

    @property
    def shortfall(self) -> tuple[BottleKey, ...]:
        """All that clients would ask for in vain."""
        return (*self.missing, *self.unlisted)


def prospect(
    promised: Promised,
    ledger: Ledger,
    before: Listing | None,
    *,
    needs_indexes: bool,
) -> Prospect:
    """Return what a generation with these promises would be.

    Args:
        before: The list of the generation before it: the ledger knows only of indexes
            that came since.
        needs_indexes: Whether a bottle without an index cannot be served.
    """
    indexes = {**(before.indexes if before else {}), **ledger.indexes}
    selected = _held(promised.selected, ledger)
    others = _held(promised.others, ledger)
    held = (*selected.values(), *others.values())
    named = _of(held, indexes)
    unlisted = [
        bottle.key for bottle in selected.values() if not _is_listed(bottle, named)
    ]
    missing = [b.key for b in promised.selected if b.key not in selected]
    lacking = unlisted if needs_indexes else []
    return Prospect(
        listing=Listing({b.key: b.digest for b in held}, named),
        serves=len(selected) - len(lacking),
        missing=tuple(sorted(missing)),
        unlisted=tuple(sorted(lacking)),
    )


def places_of(ledger: Ledger) -> Callable[[BottleKey, Digest], ObjectKey | None]:
    """Return what tells where the bytes of a bottle lie; of a replaced one as well."""
    replaced = {(old.key, old.sha256): key for key, old in ledger.superseded.items()}

    def place_of(key: BottleKey, digest: Digest) -> ObjectKey | None:
        entry = ledger.held.get(key)
        if entry is not None and entry.bottle.digest == digest:
            return entry.object_key
        return replaced.get((key, digest))

    return place_of


def _held(bottles: Iterable[Bottle], ledger: Ledger) -> dict[BottleKey, Bottle]:
    """Return the bottles whose bytes are in the store, superseded ones as well."""
    held: dict[BottleKey, Bottle] = {}
    for bottle in bottles:
        entry = ledger.held.get(bottle.key)
        if entry is not None and entry.bottle.digest == bottle.digest:
            held[bottle.key] = bottle
    return held


def _of(
    bottles: Iterable[Bottle], indexes: Mapping[ReleaseKey, KeptIndex]
) -> dict[ReleaseKey, KeptIndex]:
    releases = (release_key(b.name, b.pkg_version, b.rebuild) for b in bottles)
    return {
        release: indexes[release]
        for release in dict.fromkeys(releases)
        if release in indexes
    }


def _is_listed(bottle: Bottle, indexes: Mapping[ReleaseKey, KeptIndex]) -> bool:
    release = release_key(bottle.name, bottle.pkg_version, bottle.rebuild)
    index = indexes.get(release)
    return index is not None and index.bottles.get(bottle.tag) == bottle.digest
