"""Every operator damages every log: all of it is found, called by its name, and placed.

A failure prints the operator and its seeds; ``damaged(operator, seed)`` does it again.
"""

from __future__ import annotations

from collections.abc import Iterator
from inspect import getmembers, isfunction
from random import Random
from types import ModuleType

import pytest

from adapters.ledger.layout import HASH_FILE
from domain.damage import DamageClass
from tests.support import corruption_bytes, corruption_forgeries, corruption_places
from tests.support.corruption import Named, Operator, covers, is_named_right
from tests.support.corruption_bytes import flipped
from tests.support.damaged_log import DamagedLog
from tests.support.damaged_log_growth import grown_log, small_log

SEEDS = range(200)
_NAMED_RIGHT = 0.99


def _operators(module: ModuleType) -> Iterator[Operator]:
    for _, function in getmembers(module, isfunction):
        if function.__annotations__.get("return") == "tuple[Named, ...]":
            yield function


OPERATORS = tuple(
    operator
    for module in (corruption_bytes, corruption_places, corruption_forgeries)
    for operator in _operators(module)
    if operator.__module__ == module.__name__ and not operator.__name__.startswith("_")
)


def damaged(operator: Operator, seed: int) -> tuple[DamagedLog, tuple[Named, ...]]:
    """Return the log of a seed once an operator has damaged it, and the names."""
    log = DamagedLog(grown_log(seed))
    return log, operator(log, Random(f"{operator.__name__} {seed}"))


def test_there_are_thirty_operators() -> None:
    assert len(OPERATORS) >= 30


@pytest.mark.slow
@pytest.mark.parametrize("operator", OPERATORS, ids=lambda each: each.__name__)
def test_damage_is_found_named_and_placed(operator: Operator) -> None:
    unseen, misplaced, misnamed = [], [], []
    for seed in SEEDS:
        log, names = damaged(operator, seed)
        found = log.check_only().damage
        if not found:
            unseen.append(seed)
        if not covers(found, names):
            misplaced.append(seed)
        if not is_named_right(found, names):
            misnamed.append(seed)
    assert not unseen, f"{operator.__name__} is not seen: seeds {unseen}"
    assert not misplaced, f"{operator.__name__} is not where it is: seeds {misplaced}"
    assert len(misnamed) <= (1 - _NAMED_RIGHT) * len(SEEDS), (
        f"{operator.__name__} is called something else: seeds {misnamed}"
    )


def test_a_log_that_nobody_damaged_is_clean() -> None:
    for seed in SEEDS:
        log = DamagedLog(grown_log(seed))
        for _ in ("hash file", "no hash file"):
            found = log.examine()
            assert found.ok, f"seed {seed}: {found.damage}"
            assert log.custody().examine(log.pins, read=False).ok, f"seed {seed}"
            assert found.head == log.pins[0]
            log.remove(HASH_FILE)


@pytest.mark.slow
@pytest.mark.parametrize("seq", range(3))
def test_every_turned_bit_and_every_cut_of_a_small_log_is_found(seq: int) -> None:
    log = DamagedLog(small_log())
    log.remove(HASH_FILE)
    body = log.body(seq)
    cases: list[tuple[DamageClass, bytes]] = [
        *(("bit-flipped", flipped(body, bit)) for bit in range(8 * len(body))),
        *(("truncated", body[:end]) for end in range(len(body))),
    ]
    for kind, harmed in cases:
        log.put(seq, harmed)
        damage = log.check_only().damage
        assert [(d.kind, d.first, d.last) for d in damage] == [(kind, seq, seq)], harmed
