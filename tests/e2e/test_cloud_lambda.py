"""The system in the cloud, where a run is small enough for AWS Lambda."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.standin.catalog import plain_catalog
from tests.standin.server import Upstream
from tests.support.deployment import Deployment, deployed
from tests.support.seaweed import SeaweedS3

pytestmark = [pytest.mark.s3_server, pytest.mark.lambda_runtime]


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream(plain_catalog(20)) as upstream:
        yield upstream


@pytest.fixture
def deployment(seaweed: SeaweedS3, upstream: Upstream) -> Iterator[Deployment]:
    with deployed(seaweed, upstream, target_tags="arm64_sonoma") as deployment:
        yield deployment


def test_a_manual_run_mirrors_everything_and_tells_people(
    deployment: Deployment,
) -> None:
    answer = deployment.invoke({"source": "manual"})
    deployment.settle()
    print(deployment.lambdas.log("homebrew-sync-orchestrator"))
    print(deployment.lambdas.log("homebrew-sync-worker"))

    assert answer["outcome"] == "started"
    assert answer["bottles"] == 20
    ledger = deployment.ledger()
    assert len(ledger.held) == 20
    assert not ledger.runs
    assert deployment.published() == ledger
