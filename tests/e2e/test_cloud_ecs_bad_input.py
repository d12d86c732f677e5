"""Tasks of ECS that are told something wrong: their exit status, and their log."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from adapters.ledger.layout import COMMITS, DOCUMENTS
from domain.work import GB
from tests.standin.catalog import plain_catalog
from tests.standin.server import Upstream
from tests.support.deployment import wait_for
from tests.support.ecs_deployment import (
    FAMILY,
    EcsDeployment,
    deployed_with_ecs,
    said_by,
)
from tests.support.embedded import embedded_figures, is_embedded
from tests.support.seaweed import SeaweedS3
from tests.support.tasks import Task

NOBODY = "http://127.0.0.1:9"  # the port of discard, where nobody listens


@pytest.fixture(scope="module")
def it(seaweed: SeaweedS3, lambda_runtime: None) -> Iterator[EcsDeployment]:
    """Yield a system with a run that is open, and on which nobody works."""
    assert lambda_runtime is None
    with (
        Upstream(plain_catalog(4), claims=20 * GB) as upstream,
        deployed_with_ecs(seaweed, upstream) as it,
    ):
        states = {"Rest": {"Type": "Succeed"}}
        it.machines.deploy(FAMILY, {"StartAt": "Rest", "States": states})
        it.cloud.invoke({"source": "manual"})
        yield it


@pytest.fixture
def order(it: EcsDeployment) -> dict[str, Any]:
    """Return an order with which nothing is wrong."""
    (execution,) = it.executions()
    first: dict[str, Any] = json.loads(execution.given)["orders"][0]
    return first


def ended(it: EcsDeployment, order: str | None, variables: Mapping[str, str]) -> Task:
    """Run a task to its end, which leaves the bucket as it was."""
    before = it.cloud.tree()
    task = it.start_task(order, **variables)
    wait_for(lambda: task.stopped)
    assert it.cloud.tree() == before
    return task


def errors(task: Task) -> list[str]:
    """Return what a task said is wrong."""
    return [line["message"] for line in said_by(task) if line["level"] == "ERROR"]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"run_id": "run-9"}, "order for run run-9: the ledger knows no such run"),
        ({"plan_sha256": "a" * 64}, f"and the order says {'a' * 64} in 2"),
        ({"shard": 2}, "the order: shard: 2 is not one of 0 to 1"),
        ({"urgent": True}, "the order: urgent: Unknown field"),
    ],
)
def test_a_wrong_order(
    it: EcsDeployment, order: dict[str, Any], changed: dict[str, object], said: str
) -> None:
    task = ended(it, json.dumps(order | changed), {})

    assert task.exit_code == 2
    (error,) = errors(task)
    assert said in error


@pytest.mark.parametrize(
    ("order", "said"),
    [
        (None, "environment BOTTLES_ORDER: is missing: it says what is to be done"),
        ("{", "environment BOTTLES_ORDER: the order: not JSON ("),
    ],
)
def test_no_order(it: EcsDeployment, order: str | None, said: str) -> None:
    task = ended(it, order, {})

    assert task.exit_code == 2
    (error,) = errors(task)
    assert error.startswith(said)


def test_every_mistake_of_the_environment(
    it: EcsDeployment, order: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(it.variables, "BOTTLES_S3_BUCKET_NAME")
    task = ended(it, json.dumps(order), {"BOTTLES_JOBS": "many"})

    assert task.exit_code == 2
    missing, wrong = errors(task)
    assert missing.startswith("environment BOTTLES_S3_BUCKET_NAME: is missing: it ")
    assert wrong == "environment BOTTLES_JOBS: 'many' is not a whole number"


def test_a_bucket_that_is_denied(
    it: EcsDeployment, order: dict[str, Any], seaweed: SeaweedS3
) -> None:
    task = ended(it, json.dumps(order), seaweed.stranger)

    assert task.exit_code == 4
    (error,) = errors(task)
    assert f"in s3://{it.cloud.bucket}: An error occurred (AccessDenied)" in error
    assert {
        (figure.name, figure.dimensions.get("Cause"))
        for line in task.log.read_text().splitlines()
        if is_embedded(line)
        for figure in embedded_figures(line)
    } == {("SecurityEvents", None), ("SecurityEvents", "access_denied")}


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        (
            {"BOTTLES_S3_BUCKET_NAME": "no-such-bucket"},
            "The specified bucket does not exist; create it with: aws s3 mb s3://no-",
        ),
        (
            {"AWS_ENDPOINT_URL_S3": NOBODY, "BOTTLES_RETRY_ATTEMPTS": "1"},
            f'Could not connect to the endpoint URL: "{NOBODY}',
        ),
    ],
    ids=["absent", "out of reach"],
)
def test_a_bucket_that_cannot_be_had(
    it: EcsDeployment, order: dict[str, Any], variables: dict[str, str], said: str
) -> None:
    task = ended(it, json.dumps(order), variables)

    assert task.exit_code == 4
    (error,) = errors(task)
    assert said in error


@pytest.mark.parametrize(
    ("prefix", "said"),
    [
        (DOCUMENTS, "ledger/v1/documents/"),
        (COMMITS, "the ledger is damaged at commit 0: "),
    ],
    ids=["the plan", "a commit"],
)
def test_what_was_changed_behind_the_ledger_s_back(
    it: EcsDeployment, order: dict[str, Any], prefix: str, said: str
) -> None:
    key = min(it.cloud.tree(prefix))
    sound = it.cloud.read(key)
    it.cloud.damage(key, sound.replace(b"1", b"2", 1))
    try:
        task = ended(it, json.dumps(order), {})
    finally:
        it.cloud.damage(key, sound)

    assert task.exit_code == 3
    (error,) = errors(task)
    assert error.startswith(said)
