"""What upstream offers at one moment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Container, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from domain.bottle import Bottle, image_of, tagref
from domain.formula import Formula
from domain.tags import Tag, pour_tag


@dataclass(frozen=True, slots=True)
class Skipped:
    """An entry of the catalog that cannot be mirrored, and why."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Validators:
    """What the server said of the document, to ask later whether it changed.

    Attributes:
        etag: The ``ETag`` header as it came, or None.
        last_modified: The ``Last-Modified`` header as it came, or None.
    """

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class CatalogDocument:
    """Where a catalog came from.

    Attributes:
        name: The document's name, ``formula.jws.json``; a file's begins with ``./``.
        source: The URL or path it was read from.
        sha256: The digest of its bytes, decoded from any transfer encoding.
        signed: Whether its signature was checked and found good.
    """

    name: str
    source: str
    sha256: str
    signed: bool
    validators: Validators = Validators()


@dataclass(frozen=True, slots=True)
class Catalog:
    """The formulae that upstream offers, by name.

    Attributes:
        aliases: Aliases and old names, and the formula each of them means.
        skipped: Entries that were refused, by name.
    """

    document: CatalogDocument
    formulae: Mapping[str, Formula]
    aliases: Mapping[str, str]
    skipped: tuple[Skipped, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "formulae", MappingProxyType(dict(self.formulae)))
        object.__setattr__(self, "aliases", MappingProxyType(dict(self.aliases)))

    def poured_on(self, client: Tag) -> int:
        """Return of how many formulae brew would pour a bottle on ``client``."""
        return sum(
            pour_tag(client, formula.digests) is not None
            for formula in self.formulae.values()
        )

    def offers(self, bottle: Bottle) -> bool:
        """Return whether upstream offers this very bottle, to whichever client."""
        formula = self.formulae.get(bottle.name)
        return (
            formula is not None
            and formula.digests.get(bottle.tag) == bottle.digest
            and formula.pkg_version == bottle.pkg_version
            and formula.rebuild == bottle.rebuild
        )


def make_catalog(
    document: CatalogDocument, entries: Iterable[Formula | Skipped]
) -> Catalog:
    """Return the catalog made of ``entries``.

    Entries whose names would meet in the store (``foo`` 1-1 and ``foo-1`` 1) are
    all refused, by name: none could be told from the others. They meet whatever
    their tags are, for a tag may be added any day, and whatever the case of their
    letters, for a folder may not know it.
    """
    formulae: list[Formula] = []
    skipped: list[Skipped] = []
    for entry in entries:
        if isinstance(entry, Formula):
            formulae.append(entry)
        else:
            skipped.append(entry)
    collisions = _collisions(formulae)
    skipped.extend(
        Skipped(name, f"{what} is also that of {', '.join(others)}")
        for name, (what, others) in sorted(collisions.items())
    )
    kept = {f.name: f for f in formulae if f.name not in collisions}
    return Catalog(
        document=document,
        formulae=kept,
        aliases=_aliases(kept.values(), {*kept, *(entry.name for entry in skipped)}),
        skipped=tuple(skipped),
    )


def _collisions(formulae: list[Formula]) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Return the refused names: what collides, and with whom."""
    claims: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for formula in formulae:
        name, version, rebuild = formula.name, formula.pkg_version, formula.rebuild
        claims["its name", name].append(name)
        if formula.digests:
            # File names meet only where keys do.
            key = f"{name}-{tagref(version, rebuild)}"
            claims["its image", image_of(name).lower()].append(name)
            claims["its key", key.lower()].append(name)
    refused: dict[str, tuple[str, tuple[str, ...]]] = {}
    for (what, _), names in claims.items():
        if len(names) > 1:
            for at, name in enumerate(names):
                others = (*names[:at], *names[at + 1 :])
                refused.setdefault(name, (what, others))
    return refused


def _aliases(formulae: Collection[Formula], names: Container[str]) -> dict[str, str]:
    """Return the formula that each alias and old name means.

    A name of ``names`` wins over an alias, an alias over an old name.
    """
    meanings: dict[str, str] = {}
    for formula in formulae:
        for alias in formula.aliases:
            meanings.setdefault(alias, formula.name)
    for formula in formulae:
        for oldname in formula.oldnames:
            meanings.setdefault(oldname, formula.name)
    return {other: name for other, name in meanings.items() if other not in names}
