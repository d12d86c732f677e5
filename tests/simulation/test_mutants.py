import gc
from collections.abc import Iterator

import pytest

from tests.simulation.mutant import Mutant
from tests.simulation.mutants import MUTANTS
from tests.simulation.schedule import simulate

SEEDS = range(1, 201)
ENOUGH = 25


@pytest.fixture(autouse=True)
def _collect_garbage_once() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_is_caught(mutant: Mutant, monkeypatch: pytest.MonkeyPatch) -> None:
    mutant.apply(monkeypatch)
    violation = next(filter(None, map(_violation, SEEDS)), None)
    assert violation is not None, f"{mutant.name} lives on: {mutant.breaks}"
    # That would be the mutant's own mistake, and no proof of the judge's eyes.
    assert " fails: " not in violation


def test_the_program_itself_passes_under_the_same_seeds() -> None:
    assert not [seed for seed in SEEDS if _violation(seed)]


def test_there_are_enough_mutants_and_no_two_of_a_name() -> None:
    assert len({mutant.name for mutant in MUTANTS}) == len(MUTANTS) >= ENOUGH


def _violation(seed: int) -> str | None:
    return next(iter(simulate(seed).violations), None)
