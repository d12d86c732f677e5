from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import islice

from adapters.memory.clock import ManualClock
from adapters.memory.cloud_lines import MemoryLines
from application.follow_lines import FollowLines
from ports.cloud_lines import Line

CLOCK_START = ManualClock().now()


class Growing(MemoryLines):
    """Lines that are seen from some time on, which may be later than their own."""

    def __init__(self, clock: ManualClock, seen: Mapping[float, Line]) -> None:
        super().__init__()
        self._clock = clock
        self._seen = seen

    def since(self, moment: datetime, run_id: str | None = None) -> Iterator[Line]:
        now = self._clock.monotonic()
        self.written = [line for after, line in self._seen.items() if after <= now]
        return super().since(moment, run_id)


def line(name: str, after: float, text: str = "") -> Line:
    return Line(name, CLOCK_START + timedelta(seconds=after), "worker", text or name)


def follow(
    seen: Mapping[float, Line], number: int, run_id: str | None = None
) -> list[str]:
    clock = ManualClock()
    following = FollowLines(Growing(clock, seen), clock)(CLOCK_START, run_id)
    return [found.id for found in islice(following, number)]


def test_yields_what_was_written_and_what_is_written_now() -> None:
    assert follow({0.0: line("a", 0), 10: line("b", 10), 60: line("c", 60)}, 3) == [
        "a",
        "b",
        "c",
    ]


def test_yields_each_line_once() -> None:
    seen = {0.0: line("a", 0), 1: line("b", 0), 100: line("c", 100)}
    assert follow(seen, 3) == ["a", "b", "c"]


class OfMilliseconds(Growing):
    """Lines of a service that knows no less than a millisecond."""

    def since(self, moment: datetime, run_id: str | None = None) -> Iterator[Line]:
        whole = moment.microsecond // 1_000 * 1_000
        return super().since(moment.replace(microsecond=whole), run_id)


def test_yields_each_line_once_though_times_are_cut_to_milliseconds() -> None:
    clock = ManualClock()
    since = CLOCK_START + timedelta(microseconds=123_456)
    # Of the millisecond from which on lines are asked for.
    seen = {0.0: line("a", 0.123), 90: line("b", 90)}
    following = FollowLines(OfMilliseconds(clock, seen), clock)(since)
    assert [found.id for found in islice(following, 2)] == ["a", "b"]


def test_yields_a_line_that_is_seen_late() -> None:
    seen = {50.0: line("new", 50), 60: line("late", 40), 90: line("last", 90)}
    assert follow(seen, 3) == ["new", "late", "last"]


def test_yields_only_lines_of_the_run_that_is_asked_for() -> None:
    seen = {
        0.0: line("a", 0, "run-1"),
        1: line("b", 1, "run-2"),
        2: line("c", 2, "run-1"),
    }
    assert follow(seen, 2, "run-1") == ["a", "c"]
