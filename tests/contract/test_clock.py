from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from threading import Event

import pytest

from adapters.memory.clock import ManualClock
from adapters.system_clock import StoppableClock, SystemClock
from ports.clock import Clock
from ports.errors import UnavailableError

CLOCKS: dict[str, Callable[[], Clock]] = {
    "memory": ManualClock,
    "system": SystemClock,
    "stoppable": lambda: StoppableClock(Event()),
}


@pytest.fixture(params=CLOCKS)
def clock(request: pytest.FixtureRequest) -> Clock:
    return CLOCKS[request.param]()


class TestClockContract:
    def test_tells_the_time_in_utc_cut_to_seconds(self, clock: Clock) -> None:
        clock.sleep(0.01)
        now = clock.now()
        assert now.utcoffset() == timedelta(0)
        assert now.microsecond == 0

    def test_never_goes_back(self, clock: Clock) -> None:
        moments = [clock.monotonic() for _ in range(100)]
        assert moments == sorted(moments)

    def test_sleeps_for_as_long_as_it_is_told(self, clock: Clock) -> None:
        begun = clock.monotonic()
        clock.sleep(0.02)
        assert clock.monotonic() >= begun + 0.02

    def test_cannot_sleep_backwards(self, clock: Clock) -> None:
        with pytest.raises(ValueError, match="sleep"):
            clock.sleep(-1)


def test_nobody_sleeps_by_the_stoppable_clock_once_it_is_stopped() -> None:
    stop = Event()
    stop.set()
    # A test that took an hour would have failed.
    with pytest.raises(UnavailableError, match="told to stop"):
        StoppableClock(stop).sleep(3600)
