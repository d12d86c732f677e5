"""Asking again whoever does not answer."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pytest

from adapters.memory.clock import ManualClock
from application.patience import LONGEST, Patience
from ports.errors import PortError, RefusedError, UnavailableError


class Asked:
    """Somebody who does not answer before a moment of the clock's."""

    def __init__(self, clock: ManualClock, until: float, error: PortError) -> None:
        self._clock = clock
        self._until = clock.monotonic() + until
        self._error = error
        self.times = 0

    def __call__(self) -> str:
        self.times += 1
        if self._clock.monotonic() < self._until:
            raise self._error
        return "yes"


SILENT = UnavailableError("s3", "503")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def patience(clock: ManualClock) -> Patience:
    return Patience(clock, lambda: math.inf)


def test_an_answer_is_not_waited_for(clock: ManualClock, patience: Patience) -> None:
    before = clock.monotonic()
    assert patience(Asked(clock, 0, SILENT)) == "yes"
    assert clock.monotonic() == before


@pytest.mark.parametrize("seconds", [1.0, 60.0, LONGEST - 1])
def test_who_is_silent_for_a_while_is_asked_until_he_answers(
    clock: ManualClock, patience: Patience, seconds: float
) -> None:
    before = clock.monotonic()
    assert patience(Asked(clock, seconds, SILENT)) == "yes"
    assert seconds <= clock.monotonic() - before < seconds + 5


def test_who_is_silent_for_good_is_not(clock: ManualClock, patience: Patience) -> None:
    before = clock.monotonic()
    with pytest.raises(UnavailableError):
        patience(Asked(clock, math.inf, SILENT))
    assert LONGEST <= clock.monotonic() - before < LONGEST + 5


def test_an_answer_that_another_question_would_not_change_is_one(
    clock: ManualClock, patience: Patience
) -> None:
    asked = Asked(clock, 1.0, RefusedError("s3", "no"))
    with pytest.raises(RefusedError):
        patience(asked)
    assert asked.times == 1


def test_nobody_is_waited_for_once_there_is_no_time(clock: ManualClock) -> None:
    left: Iterator[float] = iter([100.0, 50.0, 0.0])
    asked = Asked(clock, math.inf, SILENT)
    with pytest.raises(UnavailableError):
        Patience(clock, lambda: next(left))(asked)
    assert asked.times == 3
