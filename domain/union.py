"""The union of what upstream's documents name: a client reads one or the other.

They are made apart, and a content delivery network hands each of them out as it has
it. So one may be ahead of another by a version, or behind.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final, NamedTuple

from domain.bottle import Bottle, BottleKey
from domain.catalog import Catalog
from domain.packages import Packages
from domain.tags import Tag, pour_tag

_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)


class _Named(NamedTuple):
    """A bottle that packages name, and when they were made."""

    bottle: Bottle
    made: datetime


class Union:
    """What the catalog and the packages of its clients offer, bottle by bottle.

    Attributes:
        only_in_packages: Formulae that the catalog has under no name.
    """

    def __init__(self, catalog: Catalog, packages: Mapping[Tag, Packages]) -> None:
        self._catalog = catalog
        refused = {skipped.name for skipped in catalog.skipped}
        self._named = {
            tag: _by_formula(catalog, offered) for tag, offered in packages.items()
        }
        self.only_in_packages = tuple(
            dict.fromkeys(
                name
                for named in self._named.values()
                for name in named
                if name not in catalog.formulae and name not in refused
            )
        )
        self._taken: dict[BottleKey, Bottle] = {}
        # Of those that are not the catalog's: when their documents were made.
        self._made: dict[BottleKey, datetime] = {}
        self._notes: dict[BottleKey, str] = {}

    @property
    def notes(self) -> tuple[str, ...]:
        """Where documents disagree, one sentence each."""
        return tuple(self._notes.values())

    def bottles(self, tag: Tag, name: str) -> tuple[Bottle, ...]:
        """Return what clients of ``tag`` would pour of a formula, by any document."""
        found: list[Bottle] = []
        formula = self._catalog.formulae.get(name)
        poured = pour_tag(tag, formula.digests) if formula else None
        if formula and poured:
            found.append(formula.bottle(poured))
            self._take(found[0], None)
        if tag in self._named:
            for bottle, made in self._named[tag].get(name, ()):
                found.append(bottle)
                self._take(bottle, made)
        return tuple(found)

    def settled(self, found: Iterable[Bottle]) -> tuple[Bottle, ...]:
        """Return ``found`` with one digest for each key, once all have been found."""
        settled: dict[BottleKey, Bottle] = {}
        for bottle in found:
            one = self._taken[bottle.key]
            # Of two formulae whose bottles' keys meet, one has none.
            if one.name == bottle.name:
                settled[one.key] = one
        return tuple(settled.values())

    def _take(self, bottle: Bottle, made: datetime | None) -> None:
        """Note a bottle, and whether its digest is the one to take for its key.

        Args:
            made: When the packages that name it were made; None is the catalog, before
                which any of them come.
        """
        known = self._taken.setdefault(bottle.key, bottle)
        if known.name != bottle.name:
            self._notes[bottle.key] = (
                f"{bottle.key} of {bottle.name} is left out: its key is also that of"
                f" {known.name}"
            )
            return
        if made is not None and self._outdone(bottle.key, made):
            self._taken[bottle.key] = bottle
            self._made[bottle.key] = made
        if known is not bottle and known != bottle:
            taken = self._taken[bottle.key]
            self._notes[bottle.key] = (
                f"{bottle.key}: the documents of the API name two digests; that of the"
                f" packages is taken, sha256:{taken.digest}"
            )

    def _outdone(self, key: BottleKey, made: datetime) -> bool:
        known = self._made.get(key)
        return known is None or made > known


def _by_formula(catalog: Catalog, offered: Packages) -> Mapping[str, list[_Named]]:
    """Return the bottles of packages by the names that the catalog has for them."""
    made = offered.generated_at or _LONG_AGO
    named: defaultdict[str, list[_Named]] = defaultdict(list)
    for name, bottle in offered.bottles.items():
        known = name if name in catalog.formulae else catalog.aliases.get(name, name)
        named[known].append(_Named(bottle, made))
    # A formula that was renamed since the catalog was made goes by its new name.
    for other, name in offered.aliases.items():
        if other in catalog.formulae and name in offered.bottles:
            named[other].append(_Named(offered.bottles[name], made))
    return dict(named)
