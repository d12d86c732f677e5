from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.order_codec import decode_order, encode_order
from domain.order import Order
from ports.errors import MalformedError
from tests.support import strategies as some

SHA256 = "a" * 64
SAID = {"run_id": "run-1", "plan_sha256": SHA256, "shard": 2, "shards": 3}
ORDER = Order("run-1", SHA256, 2, 3)


def test_an_order_is_one_text() -> None:
    assert encode_order(ORDER) == (
        f'{{"attempt":1,"plan_sha256":"{SHA256}","run_id":"run-1","shard":2,"shards":3}}'
    )


def test_an_order_is_read_from_text_and_from_what_text_says() -> None:
    assert decode_order(json.dumps(SAID)) == ORDER
    assert decode_order(SAID) == ORDER


def test_an_order_that_does_not_count_its_attempts_is_the_first() -> None:
    assert decode_order(SAID).attempt == 1
    assert decode_order(SAID | {"attempt": 7}).attempt == 7


@pytest.mark.parametrize(
    ("change", "objection"),
    [
        ({"plan": "x"}, "plan: Unknown field"),
        ({"run_id": None}, "run_id: "),
        ({"run_id": "a b"}, "run_id: 'a b' is not made of letters"),
        ({"plan_sha256": "A" * 64}, "plan_sha256: Not 64 lower-case hex digits"),
        ({"shard": "2"}, "shard: Not a valid integer"),
        ({"shard": True}, "shard: Not a valid integer"),
        ({"shard": 3}, "shard: 3 is not one of 0 to 2"),
        ({"shards": 0}, "shards: "),
        ({"attempt": 0}, "attempt: "),
        ({"attempt": None}, "attempt: "),
    ],
)
def test_tells_what_is_wrong_with_an_order(
    change: dict[str, Any], objection: str
) -> None:
    with pytest.raises(MalformedError) as caught:
        decode_order(SAID | change)
    assert str(caught.value).startswith(f"the order: {objection}")


@pytest.mark.parametrize("missing", SAID)
def test_tells_what_an_order_lacks(missing: str) -> None:
    said = {name: value for name, value in SAID.items() if name != missing}
    with pytest.raises(MalformedError, match=f"{missing}: Missing"):
        decode_order(said)


@pytest.mark.parametrize("value", ["", "{", "[]", "null", "NaN", "[" * 100_000])
def test_text_that_is_no_order_is_malformed(value: str) -> None:
    with pytest.raises(MalformedError, match=r"^the order: "):
        decode_order(value)


@given(some.json_values)
def test_whatever_a_payload_is_it_is_an_order_or_malformed(value: object) -> None:
    with pytest.raises(MalformedError, match=r"^the order: "):
        decode_order(value)


orders = st.integers(1, 10_000).flatmap(
    lambda shards: st.builds(
        Order,
        run_id=st.from_regex(r"[A-Za-z0-9_-]{1,80}", fullmatch=True),
        plan_sha256=st.from_regex(r"[0-9a-f]{64}", fullmatch=True),
        shard=st.integers(0, shards - 1),
        shards=st.just(shards),
        attempt=st.integers(1),
    )
)


@given(orders)
def test_an_order_comes_back_from_its_text(order: Order) -> None:
    assert decode_order(encode_order(order)) == order
