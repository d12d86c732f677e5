"""What AWS takes in one piece: as much as it says, and not one more."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from adapters.aws.limits import (
    EXECUTION_INPUT,
    EXECUTION_NAME,
    LAMBDA_EVENT,
    TASK_OVERRIDES,
    Limit,
)
from adapters.aws_ecs import ADDED, input_of, name_of, overrides_of
from adapters.order_codec import encode_order
from domain.order import Order
from ports.errors import PayloadTooLargeError, RefusedError

RUN = "0198a7c2-9f3e-7b1d-a3c4-5e6f708192a3"
ORDER = Order(RUN, "a" * 64, 0, 1)


@pytest.mark.parametrize(
    ("limit", "most"),
    [
        (LAMBDA_EVENT, 1_048_576),
        (TASK_OVERRIDES, 8_192),
        (EXECUTION_INPUT, 262_144),
        (EXECUTION_NAME, 80),
    ],
)
def test_takes_as_much_as_aws_and_not_one_more(limit: Limit, most: int) -> None:
    limit.check("order", "x" * most)
    with pytest.raises(PayloadTooLargeError) as caught:
        limit.check("order", "x" * (most + 1))
    error = caught.value
    assert (error.of, error.size, error.limit) == (limit.of, most + 1, most)
    said = f"order: {limit.of} has {most + 1:,} {limit.unit}, and may have {most:,}; "
    assert str(error).startswith(said)


def test_a_payload_that_is_too_large_is_not_tried_again() -> None:
    with pytest.raises(RefusedError):
        EXECUTION_NAME.check("order", "x" * 81)


@pytest.mark.parametrize("limit", [LAMBDA_EVENT, EXECUTION_INPUT])
def test_counts_bytes_where_aws_does(limit: Limit) -> None:
    limit.check("order", "é" * (limit.most // 2))
    with pytest.raises(PayloadTooLargeError):
        limit.check("order", "é" * (limit.most // 2) + "x")


@pytest.mark.parametrize("limit", [TASK_OVERRIDES, EXECUTION_NAME])
def test_counts_characters_where_aws_does(limit: Limit) -> None:
    limit.check("order", "é" * limit.most)


def shards(number: int) -> list[Order]:
    return [replace(ORDER, shard=each, shards=number) for each in range(number)]


def test_1486_shards_fit_into_one_execution() -> None:
    # Decision 21 tells people so.
    EXECUTION_INPUT.check("order", input_of(shards(1486)) + ADDED)
    with pytest.raises(PayloadTooLargeError, match="raise shard_gb"):
        EXECUTION_INPUT.check("order", input_of(shards(1487)) + ADDED)


def test_an_order_is_far_from_the_limits_of_its_ways() -> None:
    order = replace(ORDER, shard=99_999, shards=100_000, attempt=999)
    assert len(encode_order(order)) < 200
    assert len(overrides_of(order, "x" * 255)) < 600


class TestNames:
    def test_all_shards_are_named_after_the_run(self) -> None:
        assert name_of(shards(3)) == RUN

    def test_some_shards_are_named_after_the_first_and_its_attempt(self) -> None:
        assert name_of(shards(3)[1:]) == f"{RUN}-1-1"
        assert name_of([replace(ORDER, attempt=2)]) == f"{RUN}-0-2"

    def test_another_attempt_at_all_shards_has_another_name(self) -> None:
        again = [replace(order, attempt=2) for order in shards(3)]
        assert name_of(again) == f"{RUN}-0-2"

    def test_are_such_as_aws_takes(self) -> None:
        order = replace(ORDER, shard=999, shards=1000, attempt=99)
        name = name_of([order])
        EXECUTION_NAME.check("order", name)
        assert re.fullmatch(r"[A-Za-z0-9_-]+", name)
