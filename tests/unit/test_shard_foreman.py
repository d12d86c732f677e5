"""How much a worker takes on, and when it stops."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from adapters.memory.clock import ManualClock
from application.shard_foreman import ShardForeman, ShardLostError, TimeBudget
from application.transfer import LoadResult
from domain.bottle import ObjectKey
from domain.events import BottleFailed, ShardCompleted, ShardStarted
from domain.order import Order
from domain.work import Load
from ports.errors import NotFoundError
from tests.support.catalogs import make_bottle
from tests.support.chain import Chain, completed, mirrored, started

MB = 1_000_000
JOBS = 4
RATE = 25.0  # MB a second that a plan reckons with, over all jobs
RUN, MINE = "run-1", "run-1/0/mine"
ORDER = Order(RUN, "b1" * 32, 0, 1)


def load(
    megabytes: float | None,
    *,
    estimate: float | None = None,
    source: ObjectKey | None = None,
) -> Load:
    bottle = make_bottle()
    size = None if megabytes is None else int(megabytes * MB)
    guess = None if estimate is None else int(estimate * MB)
    return Load(bottle.digest, size, (bottle,), source, guess)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


def budget_of(clock: ManualClock, seconds: float, jobs: int) -> TimeBudget:
    """Return a budget of which nothing has been used yet."""
    return TimeBudget(clock, clock.monotonic(), seconds, jobs)


class TestTheTime:
    def test_ends_45_seconds_before_the_end(self, clock: ManualClock) -> None:
        budget = budget_of(clock, 900.0, JOBS)
        assert budget.seconds_left() == 855.0
        clock.sleep(855.0)
        assert budget.seconds_left() == 0.0
        clock.sleep(10.0)
        assert budget.seconds_left() == -10.0

    @pytest.mark.parametrize(("seconds", "left"), [(225, 180), (10, 8), (0, 0)])
    def test_that_is_short_keeps_a_fifth_of_it(
        self, clock: ManualClock, seconds: float, left: float
    ) -> None:
        assert budget_of(clock, seconds, JOBS).seconds_left() == left

    def test_runs_since_the_worker_began(self, clock: ManualClock) -> None:
        begun = clock.monotonic()
        clock.sleep(7.0)
        assert TimeBudget(clock, begun, 10.0, JOBS).seconds_left() == 1.0

    def test_without_an_end_is_enough_for_anything(self, clock: ManualClock) -> None:
        budget = budget_of(clock, math.inf, JOBS)
        clock.sleep(1e9)
        assert budget.seconds_left() == math.inf
        assert budget.fits(load(1e9))
        assert budget.would_ever_fit(load(1e9))


class TestALoad:
    @pytest.fixture
    def budget(self, clock: ManualClock) -> TimeBudget:
        """Return a budget of 100 seconds for one job, at 25 MB a second."""
        return budget_of(clock, 125.0, 1)

    def test_fits_if_twice_its_time_is_left(self, budget: TimeBudget) -> None:
        assert budget.fits(load(RATE * 50))
        assert not budget.fits(load(RATE * 50 + 1))

    def test_has_its_share_of_the_line(self, clock: ManualClock) -> None:
        budget = budget_of(clock, 125.0, JOBS)
        assert budget.fits(load(RATE * 50 / JOBS))
        assert not budget.fits(load(RATE * 50 / JOBS + 1))

    def test_may_still_fit_into_the_time_of_another_worker(
        self, budget: TimeBudget, clock: ManualClock
    ) -> None:
        clock.sleep(1.0)
        assert not budget.fits(load(RATE * 50))
        assert budget.would_ever_fit(load(RATE * 50))
        assert not budget.would_ever_fit(load(RATE * 50 + 1))

    def test_of_no_known_size_is_taken_as_what_was_guessed(
        self, budget: TimeBudget
    ) -> None:
        assert budget.fits(load(None, estimate=RATE * 50))
        assert not budget.fits(load(None, estimate=RATE * 50 + 1))

    def test_of_which_nobody_can_tell_is_taken_as_50_megabytes(
        self, clock: ManualClock
    ) -> None:
        assert budget_of(clock, 5.0, 1).fits(load(None))
        assert not budget_of(clock, 4.9, 1).fits(load(None))

    @pytest.mark.parametrize("size", [None, 1e6])
    def test_that_is_copied_takes_no_time_of_the_line(
        self, clock: ManualClock, size: float | None
    ) -> None:
        budget = budget_of(clock, 1.0, 1)
        assert budget.fits(load(size, source=ObjectKey("2026-08-22/here")))

    def test_of_no_bytes_fits_until_the_end(
        self, budget: TimeBudget, clock: ManualClock
    ) -> None:
        clock.sleep(100.0)
        assert budget.fits(load(0))
        clock.sleep(0.5)
        assert not budget.fits(load(0))


class TestWhatIsLearnt:
    def test_is_the_speed_of_large_loads(self, clock: ManualClock) -> None:
        budget = budget_of(clock, 125.0, JOBS)
        budget.note(10 * MB, 1.0)
        budget.note(10 * MB, 3.0)
        # 5 MB a second: it is a transfer's own, whatever the others do.
        assert budget.fits(load(250))
        assert not budget.fits(load(251))

    def test_is_the_time_that_small_ones_take(self, clock: ManualClock) -> None:
        budget = budget_of(clock, 125.0, 1)
        budget.note(MB - 1, 10.0)
        budget.note(0, 20.0)
        assert budget.fits(load(0))
        assert budget.fits(load(RATE * 35))
        assert not budget.fits(load(RATE * 35 + 1))
        clock.sleep(70.5)
        assert not budget.fits(load(0))

    def test_begins_with_a_million_bytes(self, clock: ManualClock) -> None:
        budget = budget_of(clock, 125.0, 1)
        budget.note(MB, 1.0)
        assert budget.fits(load(50))
        assert not budget.fits(load(51))

    def test_is_nothing_from_what_took_no_time(self, clock: ManualClock) -> None:
        budget = budget_of(clock, 125.0, 1)
        budget.note(100 * MB, 0.0)
        assert not budget.fits(load(RATE * 50 + 1))


class TestTheForeman:
    @pytest.fixture
    def budget(self, clock: ManualClock) -> TimeBudget:
        return budget_of(clock, 125.0, 1)

    @pytest.fixture
    def crossed(self) -> list[bool]:
        return []

    @pytest.fixture
    def foreman(self, budget: TimeBudget, crossed: list[bool]) -> ShardForeman:
        return ShardForeman(ORDER, MINE, budget, lambda: crossed.append(True))

    @pytest.fixture
    def chain(self) -> Chain:
        """Return a log of a run of 20 bottles, of which the one shard is mine."""
        chain = Chain()
        start = replace(started(kind="cloud"), skipped=0, shards=1, bottles=20)
        chain.add(start)
        chain.add(ShardStarted(RUN, 0, 1, "lambda"), writer=MINE)
        return chain

    def test_keeps_to_the_budget(
        self, foreman: ShardForeman, clock: ManualClock
    ) -> None:
        assert foreman.takes(load(RATE * 50))
        clock.sleep(1.0)
        assert not foreman.takes(load(RATE * 50))
        assert foreman.seconds_left() == 99.0

    def test_learns_from_what_was_fetched(self, foreman: ShardForeman) -> None:
        bottle = make_bottle()
        copied = replace(mirrored(bottle, 99 * MB), how="copied")
        result = LoadResult((mirrored(bottle, 10 * MB), copied), (), seconds=10.0)
        foreman.landed(result)
        assert foreman.takes(load(50))
        assert not foreman.takes(load(51))

    def test_learns_nothing_from_a_failure(self, foreman: ShardForeman) -> None:
        error = NotFoundError("blob", "gone")
        failure = BottleFailed(make_bottle(), "not_found", "gone", 1)
        foreman.landed(LoadResult((), (failure,), error, seconds=1_000.0))
        assert foreman.takes(load(RATE * 50))

    def test_goes_on_while_the_shard_is_its_own(
        self, foreman: ShardForeman, chain: Chain
    ) -> None:
        foreman.recorded(chain.replay(), ())

    def test_leaves_a_shard_that_another_has_taken_over(
        self, foreman: ShardForeman, chain: Chain
    ) -> None:
        chain.add(ShardStarted(RUN, 0, 2, "ecs"), writer="run-1/0/other")
        with pytest.raises(ShardLostError, match="run-1/0/other"):
            foreman.recorded(chain.replay(), ())

    def test_leaves_a_shard_that_has_ended(
        self, foreman: ShardForeman, chain: Chain
    ) -> None:
        chain.add(ShardCompleted(RUN, 0, "failed", {}))
        with pytest.raises(ShardLostError):
            foreman.recorded(chain.replay(), ())

    def test_leaves_a_run_that_has_been_closed(
        self, foreman: ShardForeman, chain: Chain
    ) -> None:
        chain.add(completed(chain.replay().state, outcome="failed"))
        with pytest.raises(ShardLostError, match="closed"):
            foreman.recorded(chain.replay(), ())

    @pytest.mark.parametrize(
        ("before", "now", "tells"),
        [
            (0, 1, False),
            (0, 2, True),
            (1, 1, True),
            (2, 1, False),
            (2, 9, True),
            (17, 1, True),
            (17, 3, False),
            (18, 2, False),
            (19, 1, False),
        ],
    )
    def test_tells_when_its_commit_takes_the_run_over_a_tenth(
        self,
        foreman: ShardForeman,
        chain: Chain,
        crossed: list[bool],
        before: int,
        now: int,
        *,
        tells: bool,
    ) -> None:
        made = [mirrored(make_bottle(f"b{n}")) for n in range(before + now)]
        chain.add(*made[:before])
        chain.add(*made[before:], writer=MINE)
        foreman.recorded(chain.replay(), made[before:])
        assert crossed == [True] * tells
