"""Sizes: those that somebody knows, and guesses of the others.

A guess is for sharing out work, and for telling a person "about". Nothing else may
rely on one: the next release of a formula can be of any size.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from domain.bottle import Bottle, BottleKey, Digest
from domain.ledger import Ledger
from domain.tags import Tag


def exact_sizes(ledger: Ledger, told: Mapping[Digest, int]) -> dict[Digest, int]:
    """Return the bytes of each digest of which somebody knows them.

    What the store holds was counted; it comes before what the registry ``told``, and
    that before what another mirror says of itself.
    """
    elsewhere = _largest(
        (entry.digest, entry.size) for entry in ledger.elsewhere.values()
    )
    superseded = _largest((old.sha256, old.size) for old in ledger.superseded.values())
    held = _largest((entry.bottle.digest, entry.size) for entry in ledger.held.values())
    return {**elsewhere, **told, **superseded, **held}


def estimates(
    unknown: Mapping[Digest, Iterable[Bottle]],
    ledger: Ledger,
    exact: Mapping[Digest, int],
) -> dict[Digest, int]:
    """Return guesses for the sizes of ``unknown``, of every one of them or of none.

    A bottle is taken to be as large as its formula's last one for that tag, else
    as the last one for any tag, else as the median of all ``exact`` sizes.

    Args:
        unknown: Digests, and the bottles that each of them is.
    """
    median = _median(exact.values())
    if not unknown or median is None:
        return {}
    bottles = {digest: tuple(those) for digest, those in unknown.items()}
    names = {bottle.name for those in bottles.values() for bottle in those}
    last = _last_sizes(ledger, names)
    guesses: dict[Digest, int] = {}
    for digest, those in bottles.items():
        places: list[tuple[str, Tag | None]] = []
        places += [(bottle.name, bottle.tag) for bottle in those]
        places += [(bottle.name, None) for bottle in those]
        found = (last[place] for place in places if place in last)
        guesses[digest] = next(found, median)
    return guesses


def _last_sizes(ledger: Ledger, names: set[str]) -> dict[tuple[str, Tag | None], int]:
    """Return the size of the last bottle of each formula and tag, and of each formula.

    Of bottles of one day it is the last by its key: whoever replays the log, and
    whoever reads the hash file, has to guess the same.
    """
    last: dict[tuple[str, Tag | None], tuple[date, BottleKey, int]] = {}
    for key, entry in ledger.held.items():
        name = entry.bottle.name
        if name in names and entry.size:
            found = (entry.download_date, key, entry.size)
            for place in ((name, entry.bottle.tag), (name, None)):
                last[place] = max(found, last.get(place, found))
    return {place: size for place, (_, _, size) in last.items()}


def _largest(sizes: Iterable[tuple[Digest, int]]) -> dict[Digest, int]:
    """Return the sizes by digest; 0 is what stands for one that nobody knows."""
    known: dict[Digest, int] = {}
    for digest, size in sizes:
        if size > known.get(digest, 0):
            known[digest] = size
    return known


def _median(sizes: Iterable[int]) -> int | None:
    ranked = sorted(sizes)
    if not ranked:
        return None
    middle = len(ranked) // 2
    return (ranked[middle] + ranked[-1 - middle]) // 2
