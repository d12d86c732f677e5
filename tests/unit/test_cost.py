from decimal import Decimal

import pytest

from domain.cost import expected_seconds, run_cost, s3_cost
from domain.words import Route
from domain.work import Work
from tests.support.plans import make_load

HOUR = 3_600


def test_time_is_that_of_the_bytes_to_fetch_at_the_assumed_rate() -> None:
    work = Work((make_load("jq", 100_000_000), make_load("xz", 10**9, held=True)))

    assert expected_seconds(work) == 4
    assert expected_seconds(work, rate=30_000_000) == 4
    assert expected_seconds(Work()) == 0


def test_each_bottle_is_a_put_and_each_copy_is_looked_at_and_stored() -> None:
    loads = [make_load(f"f{number}", 10**9, bottles=2) for number in range(500)]

    cost = s3_cost(Work(tuple(loads)), views=0)

    # 1,000 objects, 6 commits, the plan and the hash file; 500 HEADs.
    assert cost.requests == Decimal("0.00504") + Decimal("0.0002")
    assert cost.storage == 1_000 * Decimal("0.023")


def test_each_view_is_one_more_object_of_each_bottle() -> None:
    work = Work((make_load("jq", 10**9),))
    bare, both = s3_cost(work, views=0), s3_cost(work, views=2)

    assert both.storage == 3 * bare.storage
    assert both.requests - bare.requests == 2 * Decimal("0.000005")


def test_a_size_that_nobody_knows_costs_no_storage_yet() -> None:
    assert s3_cost(Work((make_load("jq", None),)), views=0).storage == 0


def test_a_size_that_is_guessed_costs_what_it_is_expected_to() -> None:
    guessed = Work((make_load("jq", None, estimate=10**9),))
    assert s3_cost(guessed, views=0).storage == Decimal("0.023")


def test_nothing_costs_nothing() -> None:
    cost = s3_cost(Work(), views=1)

    assert cost.requests == cost.storage == 0


@pytest.mark.parametrize("route", ["none", "lambda", "ecs"])
def test_a_run_that_took_nothing_has_cost_nothing(route: Route) -> None:
    assert run_cost(route=route, seconds=0, store_requests=0, bytes_stored=0) == 0


def test_requests_are_all_priced_as_puts_and_bytes_for_a_month() -> None:
    cost = run_cost(
        route="none", seconds=HOUR, store_requests=2_000, bytes_stored=10**10
    )

    assert cost == Decimal("0.01") + Decimal("0.23")


def test_a_function_is_priced_by_its_memory_and_each_of_its_invocations() -> None:
    cost = run_cost(route="lambda", seconds=1_024, store_requests=0, bytes_stored=0)

    # 3,008 GB-seconds, and two invocations of 900 s at most.
    assert cost == 3_008 * Decimal("0.0000166667") + 2 * Decimal("0.0000002")


def test_a_task_is_priced_by_its_processors_and_memory() -> None:
    cost = run_cost(route="ecs", seconds=10 * HOUR, store_requests=0, bytes_stored=0)

    assert cost == 20 * Decimal("0.04048") + 80 * Decimal("0.004445")
