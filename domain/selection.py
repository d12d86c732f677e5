"""Which of the catalog's bottles a mirror is to hold.

A tag stands for *a client of that tag*: what is chosen is the bottle that brew
would pour there. One bottle that several clients would pour is chosen once.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from fnmatch import fnmatchcase
from types import MappingProxyType

from domain.bottle import Bottle
from domain.catalog import Catalog
from domain.errors import InvalidValueError, SelectionError
from domain.packages import Packages
from domain.tags import ALL, Tag, known_tags, newest_arm_tags, parse_tag
from domain.union import Union

_GLOB = frozenset("*?[")
_LATEST = "latest:"
_TAP = "homebrew/core/"
_COUNT = re.compile(r"[0-9]{1,3}")
_NO_PACKAGES: Mapping[Tag, Packages] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class TargetTags:
    """The clients to serve: their tags, or the newest ``latest`` macOS versions.

    Raises:
        InvalidValueError: Neither, both, or ``all``, which is no client's tag.
    """

    names: tuple[Tag, ...] = ()
    latest: int | None = None

    def __post_init__(self) -> None:
        if (self.latest is None) != bool(self.names):
            raise InvalidValueError(
                "target tags", str(self), "a list of tags, or latest:N"
            )
        if self.latest is not None and self.latest < 1:
            raise InvalidValueError("target tags", str(self), "latest:1 or more")
        if ALL in self.names:
            raise InvalidValueError(
                "target tag", ALL, "a client's; bottles for all are always included"
            )
        names = dict.fromkeys(parse_tag(name) for name in self.names)
        object.__setattr__(self, "names", tuple(names))

    def __str__(self) -> str:
        if self.latest is not None:
            return f"{_LATEST}{self.latest}"
        return ",".join(self.names)


def parse_target_tags(text: str) -> TargetTags:
    """Return the tags that ``text`` lists, or its ``latest:N``.

    Raises:
        InvalidValueError: It is neither.
    """
    words = [word.strip() for word in text.split(",") if word.strip()]
    if len(words) == 1 and words[0].startswith(_LATEST):
        number = words[0].removeprefix(_LATEST)
        if not _COUNT.fullmatch(number):
            raise InvalidValueError("target tags", text, "latest:N with a small number")
        return TargetTags(latest=int(number))
    return TargetTags(tuple(parse_tag(word) for word in words))


@dataclass(frozen=True, slots=True)
class Selection:
    """What the user wants mirrored.

    Attributes:
        formulae: Names, aliases, old names or globs; empty means everything.
        with_deps: Whether what they need at run time is wanted too.
        exclude: Globs of formulae that are left out, with what only they need.
        always: Formulae that clients need whatever else they ask for.
    """

    tags: TargetTags = TargetTags(latest=3)
    formulae: tuple[str, ...] = ()
    with_deps: bool = False
    exclude: tuple[str, ...] = ()
    always: tuple[str, ...] = ()

    @property
    def sha256(self) -> str:
        """The digest of what is asked for, whatever the order of its names."""
        # JSON holds apart what joined strings would run together, and it spells
        # in ASCII what a command line can hold and UTF-8 cannot.
        parts: list[object] = [
            str(self.tags),
            sorted(set(self.formulae)),
            self.with_deps,
            sorted(set(self.exclude)),
        ]
        # Of everything, what is always wanted is a part.
        if self.formulae and self.always:
            parts.append(sorted(set(self.always)))
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Offer:
    """The bottles that a selection chooses from what upstream publishes.

    Attributes:
        by_tag: For each client tag, the bottles brew would pour there.
        notes: What the user may want to know, one sentence each.
        packages: What the documents of its clients offer beside the catalog.
    """

    catalog: Catalog
    selection: Selection
    by_tag: Mapping[Tag, tuple[Bottle, ...]]
    notes: tuple[str, ...] = ()
    packages: Mapping[Tag, Packages] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_tag", MappingProxyType(dict(self.by_tag)))
        object.__setattr__(self, "packages", MappingProxyType(dict(self.packages)))

    @property
    def tags(self) -> tuple[Tag, ...]:
        """The client tags that are served."""
        return tuple(self.by_tag)

    def bottles(self) -> tuple[Bottle, ...]:
        """Return each chosen bottle once, sorted by key."""
        chosen = {b.key: b for bottles in self.by_tag.values() for b in bottles}
        return tuple(chosen[key] for key in sorted(chosen))

    def includes(self, bottle: Bottle) -> bool:
        """Return whether any document offers this very bottle, chosen or not."""
        return self.catalog.offers(bottle) or any(
            packages.bottles.get(bottle.name) == bottle
            for packages in self.packages.values()
        )

    def unread(self) -> set[str]:
        """Return the names of refused entries: what they offer is not known."""
        refused = [self.catalog.skipped]
        refused.extend(packages.skipped for packages in self.packages.values())
        return {skipped.name for each in refused for skipped in each}


def choose(
    catalog: Catalog,
    selection: Selection,
    packages: Mapping[Tag, Packages] = _NO_PACKAGES,
) -> Offer:
    """Return the bottles that ``selection`` chooses.

    Args:
        packages: What else clients are offered, by their tags: each reads these or
            the catalog, and what either names is chosen.

    Raises:
        SelectionError: A tag or a formula is not in the catalog, and the nearest
            names are told; or it was refused, and why is told.
    """
    tags = _tags(catalog, selection.tags)
    union = Union(catalog, packages)
    named = _named(catalog, selection.formulae, union.only_in_packages)
    notes: list[str] = []
    if len(tags) < (selection.tags.latest or 0):
        notes.append(f"{selection.tags}: macOS versions in real use: {len(tags)}")
    candidates: dict[Tag, list[Bottle]] = {}
    for tag in tags:
        found: list[Bottle] = []
        for name in _wanted(catalog, selection, named, tag):
            bottles = union.bottles(tag, name)
            if not bottles and selection.formulae:
                notes.append(f"{name} has no bottle that a client of {tag} could pour")
            found.extend(bottles)
        if not found:
            notes.append(f"nothing that was chosen has a bottle for {tag}")
        for name in _always(catalog, selection):
            found.extend(union.bottles(tag, name))
        candidates[tag] = found
    by_tag = {tag: union.settled(found) for tag, found in candidates.items()}
    return Offer(catalog, selection, by_tag, (*notes, *union.notes), packages)


def _tags(catalog: Catalog, wanted: TargetTags) -> tuple[Tag, ...]:
    offers = [formula.digests for formula in catalog.formulae.values()]
    if wanted.latest is not None:
        tags = newest_arm_tags(offers, wanted.latest)
        if not tags:
            raise SelectionError(
                (f"{wanted}: the catalog offers no arm64 macOS bottles; name the tags",)
            )
        return tags
    known = known_tags(tag for digests in offers for tag in digests)
    problems = [_unknown("tag", tag, known) for tag in wanted.names if tag not in known]
    if problems:
        raise SelectionError(tuple(problems))
    return wanted.names


def _named(
    catalog: Catalog, wanted: Iterable[str], others: tuple[str, ...]
) -> tuple[str, ...]:
    """Return the formulae that names, aliases, old names and globs mean.

    Args:
        others: Formulae that are not in the catalog, and that a glob may mean.
    """
    patterns = tuple(wanted)
    if not patterns:
        return (*catalog.formulae, *others)
    names: dict[str, None] = {}
    problems: list[str] = []
    refused = {skipped.name: skipped.reason for skipped in catalog.skipped}
    for pattern in patterns:
        found = _matches(catalog, pattern, others)
        if not found and pattern in refused:
            problems.append(f"{pattern} cannot be mirrored: {refused[pattern]}")
        elif not found:
            known = {*catalog.formulae, *catalog.aliases}
            problems.append(_unknown("formula", pattern, known))
        names.update(dict.fromkeys(found))
    if problems:
        raise SelectionError(tuple(problems))
    return tuple(names)


def _matches(catalog: Catalog, wanted: str, others: tuple[str, ...]) -> list[str]:
    pattern = wanted.removeprefix(_TAP)
    if not _GLOB.isdisjoint(pattern):
        names = (*catalog.formulae, *others)
        return [name for name in names if fnmatchcase(name, pattern)]
    name = catalog.aliases.get(pattern, pattern)
    return [name] if name in catalog.formulae else []


def _unknown(what: str, name: str, known: Iterable[str]) -> str:
    nearest = get_close_matches(name, sorted(known), n=3, cutoff=0.5)
    hint = f"; nearest: {', '.join(nearest)}" if nearest else ""
    return f"no {what} {name!r} in the catalog{hint}"


def _wanted(
    catalog: Catalog, selection: Selection, named: Iterable[str], tag: Tag
) -> tuple[str, ...]:
    """Return the formulae wanted on a client of ``tag``, in a stable order.

    With dependencies, the walk does not go through what is excluded.
    """
    wanted: dict[str, None] = {}
    waiting = list(reversed(tuple(named)))
    while waiting:
        name = waiting.pop()
        name = catalog.aliases.get(name, name)
        if name in wanted or _is_excluded(name, selection):
            continue
        wanted[name] = None
        formula = catalog.formulae.get(name) if selection.with_deps else None
        if formula is not None:
            waiting.extend(reversed(tuple(formula.needs_on(tag))))
    return tuple(wanted)


def _always(catalog: Catalog, selection: Selection) -> tuple[str, ...]:
    """Return the formulae of the catalog that are wanted whatever was named."""
    return tuple(
        name
        for name in selection.always
        if name in catalog.formulae and not _is_excluded(name, selection)
    )


def _is_excluded(name: str, selection: Selection) -> bool:
    exclude = selection.exclude
    return bool(exclude) and any(fnmatchcase(name, pattern) for pattern in exclude)
