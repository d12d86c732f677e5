"""What was found for damaged commits, and how the log tells of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from adapters.ledger.good_copies import PLACE, VERSION
from domain.damage import DamageClass
from domain.records import Repair

_NAMED: Final = 4
"""So many sources of a repair are named one by one."""
_IN_GENERAL: Final = {VERSION: "older versions", PLACE: "other places in the log"}


@dataclass(frozen=True, slots=True)
class Found:
    """What there is for damaged commits.

    Attributes:
        source: Where the good copy is; None when there is none.
        put_back: Puts back that copy.
        rivals: How many copies would do, of which nothing tells which is right.
    """

    first: int
    last: int
    kind: DamageClass
    source: str | None = None
    put_back: Callable[[], None] | None = None
    rivals: int = 0


def as_repairs(found: Iterable[Found]) -> Iterator[Repair]:
    """Yield what became of commits, neighbours of whom the same is told as one."""
    together: list[Found] = []
    for one in found:
        if together and not _is_alike(together[-1], one):
            yield _repair_of(together)
            together = []
        together.append(one)
    if together:
        yield _repair_of(together)


def _is_alike(before: Found, one: Found) -> bool:
    return (before.kind, before.source is None, before.last + 1) == (
        one.kind,
        one.source is None,
        one.first,
    )


def _repair_of(together: Sequence[Found]) -> Repair:
    first, last = together[0], together[-1]
    sources = {one.source for one in together if one.source is not None}
    if len(sources) > _NAMED:
        # One event says it, which would else be as long as there are commits.
        sources = {_in_general(source) for source in sources}
    source = ", ".join(sorted(sources)) or None
    return Repair(first.first, last.last, first.kind, source)


def _in_general(source: str) -> str:
    for one, all_of_them in _IN_GENERAL.items():
        if source.startswith(one):
            return all_of_them
    return source
