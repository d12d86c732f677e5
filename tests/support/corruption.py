"""What an operator does to a log, and what the damage must be called."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from random import Random
from typing import TypeAlias

from domain.damage import Damage, DamageClass
from tests.support.damaged_log import DamagedLog


@dataclass(frozen=True, slots=True)
class Named:
    """What a range of commits must be said to be.

    Attributes:
        at_least: The first commit that the range must begin with, or before.
        at_most: The first commit that it may begin with: where no pin tells how much
            of a tail is as it was, all that might not be is told of.
    """

    kind: DamageClass
    at_least: int
    last: int
    at_most: int


Operator: TypeAlias = Callable[[DamagedLog, Random], tuple[Named, ...]]
"""Damages a log, and returns every name that it must be given."""


def named(
    kind: DamageClass, first: int, last: int | None = None, at_most: int | None = None
) -> tuple[Named, ...]:
    """Return one name, of one commit unless ``last`` is given."""
    end = first if last is None else last
    return (Named(kind, first, end, first if at_most is None else at_most),)


def covers(found: Iterable[Damage], expected: Iterable[Named]) -> bool:
    """Return whether every damaged commit is in the range of some damage."""
    told = _places(found)
    return all(
        place in told for one in expected for place in range(one.at_least, one.last + 1)
    )


def is_named_right(found: Iterable[Damage], expected: Iterable[Named]) -> bool:
    """Return whether the damage has its names, and nothing else is called damaged."""
    told = {
        (damage.kind, place)
        for damage in found
        for place in range(damage.first, damage.last + 1)
    }
    required = {
        (one.kind, place)
        for one in expected
        for place in range(one.at_least, one.last + 1)
    }
    allowed = {
        (one.kind, place)
        for one in expected
        for place in range(one.at_most, one.last + 1)
    }
    return required <= told <= allowed


def _places(found: Iterable[Damage]) -> set[int]:
    return {place for damage in found for place in range(damage.first, damage.last + 1)}
