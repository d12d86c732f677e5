from __future__ import annotations

from dataclasses import replace

import pytest

from domain.errors import InvalidValueError
from domain.order import Order, run_of

SHA256 = "a" * 64
ORDER = Order("run-1", SHA256, 0, 3)


def test_an_order_is_the_first_attempt_unless_it_says_otherwise() -> None:
    assert ORDER.attempt == 1


@pytest.mark.parametrize("run_id", ["", "run 1", "run/1", "rün", "run-1\n", "a.b"])
def test_a_run_has_a_name_that_aws_would_take(run_id: str) -> None:
    with pytest.raises(InvalidValueError, match="run_id"):
        Order(run_id, SHA256, 0, 1)


@pytest.mark.parametrize("shard", [-1, 3, 4])
def test_a_shard_is_one_of_those_there_are(shard: int) -> None:
    with pytest.raises(InvalidValueError, match="0 to 2"):
        Order("run-1", SHA256, shard, 3)


def test_a_plan_is_named_by_a_digest() -> None:
    with pytest.raises(InvalidValueError, match="digest"):
        replace(ORDER, plan_sha256="A" * 64)


def test_there_is_one_shard_at_least() -> None:
    with pytest.raises(InvalidValueError, match="shards"):
        Order("run-1", SHA256, 0, 0)


def test_attempts_are_counted_from_one() -> None:
    with pytest.raises(InvalidValueError, match="attempt"):
        replace(ORDER, attempt=0)


def test_orders_are_of_the_run_that_they_share() -> None:
    assert run_of([ORDER, replace(ORDER, shard=1)]) == "run-1"


@pytest.mark.parametrize("orders", [[], [ORDER, replace(ORDER, run_id="run-2")]])
def test_orders_of_no_run_or_of_several_are_refused(orders: list[Order]) -> None:
    with pytest.raises(InvalidValueError, match="orders of one run"):
        run_of(orders)
