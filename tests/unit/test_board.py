from threading import Thread

import pytest

from adapters.board import Board, InFlight
from adapters.memory.clock import ManualClock
from tests.support.plans import make_load, make_plan_of

JQ = make_load("jq", 1_000)
XZ = make_load("xz", 3_000, bottles=2)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def board(clock: ManualClock) -> Board:
    return Board(clock)


def test_counts_bytes_as_they_pass_and_bottles_as_they_are_done(board: Board) -> None:
    board.begin(make_plan_of(JQ, XZ))
    board.started(JQ, 1_000)
    board.started(XZ, 3_000)
    board.advanced(JQ, 1_000)
    board.advanced(XZ, 500)
    board.finished(JQ, failed=False)

    view = board.view()

    assert (view.bottles, view.all_bottles, view.failed) == (1, 3, 0)
    assert (view.bytes, view.all_bytes, view.unknown) == (1_500, 4_000, 0)
    assert view.in_flight == (InFlight(XZ.bottles[0].key, 500, 3_000),)


def test_tells_the_rate_and_the_time_that_is_left(
    board: Board, clock: ManualClock
) -> None:
    board.begin(make_plan_of(JQ, XZ))
    board.started(XZ, 3_000)
    board.advanced(XZ, 1_000)
    clock.sleep(2.0)

    view = board.view()

    assert view.rate == 500.0
    assert view.seconds == 2.0
    assert view.seconds_left == 6.0


def test_the_rate_is_that_of_the_last_seconds(board: Board, clock: ManualClock) -> None:
    board.begin(make_plan_of(JQ, XZ))
    board.started(XZ, 3_000)
    board.advanced(XZ, 2_000)
    for _ in range(60):
        clock.sleep(1.0)
        board.view()

    assert board.view().rate == 0.0
    assert board.view().seconds_left is None


def test_a_size_that_nobody_knew_is_counted_once_it_is_told(board: Board) -> None:
    unknown = make_load("jq", None)
    board.begin(make_plan_of(unknown, XZ))
    assert board.view().unknown == 1

    board.started(unknown, 700)
    board.started(unknown, 700)  # tried again

    view = board.view()
    assert (view.unknown, view.all_bytes) == (0, 3_700)


def test_a_guess_counts_until_the_size_is_told(
    board: Board, clock: ManualClock
) -> None:
    guessed, other = make_load("jq", None, estimate=500), make_load("a1", 500)
    board.begin(make_plan_of(guessed, other))
    view = board.view()
    assert (view.unknown, view.guessed, view.all_bytes) == (0, 1, 1_000)

    board.started(guessed, 700)
    board.advanced(guessed, 100)
    clock.sleep(1.0)

    view = board.view()
    assert (view.unknown, view.guessed, view.all_bytes) == (0, 0, 1_200)
    assert view.seconds_left == 11.0


def test_without_sizes_the_time_left_is_reckoned_by_bottles(
    board: Board, clock: ManualClock
) -> None:
    loads = [make_load(name, None) for name in ("a1", "b1", "c1", "d1")]
    board.begin(make_plan_of(*loads))
    assert board.view().seconds_left is None

    board.started(loads[0], 10)
    board.finished(loads[0], failed=False)
    clock.sleep(5.0)

    assert board.view().seconds_left == 15.0


def test_bytes_that_came_to_nothing_are_taken_back(board: Board) -> None:
    board.begin(make_plan_of(JQ))
    board.started(JQ, 1_000)
    board.advanced(JQ, 800)
    board.advanced(JQ, -800)

    assert board.view().bytes == 0


def test_what_failed_is_not_waited_for(board: Board) -> None:
    unknown = make_load("a1", None)
    board.begin(make_plan_of(JQ, XZ, unknown))
    board.started(XZ, 3_000)
    board.finished(XZ, failed=True)
    board.finished(unknown, failed=True)

    view = board.view()

    assert (view.bottles, view.failed) == (3, 3)
    assert (view.all_bytes, view.unknown) == (1_000, 0)
    assert view.in_flight == ()


def test_a_copy_that_had_to_be_fetched_counts_with_its_bytes(board: Board) -> None:
    copy = make_load("jq", 1_000, held=True)
    board.begin(make_plan_of(copy))
    assert board.view().all_bytes == 0

    board.started(copy, 1_000)
    board.advanced(copy, 1_000)
    board.finished(copy, failed=False)

    view = board.view()
    assert (view.bytes, view.all_bytes) == (1_000, 1_000)


def test_many_threads_may_tell_it() -> None:
    board = Board(ManualClock())
    loads = [make_load(f"f{number}", 100) for number in range(200)]
    board.begin(make_plan_of(*loads))

    def carry(start: int) -> None:
        for load in loads[start::4]:
            board.started(load, 100)
            for _ in range(10):
                board.advanced(load, 10)
            board.finished(load, failed=False)

    threads = [Thread(target=carry, args=(start,)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    view = board.view()
    assert (view.bottles, view.bytes, view.all_bytes) == (200, 20_000, 20_000)
