"""A load on its way to another process and back: only what is not known there.

Of both forms the parts are built in: they cost a tenth of what the objects would.
"""

from __future__ import annotations

from typing import TypeAlias

from application.transfer import LoadResult, Placed
from domain.bottle import Bottle, Digest, ObjectKey
from domain.events import BottleFailed, BottleMirrored
from domain.generations import KeptIndex
from domain.tags import Tag
from domain.words import How
from domain.work import Load
from ports.errors import PortError

_Name: TypeAlias = "tuple[str, str, int, Tag, ObjectKey]"
HandedOver: TypeAlias = (
    "tuple[Digest, int | None, ObjectKey | None, int | None, list[_Name],"
    " list[tuple[int, KeptIndex]]]"
)
BroughtBack: TypeAlias = (
    "tuple[list[tuple[int, ObjectKey, How]], list[tuple[str, str, int]],"
    " PortError | None, tuple[KeptIndex, ...]]"
)


def handed_over(placed: Placed) -> HandedOver:
    """Return a load in the form in which it goes to another process."""
    load = placed.load
    names: list[_Name] = [
        (b.name, b.pkg_version, b.rebuild, b.tag, placed.object_keys[b.key])
        for b in load.bottles
    ]
    indexes = [
        (number, placed.indexes[bottle.key])
        for number, bottle in enumerate(load.bottles)
        if bottle.key in placed.indexes
    ]
    return load.digest, load.size, load.source, load.estimate, names, indexes


def taken_over(handed: HandedOver) -> Placed:
    """Return the load that came from another process."""
    digest, size, source, estimate, names, indexes = handed
    bottles = tuple(
        Bottle(name, pkg_version, rebuild, tag, digest)
        for name, pkg_version, rebuild, tag, _ in names
    )
    where = {bottle.key: name[-1] for bottle, name in zip(bottles, names, strict=True)}
    known = {bottles[number].key: index for number, index in indexes}
    return Placed(Load(digest, size, bottles, source, estimate), where, known)


def brought_back(result: LoadResult) -> BroughtBack:
    """Return a result in the form in which it goes back.

    Bottles are told of in their order: those that were mirrored come before those
    that failed.
    """
    mirrored = [(one.size, one.object_key, one.how) for one in result.mirrored]
    failed = [(one.cause, one.detail, one.attempts) for one in result.failed]
    return mirrored, failed, result.error, result.indexes


def taken_back(load: Load, brought: BroughtBack) -> LoadResult:
    """Return the result of ``load`` that another process has brought back."""
    mirrored, failed, error, indexes = brought
    return LoadResult(
        tuple(
            BottleMirrored(bottle, size, object_key, how)
            for bottle, (size, object_key, how) in zip(
                load.bottles, mirrored, strict=False
            )
        ),
        tuple(
            BottleFailed(bottle, cause, detail, attempts)
            for bottle, (cause, detail, attempts) in zip(
                load.bottles[len(mirrored) :], failed, strict=False
            )
        ),
        error,
        indexes=indexes,
    )
