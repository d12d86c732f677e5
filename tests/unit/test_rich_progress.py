import io
import re

import pytest
from rich.console import Console, RenderableType

from adapters.board import Board
from adapters.memory.clock import ManualClock
from adapters.terminal.rich_progress import RichProgress, Seats, counting, drawn
from ports.errors import NotFoundError
from tests.support.plans import make_load, make_plan_of

LOADS = [make_load(f"f{number}", 1_000) for number in range(12)]
FAILURE = NotFoundError("f0 from the registry", "no such blob [404]")


@pytest.fixture
def screen() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def console(screen: io.StringIO) -> Console:
    return Console(file=screen, force_terminal=True, width=100, color_system=None)


def text_of(renderable: RenderableType) -> str:
    console = Console(file=io.StringIO(), width=100, color_system=None)
    with console.capture() as captured:
        console.print(renderable)
    return captured.get()


def test_draws_totals_and_at_most_eight_in_flight() -> None:
    clock = ManualClock()
    board = Board(clock)
    board.begin(make_plan_of(*LOADS))
    for load in LOADS:
        board.started(load, 1_000)
    board.advanced(LOADS[0], 1_000)
    board.finished(LOADS[0], failed=True)
    clock.sleep(1.0)

    text = text_of(drawn(board.view(), Seats(), 100))

    assert "1/12" in text
    assert "1 failed" in text
    assert "1.0 kB of 12.0 kB" in text
    assert re.search(r"1\.0 kB/s +about 11 s left", text)
    assert text.count("arm64_sonoma") == 8
    assert "and 3 more" in text


def test_draws_no_bar_of_a_sum_that_nobody_knows() -> None:
    board = Board(ManualClock())
    board.begin(make_plan_of(make_load("jq", None)))

    assert "0 B (1 size not yet known)" in text_of(drawn(board.view(), Seats(), 100))


def test_what_is_in_flight_keeps_its_row_and_no_row_is_taken_away() -> None:
    board, seats = Board(ManualClock()), Seats()
    board.begin(make_plan_of(*LOADS))
    for load in LOADS[:3]:
        board.started(load, 1_000)
    before = text_of(drawn(board.view(), seats, 100)).splitlines()

    board.finished(LOADS[0], failed=False)
    after = text_of(drawn(board.view(), seats, 100)).splitlines()
    board.started(LOADS[3], 1_000)
    later = text_of(drawn(board.view(), seats, 100)).splitlines()

    assert len(before) == len(after) == len(later)
    assert before[4:] == after[4:] == later[4:]
    assert after[3].strip() == ""
    assert LOADS[3].bottles[0].key in later[3]


def test_a_long_name_leaves_room_for_the_rest_on_a_narrow_terminal() -> None:
    board = Board(ManualClock())
    load = make_load("a-name-that-is-longer-than-any-that-a-formula-should-have", 1_000)
    board.begin(make_plan_of(load))
    board.started(load, 123_456_789)

    text = text_of(drawn(board.view(), Seats(), 70))

    assert "…" in text
    assert "0 B of 123.5 MB" in text


def test_draws_how_many_things_are_done() -> None:
    drawing = text_of(counting("objects checked", 12, 8_402))
    assert "12/8,402 objects checked" in drawing


def test_tells_notes_failures_and_the_end_as_lines_that_stay(
    console: Console, screen: io.StringIO
) -> None:
    progress = RichProgress(console, ManualClock(), verbose=True)

    progress.counted("objects checked", 1, 2)
    progress.counted("objects checked", 2, 2)
    progress.begin(make_plan_of(*LOADS[:2]))
    progress.note("a [bold]word[/bold]")
    progress.finished(LOADS[0], FAILURE)
    progress.started(LOADS[1], 1_000)
    progress.advanced(LOADS[1], 1_000)
    progress.finished(LOADS[1], None)
    progress.end()
    progress.end()

    told = screen.getvalue()
    assert "to mirror: 2 bottles, 2.0 kB" in told
    assert "a [bold]word[/bold]" in told
    assert f"failed: {LOADS[0].bottles[0].key}: {FAILURE}" in told
    assert f"mirrored {LOADS[1].bottles[0].key}" in told
    assert told.count("2/2 bottles, 1.0 kB in 0.1 s (at once)") == 1


def test_a_closed_terminal_ends_nothing(console: Console, screen: io.StringIO) -> None:
    progress = RichProgress(console, ManualClock())
    progress.counted("objects checked", 1, 2)
    screen.close()

    progress.note("a word")
    progress.begin(make_plan_of(*LOADS))
    progress.finished(LOADS[0], FAILURE)
    progress.end()
