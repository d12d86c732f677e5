"""Which commits a listing shows, and what lies among them that can be none."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Final

from adapters.ledger.layout import COMMITS, commit_key, commit_seq
from domain.damage import NO_COMMIT, Damage
from domain.records import Repair
from ports.store import Store

_LOST_AT_ONCE: Final = 100_000
"""So many commits may be gone in one place; few logs will ever have that many."""


def listed_commits(store: Store) -> tuple[frozenset[int], tuple[Damage, ...]]:
    """Return the numbers of the commits in ``store``, and what is no key of one.

    A number far behind all others was never given to a commit: to take what lies
    between for lost would be to look for commits without end.
    """
    numbers: set[int] = set()
    damage: list[Damage] = []
    for info in store.list(COMMITS):
        seq = commit_seq(info.key)
        if seq is None:
            damage.append(_bad_key(info.key, "lies where only commits may lie"))
        else:
            numbers.add(seq)
    far = frozenset(_far(numbers))
    for seq in sorted(far):
        said = f"is numbered far behind the {len(numbers - far):,} commits that are"
        damage.append(_bad_key(commit_key(seq), f"{said} there"))
    return frozenset(numbers - far), tuple(damage)


def places(repairs: Iterable[Repair], present: Collection[int]) -> set[int]:
    """Return the numbers that repairs were of, up to where commits may be."""
    end = max(present, default=-1) + _most_lost(present)
    return {
        seq for each in repairs for seq in range(each.first, min(each.last, end) + 1)
    }


def _far(numbers: Collection[int]) -> Iterator[int]:
    before, is_far = -1, False
    for seq in sorted(numbers):
        is_far = is_far or seq - before > _most_lost(numbers)
        if is_far:
            yield seq
        before = seq


def _most_lost(numbers: Collection[int]) -> int:
    return _LOST_AT_ONCE + 10 * len(numbers)


def _bad_key(key: str, what: str) -> Damage:
    return Damage("bad key", NO_COMMIT, NO_COMMIT, f"{key} {what}; move it away")
