from __future__ import annotations

from threading import Event

import pytest

from adapters.memory.clock import ManualClock
from adapters.retry import ONCE, Backoff, retrying
from adapters.system_clock import StoppableClock
from ports.errors import NotFoundError, PortError, UnavailableError

BACKOFF = Backoff(attempts=4, base=1.0, ceiling=3.0, longest=60.0)
WORST = 1.0
BEST = 0.0


class Flaky:
    """Raises the errors it was given, one a call, then returns how often it was."""

    def __init__(self, *errors: PortError) -> None:
        self.errors = list(errors)
        self.calls = 0

    def __call__(self) -> int:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return self.calls


def no_answer(retry_after: float | None = None) -> UnavailableError:
    return UnavailableError("the moon", "no answer", retry_after=retry_after)


def tried(
    call: Flaky, clock: ManualClock, backoff: Backoff = BACKOFF, chance: float = WORST
) -> int:
    return retrying(call, backoff=backoff, clock=clock, chance=lambda: chance)


def test_an_answer_at_once_costs_no_time() -> None:
    clock = ManualClock()
    assert tried(Flaky(), clock) == 1
    assert clock.monotonic() == 0


def test_calls_again_while_there_is_no_answer() -> None:
    assert tried(Flaky(no_answer(), no_answer(), no_answer()), ManualClock()) == 4


def test_the_ceiling_of_the_waits_doubles_up_to_the_highest() -> None:
    clock = ManualClock()
    tried(Flaky(no_answer(), no_answer(), no_answer()), clock)
    assert clock.monotonic() == 1.0 + 2.0 + 3.0


def test_a_wait_may_be_nothing_by_chance() -> None:
    clock = ManualClock()
    tried(Flaky(no_answer(), no_answer()), clock, chance=BEST)
    assert clock.monotonic() == 0


def test_gives_up_after_the_last_attempt_and_tells_how_many() -> None:
    call = Flaky(*(no_answer() for _ in range(9)))
    with pytest.raises(UnavailableError, match="tried 4 times") as caught:
        tried(call, ManualClock())
    assert caught.value.attempts == call.calls == 4


def test_does_not_wait_after_the_last_attempt() -> None:
    clock = ManualClock()
    with pytest.raises(UnavailableError):
        tried(Flaky(no_answer(30)), clock, backoff=ONCE)
    assert clock.monotonic() == 0


def test_a_refusal_is_final_and_tells_the_attempts_before_it() -> None:
    call = Flaky(no_answer(), NotFoundError("the moon", "gone"))
    with pytest.raises(NotFoundError) as caught:
        tried(call, ManualClock())
    assert caught.value.attempts == call.calls == 2


def test_gives_up_when_nobody_is_to_wait_any_more_and_tells_what_was_wrong() -> None:
    stop = Event()
    stop.set()
    call = Flaky(no_answer(), no_answer())
    with pytest.raises(UnavailableError, match="the moon: no answer"):
        retrying(
            call, backoff=BACKOFF, clock=StoppableClock(stop), chance=lambda: WORST
        )
    assert call.calls == 1


def test_never_comes_back_earlier_than_it_was_told() -> None:
    clock = ManualClock()
    tried(Flaky(no_answer(15.3)), clock, chance=BEST)
    assert clock.monotonic() == 15.3


def test_those_who_were_told_the_same_do_not_come_back_together() -> None:
    assert BACKOFF.wait(1, 15.0, 0.0) == 15.0
    assert BACKOFF.wait(1, 15.0, 0.5) == 15.5


def test_waits_no_longer_than_the_longest_however_long_it_was_told() -> None:
    assert BACKOFF.wait(1, 86_400.0, BEST) == 60.0


def test_many_failures_do_not_overflow() -> None:
    assert Backoff(attempts=10_000).wait(9_999, None, WORST) == 20.0
