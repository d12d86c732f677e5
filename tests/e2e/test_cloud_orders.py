"""What the functions in the cloud are handed by mistake, and questions put by hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.standin.catalog import plain_catalog
from tests.standin.server import Upstream
from tests.support.deployment import WORKER, Deployment, deployed
from tests.support.seaweed import SeaweedS3

_NOBODY = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def begun(seaweed: SeaweedS3, lambda_runtime: None) -> Iterator[Deployment]:
    """Yield a system with a run that has begun, whose orders have all been lost."""
    assert lambda_runtime is None
    with (
        Upstream(plain_catalog(3)) as upstream,
        deployed(seaweed, upstream, retry_attempts="2") as cloud,
    ):
        cloud.worker = {"deliveries": 0}
        cloud.deploy()
        cloud.invoke({"source": "manual"})
        yield cloud


@pytest.fixture
def cloud(begun: Deployment) -> Iterator[Deployment]:
    """Yield it, and see to it that the ledger is as it was, and nobody was told."""
    before, told = begun.tree("ledger/"), begun.told()
    yield begun
    assert begun.tree("ledger/") == before
    assert begun.told() == told


@pytest.fixture
def order(cloud: Deployment) -> dict[str, Any]:
    """Return the order that a worker should have been given."""
    (run_id,) = cloud.ledger().runs
    answer = cloud.invoke({"source": "shards", "run_id": run_id})
    (order,) = answer["orders"]
    assert (order["run_id"], order["shard"], order["attempt"]) == (run_id, 0, 1)
    return dict(order)


def assert_refused(cloud: Deployment, answer: Any, kind: str, *words: str) -> None:  # noqa: ANN401 - JSON
    """Assert that a function has failed for a reason that is clear, and in its log."""
    assert answer["errorType"] == kind
    for word in words:
        assert word in answer["errorMessage"]
    assert answer["errorMessage"] in cloud.said()


@pytest.mark.parametrize(
    ("change", "kind", "words"),
    [
        ({"run_id": _NOBODY}, "OrderError", (_NOBODY, "the ledger knows no such run")),
        ({"plan_sha256": "f" * 64}, "OrderError", ("the order says " + "f" * 64,)),
        ({"shards": 2}, "OrderError", ("in 1 shards", "in 2")),
        ({"shard": 1}, "MalformedError", ("shard",)),
        ({"attempt": 0}, "MalformedError", ("attempt",)),
        ({"plan_sha256": "?"}, "MalformedError", ("plan_sha256",)),
        ({"colour": "red"}, "MalformedError", ("colour",)),
    ],
)
def test_an_order_that_cannot_be_right_is_refused(
    cloud: Deployment,
    order: dict[str, Any],
    change: dict[str, object],
    kind: str,
    words: tuple[str, ...],
) -> None:
    answer = cloud.invoke({**order, **change}, WORKER)
    assert_refused(cloud, answer, kind, *words)


@pytest.mark.parametrize("payload", [[], "order", 7, None, {}])
def test_what_is_no_order_is_refused(cloud: Deployment, payload: object) -> None:
    answer = cloud.invoke(payload, WORKER)
    assert_refused(cloud, answer, "MalformedError", "the order")


@pytest.mark.parametrize(
    ("body", "kind", "word"),
    [
        (
            b'{"loads":[],"superseded":[],"v":1}\n',
            "MalformedError",
            "not what its name says",
        ),
        (None, "NotFoundError", "documents/"),
    ],
)
def test_a_plan_that_was_changed_or_is_gone_is_not_worked_on(
    cloud: Deployment,
    order: dict[str, Any],
    body: bytes | None,
    kind: str,
    word: str,
) -> None:
    key = f"ledger/v1/documents/{order['plan_sha256']}.json"
    plan = cloud.read(key)
    cloud.damage(key, body)
    try:
        answer = cloud.invoke(order, WORKER)
    finally:
        cloud.damage(key, plan)
    assert_refused(cloud, answer, kind, word)


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        ([], ("not a JSON object",)),
        ({}, ("source None", "it should be")),
        ({"source": "aws.s3", "id": "1", "detail-type": "x"}, ("source 'aws.s3'",)),
        ({"source": "aws.events"}, ("id", "detail-type")),
        (
            {"source": "homebrew.sync", "id": "1", "detail-type": "Manual"},
            ("detail-type 'Manual' is not 'Manual Sync'",),
        ),
        ({"source": "close"}, ("run_id",)),
        ({"source": "shards", "run_id": "x", "shard": 1}, ("shard",)),
        ({"requestPayload": {"run_id": "x"}}, ("the order", "plan_sha256")),
    ],
)
def test_an_event_of_unknown_shape_is_refused(
    cloud: Deployment, payload: object, words: tuple[str, ...]
) -> None:
    answer = cloud.invoke(payload)
    assert_refused(cloud, answer, "MalformedError", *words)


@pytest.mark.parametrize("source", ["close", "shards"])
def test_of_a_run_that_nobody_knows_there_is_nothing_to_say(
    cloud: Deployment, source: str
) -> None:
    answer = cloud.invoke({"source": source, "run_id": _NOBODY})
    assert_refused(cloud, answer, "UnknownRunError", _NOBODY)


def test_a_run_that_is_worked_on_is_not_closed(cloud: Deployment) -> None:
    (run_id,) = cloud.ledger().runs
    answer = cloud.invoke({"source": "close", "run_id": run_id})
    assert answer == {"run_id": run_id, "outcome": None, "unfinished": [0]}


def test_a_mirror_that_was_never_complete_is_as_old_as_its_ledger(
    cloud: Deployment,
) -> None:
    answer = cloud.invoke({"source": "age"})
    assert 0 <= answer["age"] < 600
    assert answer["age"] in [
        figure.value
        for figure in cloud.figures()
        if figure.name == "AgeOfLastCompleteSync"
    ]


def test_who_asks_for_shards_is_told_of_those_alone(cloud: Deployment) -> None:
    (run_id,) = cloud.ledger().runs
    answer = cloud.invoke({"source": "shards", "run_id": run_id, "shards": [1, 2]})
    assert answer == {"run_id": run_id, "orders": []}
