from __future__ import annotations

from threading import Barrier, Event, Thread

import pytest

from adapters.memory.clock import ManualClock
from adapters.pacing import Pacing
from adapters.system_clock import StoppableClock
from ports.errors import UnavailableError

GHCR = "https://ghcr.io:443"
STORAGE = "https://pkg-containers.githubusercontent.com:443"
NO_JITTER = 0.0


class Chances:
    """Draws what it was given, one after the other, then zeros."""

    def __init__(self, *draws: float) -> None:
        self.draws = list(draws)

    def __call__(self) -> float:
        return self.draws.pop(0) if self.draws else NO_JITTER


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def pacing(clock: ManualClock) -> Pacing:
    return Pacing(clock, Chances(), longest=60.0)


def test_an_unknown_host_is_asked_at_once(clock: ManualClock, pacing: Pacing) -> None:
    pacing.wait(GHCR)
    assert clock.monotonic() == 0


def test_waits_for_as_long_as_the_host_says(clock: ManualClock, pacing: Pacing) -> None:
    pacing.slow_down(GHCR, clock.monotonic(), 15.3)
    assert pacing.remaining(GHCR) == 15.3
    pacing.wait(GHCR)
    assert clock.monotonic() == 15.3


def test_nobody_waits_for_a_host_once_told_to_stop() -> None:
    stop = Event()
    clock = StoppableClock(stop)
    pacing = Pacing(clock, Chances(), longest=3600.0)
    pacing.slow_down(GHCR, clock.monotonic(), 3600.0)
    stop.set()
    # A test that took an hour would have failed.
    with pytest.raises(UnavailableError):
        pacing.wait(GHCR)


def test_another_host_is_not_waited_for(clock: ManualClock, pacing: Pacing) -> None:
    pacing.slow_down(GHCR, clock.monotonic(), 15.3)
    pacing.wait(STORAGE)
    assert clock.monotonic() == 0


def test_a_host_that_does_not_say_how_long_is_left_alone_for_a_second(
    clock: ManualClock, pacing: Pacing
) -> None:
    pacing.slow_down(GHCR, clock.monotonic(), None)
    assert pacing.remaining(GHCR) == 1.0


def test_waits_no_longer_than_the_longest(clock: ManualClock, pacing: Pacing) -> None:
    pacing.slow_down(GHCR, clock.monotonic(), 86_400.0)
    assert pacing.remaining(GHCR) == 60.0


def test_those_who_waited_come_back_one_by_one(clock: ManualClock) -> None:
    pacing = Pacing(clock, Chances(0.25), longest=60.0)
    pacing.slow_down(GHCR, clock.monotonic(), 2.0)
    pacing.wait(GHCR)
    assert clock.monotonic() == 2.0 + 0.25 * 2.0


def test_they_come_back_over_five_seconds_at_most(clock: ManualClock) -> None:
    pacing = Pacing(clock, Chances(1.0), longest=60.0)
    pacing.slow_down(GHCR, clock.monotonic(), 40.0)
    pacing.wait(GHCR)
    assert clock.monotonic() == 45.0


def test_a_pause_that_grows_while_somebody_waits_is_waited_for(
    clock: ManualClock,
) -> None:
    pacing = Pacing(clock, Chances(), longest=60.0)
    asked_at = clock.monotonic()
    pacing.slow_down(GHCR, asked_at, 2.0)
    pacing.slow_down(GHCR, asked_at, 9.0)
    pacing.wait(GHCR)
    assert clock.monotonic() == 9.0


def test_a_shorter_pause_does_not_end_a_longer_one(
    clock: ManualClock, pacing: Pacing
) -> None:
    asked_at = clock.monotonic()
    pacing.slow_down(GHCR, asked_at, 9.0)
    pacing.slow_down(GHCR, asked_at, 2.0)
    assert pacing.remaining(GHCR) == 9.0


def test_a_host_that_complains_after_each_pause_is_left_alone_for_longer(
    clock: ManualClock, pacing: Pacing
) -> None:
    pauses = []
    for _ in range(8):
        begun = clock.monotonic()
        pacing.slow_down(GHCR, begun, None)
        pacing.wait(GHCR)
        pauses.append(clock.monotonic() - begun)
    assert pauses == [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]


def test_so_is_one_that_says_a_moment_and_means_longer(
    clock: ManualClock, pacing: Pacing
) -> None:
    pauses = []
    for _ in range(4):
        begun = clock.monotonic()
        pacing.slow_down(GHCR, begun, 0.25)
        pacing.wait(GHCR)
        pauses.append(clock.monotonic() - begun)
    assert pauses == [0.25, 1.0, 2.0, 4.0]


def test_many_complaints_about_one_burst_are_one(pacing: Pacing) -> None:
    for _ in range(32):
        pacing.slow_down(GHCR, 0.0, None)
    assert pacing.remaining(GHCR) == 1.0


def test_an_answer_after_the_pause_ends_it(clock: ManualClock, pacing: Pacing) -> None:
    pacing.slow_down(GHCR, clock.monotonic(), None)
    pacing.wait(GHCR)
    pacing.answered(GHCR, clock.monotonic())
    pacing.slow_down(GHCR, clock.monotonic(), None)
    assert pacing.remaining(GHCR) == 1.0


def test_an_answer_that_was_under_way_does_not_end_a_pause(
    clock: ManualClock, pacing: Pacing
) -> None:
    asked_at = clock.monotonic()
    pacing.slow_down(GHCR, asked_at, 15.0)
    pacing.answered(GHCR, asked_at)
    assert pacing.remaining(GHCR) == 15.0


def test_no_thread_goes_on_before_the_moment(clock: ManualClock) -> None:
    pacing = Pacing(clock, Chances(), longest=60.0)
    pacing.slow_down(GHCR, clock.monotonic(), 15.0)
    together, went_on = Barrier(8), []

    def go() -> None:
        together.wait()
        pacing.wait(GHCR)
        went_on.append(clock.monotonic())

    threads = [Thread(target=go) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(went_on) == 8
    assert min(went_on) >= 15.0


def complain(clock: ManualClock, pacing: Pacing, times: int) -> None:
    for _ in range(times):
        pacing.wait(GHCR)
        pacing.slow_down(GHCR, clock.monotonic(), None)


def test_a_host_that_only_complains_for_two_minutes_is_down(clock: ManualClock) -> None:
    pacing = Pacing(clock, Chances(), longest=120.0)
    complain(clock, pacing, 7)
    assert clock.monotonic() == 63.0
    assert pacing.complaining(GHCR) == 0.0
    complain(clock, pacing, 1)
    assert pacing.complaining(GHCR) == 127.0


def test_an_answer_in_between_shows_that_a_host_is_not_down(
    clock: ManualClock,
) -> None:
    pacing = Pacing(clock, Chances(), longest=120.0)
    complain(clock, pacing, 7)
    pacing.wait(GHCR)
    pacing.answered(GHCR, clock.monotonic())
    complain(clock, pacing, 1)
    assert pacing.complaining(GHCR) == 0.0


def test_a_host_that_was_down_is_asked_again_after_a_respite(
    clock: ManualClock,
) -> None:
    pacing = Pacing(clock, Chances(), longest=120.0)
    complain(clock, pacing, 8)
    clock.sleep(pacing.remaining(GHCR) + 61.0)
    assert pacing.complaining(GHCR) == 0.0
    complain(clock, pacing, 1)
    assert pacing.complaining(GHCR) == 0.0
    assert pacing.remaining(GHCR) == 1.0
