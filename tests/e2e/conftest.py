"""The command line with a folder to work in, the deployed system, an upstream each."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Protocol

import pytest

from tests.standin.server import Upstream
from tests.support.command import Bottles, write_config
from tests.support.deployment import Deployment, deployed
from tests.support.ecs_deployment import WORKER, EcsDeployment, deployed_with_ecs
from tests.support.mirror_bucket import S3Server
from tests.support.seaweed import SeaweedS3


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, and return it."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def bottles(capsys: pytest.CaptureFixture[str], folder: Path) -> Bottles:
    """Return the command line, in an empty folder."""
    assert folder.is_dir()
    return Bottles(capsys)


@pytest.fixture
def upstream(folder: Path) -> Iterator[Upstream]:
    """Yield an upstream with every odd case, which ``bottles.toml`` points to."""
    with Upstream() as upstream:
        write_config(folder, upstream)
        yield upstream


class Deploy(Protocol):
    """Deploys the system before an upstream, for as long as a test lasts."""

    def __call__(
        self, upstream: Upstream, *, s3: S3Server | None = None, **settings: str
    ) -> Deployment:
        """Deploy it, with more of the configuration; the upstream is closed as well."""


@pytest.fixture
def deploy(seaweed: SeaweedS3, lambda_runtime: None) -> Iterator[Deploy]:
    """Yield what deploys the system, over SeaweedFS where no other S3 is named."""
    assert lambda_runtime is None
    with ExitStack() as cleanup:

        def deploy(
            upstream: Upstream, *, s3: S3Server | None = None, **settings: str
        ) -> Deployment:
            cleanup.enter_context(upstream)
            return cleanup.enter_context(deployed(s3 or seaweed, upstream, **settings))

        yield deploy


class DeployEcs(Protocol):
    """Deploys the system with its route over ECS, for as long as a test lasts."""

    def __call__(
        self,
        upstream: Upstream,
        *,
        at_once: int = 16,
        worker: Sequence[str] = WORKER,
        **settings: str,
    ) -> EcsDeployment:
        """Deploy it, with more of the configuration; the upstream is closed as well."""


@pytest.fixture
def deploy_ecs(seaweed: SeaweedS3, lambda_runtime: None) -> Iterator[DeployEcs]:
    """Yield what deploys the system, its state machine and its tasks."""
    assert lambda_runtime is None
    with ExitStack() as cleanup:

        def deploy(
            upstream: Upstream,
            *,
            at_once: int = 16,
            worker: Sequence[str] = WORKER,
            **settings: str,
        ) -> EcsDeployment:
            cleanup.enter_context(upstream)
            return cleanup.enter_context(
                deployed_with_ecs(
                    seaweed, upstream, at_once=at_once, worker=worker, **settings
                )
            )

        yield deploy
