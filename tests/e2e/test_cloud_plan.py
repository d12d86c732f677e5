"""The orchestrator, with the memory and the time that it has in AWS Lambda."""

from __future__ import annotations

from pathlib import Path

import pytest

from adapters.ledger.layout import document_key
from adapters.ledger.work_codec import decode_work
from domain.events import SyncStarted
from domain.work import Work
from tests.e2e.conftest import Deploy
from tests.standin.catalog import load_catalog, plain_catalog
from tests.standin.recipes import MAIN_TAGS
from tests.standin.server import Upstream
from tests.standin.sizes import fixed
from tests.support.deployment import WORKER
from tests.support.lambda_function import Function

SIZE = 64  # bytes of a bottle; none is fetched

# AWS would end an orchestrator that takes more than 512 MB, or than 300 seconds; so
# does what stands for it here.


def plan(deploy: Deploy, upstream: Upstream, tags: str) -> Work:
    """Have a run planned, on which nobody works; return its work, as it is kept."""
    cloud = deploy(upstream, target_tags=tags)
    nobody = Function("tests.support.small_handlers.echo", timeout=30)
    cloud.lambdas.deploy(WORKER, nobody)

    answer = cloud.invoke({"source": "manual"})

    assert answer.get("outcome") == "started", answer
    assert cloud.titles() == ["🚀 Homebrew Bottles Sync Started"]
    (begun,) = cloud.events(SyncStarted)
    work = decode_work(begun.plan, cloud.read(document_key(begun.plan)))
    assert answer["bottles"] == begun.bottles == work.bottles
    # All of them were asked for in time.
    assert work.unknown_sizes == 0
    return work


@pytest.mark.slow
def test_48_000_bottles_are_planned_within_the_orchestrator_s_limits(
    deploy: Deploy,
) -> None:
    upstream = Upstream(plain_catalog(8_000, MAIN_TAGS), sizes=fixed(SIZE))
    assert plan(deploy, upstream, ",".join(MAIN_TAGS)).bottles == 48_000


@pytest.mark.slow
def test_the_real_catalog_is_planned_within_the_orchestrator_s_limits(
    deploy: Deploy, real_data: Path
) -> None:
    catalog = max(real_data.glob("formula-*.json.gz"))
    upstream = Upstream(load_catalog(catalog), sizes=fixed(SIZE))
    assert plan(deploy, upstream, "latest:3").bottles > 20_000
