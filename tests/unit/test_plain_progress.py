import io
from threading import Event
from typing import NoReturn

import pytest

from adapters.memory.clock import ManualClock
from adapters.terminal.plain_progress import PlainProgress
from domain.work import Load
from ports.errors import NotFoundError
from tests.support.plans import make_load, make_plan_of

LOADS = [make_load(f"f{number}", 1_000) for number in range(8)]
FAILURE = NotFoundError("f0 from the registry", "no such blob")


class Lines(io.StringIO):
    """Text that a test can wait for.

    Attributes:
        written: Set whenever a line was written.
    """

    def __init__(self) -> None:
        super().__init__()
        self.written = Event()

    def flush(self) -> None:
        self.written.set()

    @property
    def all(self) -> list[str]:
        return self.getvalue().splitlines()


class Closed(io.StringIO):
    """A terminal that was closed."""

    def write(self, _: str) -> NoReturn:
        raise BrokenPipeError


@pytest.fixture
def lines() -> Lines:
    return Lines()


def make(lines: io.StringIO, *, verbose: bool = False) -> PlainProgress:
    return PlainProgress(lines, ManualClock(), verbose=verbose, every=3_600.0)


def carry(progress: PlainProgress, load: Load) -> None:
    progress.started(load, 1_000)
    progress.advanced(load, 1_000)
    progress.finished(load, None)


def test_tells_what_it_is_about_to_do_each_quarter_and_the_end(lines: Lines) -> None:
    progress = make(lines)

    progress.begin(make_plan_of(*LOADS))
    for load in LOADS:
        carry(progress, load)
    progress.end()

    assert lines.all == [
        "to mirror: 8 bottles, 8.0 kB",
        "2/8 bottles, 2.0 kB of 8.0 kB, 0 B/s",
        "4/8 bottles, 4.0 kB of 8.0 kB, 0 B/s",
        "6/8 bottles, 6.0 kB of 8.0 kB, 0 B/s",
        "8/8 bottles, 8.0 kB in 0.1 s (at once)",
    ]


def test_says_that_sizes_are_not_known(lines: Lines) -> None:
    progress = make(lines)
    loads = [make_load("a1", None, bottles=2), make_load("b1", None)]

    progress.begin(make_plan_of(*loads))
    progress.started(loads[0], 500)
    progress.finished(loads[0], None)
    progress.end()

    assert lines.all == [
        "to mirror: 3 bottles, of sizes not yet known; 1 copy inside the store",
        "2/3 bottles, 0 B (1 size not yet known), 0 B/s, about 1 s left",
        "2/3 bottles, 0 B in 0.1 s (at once)",
    ]


def test_says_about_where_sizes_are_guessed(lines: Lines) -> None:
    progress = make(lines)
    loads = [make_load("a1"), make_load("b1", None, estimate=600)]

    progress.begin(make_plan_of(*loads))
    carry(progress, loads[0])

    assert lines.all == [
        "to mirror: 2 bottles, about 1.6 kB (1 size estimated)",
        "1/2 bottles, 1.0 kB of about 1.6 kB, 0 B/s",
    ]
    progress.end()


def test_tells_failures_as_they_happen_but_not_thousands(lines: Lines) -> None:
    progress = make(lines)
    loads = [make_load(f"f{number}") for number in range(40)]
    progress.begin(make_plan_of(*loads))

    for load in loads:
        progress.finished(load, FAILURE)

    told = [line for line in lines.all if "fail" in line and "/" not in line]
    assert told[0] == f"failed: {loads[0].bottles[0].key}: {FAILURE}"
    assert len(told) == 21
    assert told[-1] == "more bottles fail; they are counted, and listed at the end"


def test_a_line_comes_also_when_nothing_moves(lines: Lines) -> None:
    progress = PlainProgress(lines, ManualClock(), every=0.001)
    progress.begin(make_plan_of(*LOADS))
    lines.written.clear()

    assert lines.written.wait(60)

    progress.end()
    assert "0/8 bottles, 0 B of 8.0 kB, 0 B/s" in lines.all


def test_tells_every_bottle_when_it_is_to(lines: Lines) -> None:
    progress = make(lines, verbose=True)
    load = make_load("jq", bottles=2)

    progress.begin(make_plan_of(load))
    carry(progress, load)

    assert lines.all[1:] == [f"mirrored {bottle.key}" for bottle in load.bottles]


def test_tells_how_many_things_are_done_every_ten_seconds(lines: Lines) -> None:
    clock = ManualClock()
    progress = PlainProgress(lines, clock)

    for done in range(1, 101):
        clock.sleep(0.3)
        progress.counted("objects checked", done, 100)

    assert lines.all == [
        "34 of 100 objects checked",
        "68 of 100 objects checked",
    ]


def test_loads_may_be_told_of_without_a_plan(lines: Lines) -> None:
    progress = make(lines)

    carry(progress, LOADS[0])
    progress.finished(LOADS[1], FAILURE)
    progress.end()

    assert len(lines.all) == 1


def test_a_closed_terminal_ends_nothing() -> None:
    progress = make(Closed())

    progress.note("a word")
    progress.begin(make_plan_of(*LOADS))
    carry(progress, LOADS[0])
    progress.end()
