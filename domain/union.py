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
    """A bottle, and the document that names it.

    Attributes:
        in_packages: Whether it is that of a client, and not the catalog.
        made: When the document was made.
    """

    bottle: Bottle
    in_packages: bool = False
    made: datetime = _LONG_AGO

    def outdoes(self, other: _Named) -> bool:
        """Return whether this digest is the one to take where two have one key."""
        return (self.in_packages, self.made) > (other.in_packages, other.made)


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
        self._taken: dict[BottleKey, _Named] = {}
        self._notes: dict[BottleKey, str] = {}

    @property
    def notes(self) -> tuple[str, ...]:
        """Where documents disagree, one sentence each."""
        return tuple(self._notes.values())

    def bottles(self, tag: Tag, name: str) -> tuple[Bottle, ...]:
        """Return what clients of ``tag`` would pour of a formula, by any document."""
        formula = self._catalog.formulae.get(name)
        poured = pour_tag(tag, formula.digests) if formula else None
        found = [_Named(formula.bottle(poured))] if formula and poured else []
        if tag in self._named:
            found.extend(self._named[tag].get(name, ()))
        for named in found:
            self._take(named)
        return tuple([named.bottle for named in found])

    def settled(self, found: Iterable[Bottle]) -> tuple[Bottle, ...]:
        """Return ``found`` with one digest for each key, once all have been found."""
        settled: dict[BottleKey, Bottle] = {}
        for bottle in found:
            one = self._taken[bottle.key].bottle
            # Of two formulae whose bottles' keys meet, one has none.
            if one.name == bottle.name:
                settled[one.key] = one
        return tuple(settled.values())

    def _take(self, named: _Named) -> None:
        bottle = named.bottle
        known = self._taken.setdefault(bottle.key, named)
        if known is named:
            return
        if known.bottle.name != bottle.name:
            self._notes[bottle.key] = (
                f"{bottle.key} of {bottle.name} is left out: its key is also that of"
                f" {known.bottle.name}"
            )
            return
        if named.outdoes(known):
            self._taken[bottle.key] = named
        if known.bottle != bottle:
            taken = self._taken[bottle.key].bottle
            self._notes[bottle.key] = (
                f"{bottle.key}: the documents of the API name two digests; that of the"
                f" packages is taken, sha256:{taken.digest}"
            )


def _by_formula(catalog: Catalog, offered: Packages) -> Mapping[str, list[_Named]]:
    """Return the bottles of packages by the names that the catalog has for them."""
    made = offered.generated_at or _LONG_AGO
    named: defaultdict[str, list[_Named]] = defaultdict(list)
    for name, bottle in offered.bottles.items():
        known = name if name in catalog.formulae else catalog.aliases.get(name, name)
        named[known].append(_Named(bottle, in_packages=True, made=made))
    # A formula that was renamed since the catalog was made goes by its new name.
    for other, name in offered.aliases.items():
        if other in catalog.formulae and name in offered.bottles:
            named[other].append(
                _Named(offered.bottles[name], in_packages=True, made=made)
            )
    return dict(named)
