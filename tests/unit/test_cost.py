from decimal import Decimal

from domain.cost import expected_seconds, s3_cost
from domain.work import Work
from tests.support.plans import make_load


def test_time_is_that_of_the_bytes_to_fetch_at_the_assumed_rate() -> None:
    work = Work((make_load("jq", 100_000_000), make_load("xz", 10**9, held=True)))

    assert expected_seconds(work) == 4
    assert expected_seconds(work, rate=30_000_000) == 4
    assert expected_seconds(Work()) == 0


def test_each_bottle_is_a_put_and_each_copy_is_looked_at_and_stored() -> None:
    loads = [make_load(f"f{number}", 10**9, bottles=2) for number in range(500)]

    cost = s3_cost(Work(tuple(loads)))

    # 1,000 objects, 6 commits, the plan and the hash file; 500 HEADs.
    assert cost.requests == Decimal("0.00504") + Decimal("0.0002")
    assert cost.storage == 1_000 * Decimal("0.023")


def test_a_size_that_nobody_knows_costs_no_storage_yet() -> None:
    assert s3_cost(Work((make_load("jq", None),))).storage == 0


def test_nothing_costs_nothing() -> None:
    cost = s3_cost(Work())

    assert cost.requests == cost.storage == 0
