"""How often a host is asked that has said that it was too often."""

from __future__ import annotations

from itertools import pairwise

import pytest

from adapters.memory.clock import ManualClock
from adapters.pacing import Complaint, Pacing

HOST = "https://ghcr.io:443"
OTHER = "https://formulae.brew.sh:443"


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def pacing(clock: ManualClock) -> Pacing:
    return Pacing(clock, lambda: 0.0, longest=60.0)


def ask(
    pacing: Pacing, clock: ManualClock, *, times: int, every: float = 0.0
) -> list[float]:
    """Return when a host was asked, whose answers take ``every`` seconds each."""
    asked = []
    for _ in range(times):
        asked.append(pacing.wait(HOST))
        pacing.answered(HOST, asked[-1])
        clock.sleep(every)
    return asked


def complain(pacing: Pacing, clock: ManualClock) -> None:
    pacing.slow_down(HOST, clock.monotonic(), 1.0)


def rate_of(moments: list[float]) -> float:
    return (len(moments) - 1) / (moments[-1] - moments[0])


def test_a_host_that_complains_is_asked_less_often(
    clock: ManualClock, pacing: Pacing
) -> None:
    ask(pacing, clock, times=64, every=0.01)
    complain(pacing, clock)
    assert rate_of(ask(pacing, clock, times=10)) == pytest.approx(70, rel=0.05)


def test_and_a_little_more_often_with_every_second(
    clock: ManualClock, pacing: Pacing
) -> None:
    ask(pacing, clock, times=64, every=0.01)
    complain(pacing, clock)
    asked = ask(pacing, clock, times=10_000)
    begun = asked[0]
    in_second = [
        sum(begun + s <= at < begun + s + 1 for at in asked) for s in range(30)
    ]
    assert all(later >= sooner for sooner, later in pairwise(in_second))
    # Twice as often, twenty seconds after.
    assert in_second[20] == pytest.approx(2 * in_second[0], rel=0.06)


def test_when_nothing_has_been_heard_for_long_it_is_asked_at_will_again(
    clock: ManualClock, pacing: Pacing
) -> None:
    ask(pacing, clock, times=64, every=0.01)
    complain(pacing, clock)
    ask(pacing, clock, times=1)
    clock.sleep(70.0)
    assert len(set(ask(pacing, clock, times=50))) == 1


def test_after_a_second_complaint_it_is_asked_less_often_still(
    clock: ManualClock, pacing: Pacing
) -> None:
    ask(pacing, clock, times=64, every=0.01)
    complain(pacing, clock)
    ask(pacing, clock, times=4)
    complain(pacing, clock)
    assert rate_of(ask(pacing, clock, times=5)) == pytest.approx(49, rel=0.05)


def test_many_complaints_about_one_burst_are_one(
    clock: ManualClock, pacing: Pacing
) -> None:
    begun = ask(pacing, clock, times=64, every=0.01)[-1]
    for _ in range(8):
        pacing.slow_down(HOST, begun, 1.0)
    asked = ask(pacing, clock, times=10)
    # An answer that was long on its way says nothing of the pace by now.
    pacing.slow_down(HOST, begun, 1.0)
    asked += ask(pacing, clock, times=10)
    assert rate_of(asked[:10]) == pytest.approx(70, rel=0.05)
    assert rate_of(asked[10:]) == pytest.approx(70, rel=0.1)


def test_a_few_requests_tell_nothing_of_a_pace(
    clock: ManualClock, pacing: Pacing
) -> None:
    ask(pacing, clock, times=3, every=0.01)
    complain(pacing, clock)
    assert len(set(ask(pacing, clock, times=50))) == 1


def test_who_complains_over_and_over_is_asked_four_times_a_second_all_the_same(
    clock: ManualClock, pacing: Pacing
) -> None:
    ask(pacing, clock, times=64, every=0.01)
    for _ in range(20):
        ask(pacing, clock, times=2)
        complain(pacing, clock)
    assert rate_of(ask(pacing, clock, times=4)) == pytest.approx(4, rel=0.05)


def test_another_host_is_asked_at_will(clock: ManualClock, pacing: Pacing) -> None:
    ask(pacing, clock, times=64, every=0.01)
    complain(pacing, clock)
    begun = clock.monotonic()
    for _ in range(50):
        pacing.wait(OTHER)
    assert clock.monotonic() == begun


def test_what_another_process_was_told_slows_this_one_down(
    clock: ManualClock, pacing: Pacing
) -> None:
    ask(pacing, clock, times=64, every=0.01)
    pacing.hear(Complaint(HOST, clock.monotonic(), 1.0))
    assert rate_of(ask(pacing, clock, times=10)) == pytest.approx(70, rel=0.05)


def served(
    clock: ManualClock, pacing: Pacing, at_most: int, seconds: float
) -> tuple[int, int]:
    """Return how often a host answers and complains that takes so many a second."""
    answered, complaints, window = 0, 0, list[float]()
    while (now := pacing.wait(HOST)) < seconds:
        window = [at for at in window if at > now - 1.0]
        if len(window) < at_most:
            window.append(now)
            answered += 1
            pacing.answered(HOST, now)
        else:
            complaints += 1
            pacing.slow_down(HOST, now, None)
        clock.sleep(0.002)
    return answered, complaints


@pytest.mark.parametrize("at_most", [10, 50, 400])
def test_what_a_host_takes_is_found_and_made_use_of(
    clock: ManualClock, pacing: Pacing, at_most: int
) -> None:
    answered, complaints = served(clock, pacing, at_most, seconds=300.0)
    assert answered >= 0.65 * at_most * 300
    assert complaints <= 40
