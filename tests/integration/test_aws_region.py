"""Which region is asked, as AWS's own tools would decide it."""

from __future__ import annotations

import pytest

from adapters.aws.client import Aws
from adapters.s3.client import open_clients
from adapters.s3.pace import store_pacing


def regions(configured: str | None) -> set[str]:
    """Return the regions of all clients."""
    s3 = open_clients("bucket", configured, 1, 1, lambda: None, store_pacing())
    aws = Aws(configured, 1)
    clients = (s3.repeats, s3.writes, aws.functions, aws.waiting, aws.queues)
    return {client.meta.region_name for client in clients}


@pytest.fixture(autouse=True)
def _default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")


def test_is_the_default_when_nothing_else_is_said() -> None:
    assert regions(None) == {"eu-west-1"}


def test_is_that_of_the_environment_before_the_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    assert regions(None) == {"eu-central-1"}


def test_is_no_empty_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "")
    assert regions(None) == {"eu-west-1"}


def test_is_the_configured_one_before_all_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    assert regions("us-west-2") == {"us-west-2"}
