"""What the programs in the cloud are made of, and that importing them makes nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import PurePath
from typing import Any

import pytest
from dependency_injector import containers, errors, providers

from adapters.aws_ecs import EcsDispatcher
from adapters.aws_lambda import LambdaCloser, LambdaDispatcher
from adapters.slack.notifier import SlackNotifier
from adapters.telemetry.embedded_metrics import EmbeddedMetrics
from adapters.telemetry.logged_progress import LoggedProgress
from application.close_run import CloseRun
from application.orchestrate import Orchestrate
from application.redispatch import AskForShards, ReplaceWorker
from application.report_age import ReportAge
from application.work_shard import WorkShard
from domain.cloud_config import CloudConfig
from domain.config import BucketAddress, FolderAddress, SyncConfig
from domain.messages import Message
from domain.work import GB, Work
from entrypoints.cloud.container import CloudContainer, logs_of, retry_of
from entrypoints.ecs_worker import EcsWorkerContainer
from entrypoints.lambda_orchestrator import OrchestratorContainer
from entrypoints.lambda_worker import LambdaWorkerContainer
from ports.errors import UnavailableError
from tests.support.messages import MESSAGES
from tests.support.plans import make_load
from tests.support.runtime_api import ROOT

MACHINE = "arn:aws:states:eu-central-1:123456789012:stateMachine:homebrew-sync"
FOLDER = SyncConfig(FolderAddress(PurePath("nowhere")), jobs=3, retry_attempts=2)
BUCKET = SyncConfig(BucketAddress("bottles", "mirror"), aws_region="eu-central-1")
CLOUD = CloudConfig(state_machine_arn=MACHINE, slack_webhook_secret_id="webhook")
STORES = pytest.mark.parametrize("config", [FOLDER, BUCKET], ids=["folder", "bucket"])
ENTRY_POINTS = ("lambda_orchestrator", "lambda_worker", "ecs_worker", "lambda_alarm")


def mirror_in_the_cloud(config: SyncConfig) -> CloudContainer:
    return CloudContainer(config=config, cloud=CLOUD)


def orchestrator(config: SyncConfig) -> OrchestratorContainer:
    return OrchestratorContainer(config=config, settings=CLOUD)


def lambda_worker(config: SyncConfig) -> LambdaWorkerContainer:
    return LambdaWorkerContainer(config=config, settings=CLOUD)


def ecs_worker(config: SyncConfig) -> EcsWorkerContainer:
    return EcsWorkerContainer(config=config, settings=CLOUD)


def all_of(
    container: containers.Container, path: str = ""
) -> Iterator[tuple[str, providers.Provider[Any]]]:
    """Yield every provider of a container and of those within it, by its path."""
    for name, provider in container.providers.items():
        if isinstance(provider, providers.Container):
            yield from all_of(provider(), f"{path}{name}.")
        else:
            yield f"{path}{name}", provider


@STORES
@pytest.mark.parametrize(
    "build", [mirror_in_the_cloud, orchestrator, lambda_worker, ecs_worker]
)
def test_every_provider_of_every_container_gives_something(
    build: Callable[[SyncConfig], containers.Container], config: SyncConfig
) -> None:
    container = build(config)
    container.check_dependencies()
    made = {path: provider() for path, provider in all_of(container)}
    assert [path for path, thing in made.items() if thing is None] == []
    assert len(made) > 20


@pytest.mark.parametrize(
    "container", [CloudContainer, OrchestratorContainer, LambdaWorkerContainer]
)
def test_a_container_without_a_configuration_is_refused(
    container: Callable[..., containers.Container],
) -> None:
    with pytest.raises(errors.Error):
        container().check_dependencies()


class TestTheOrchestrator:
    @pytest.fixture
    def made(self) -> OrchestratorContainer:
        return orchestrator(BUCKET)

    def test_has_every_use_case(self, made: OrchestratorContainer) -> None:
        assert isinstance(made.orchestrate(), Orchestrate)
        assert isinstance(made.ask_for_shards(), AskForShards)
        assert isinstance(made.replace_worker(), ReplaceWorker)
        assert isinstance(made.report_age(), ReportAge)
        assert isinstance(made.cloud.close_run(), CloseRun)

    def test_begins_runs_of_the_cloud_with_the_configured_shares(
        self, made: OrchestratorContainer
    ) -> None:
        orchestrate = made.orchestrate()
        assert orchestrate.runs.kind == "cloud"
        assert orchestrate.prepare.runs.kind == "cloud"
        assert orchestrate.close.runs.kind == "cloud"
        assert orchestrate.runs.size_threshold == 20_000_000_000
        small, large = (
            Work((make_load("a", size * GB), make_load("b", size * GB)))
            for size in (7, 50)
        )
        assert (orchestrate.shards(small), orchestrate.shards(large)) == (3, 3)

    def test_hands_out_orders_by_route(self, made: OrchestratorContainer) -> None:
        for dispatchers in (
            made.orchestrate().dispatchers,
            made.replace_worker().dispatchers,
        ):
            assert isinstance(dispatchers["lambda"], LambdaDispatcher)
            assert isinstance(dispatchers["ecs"], EcsDispatcher)

    def test_tells_people_over_the_configured_way(
        self, made: OrchestratorContainer
    ) -> None:
        tell = made.orchestrate().tell
        (slack,) = tell.announce.notifiers
        assert isinstance(slack, SlackNotifier)
        assert made.orchestrate().close.ends.tell.announce is tell.announce
        assert (tell.store, tell.environment) == ("s3://bottles/mirror", "prod")

    def test_tells_nobody_where_that_is_not_wanted(self) -> None:
        quiet = CloudConfig(
            state_machine_arn=MACHINE,
            slack_webhook_secret_id="webhook",
            enable_notifications=False,
        )
        made = OrchestratorContainer(config=BUCKET, settings=quiet)
        assert made.orchestrate().tell.announce.notifiers == ()


class TestAWorker:
    def test_in_lambda_hands_on_and_asks_for_the_end(self) -> None:
        work = lambda_worker(BUCKET).work_shard()
        assert isinstance(work, WorkShard)
        assert work.route == "lambda"
        assert isinstance(work.dispatchers["ecs"], EcsDispatcher)
        assert isinstance(work.closer, LambdaCloser)

    def test_on_ecs_leaves_that_to_the_state_machine(self) -> None:
        work = ecs_worker(BUCKET).work_shard()
        assert (work.route, work.dispatchers, work.closer) == ("ecs", {}, None)

    @pytest.mark.parametrize("build", [lambda_worker, ecs_worker])
    def test_has_one_ear_one_voice_and_one_store(
        self, build: Callable[[SyncConfig], Any]
    ) -> None:
        made = build(FOLDER)
        work, cloud = made.work_shard(), made.cloud
        assert work.carry_out.transfer.stop is cloud.stop()
        assert work.carry_out.transfer.store is work.salvage.store
        assert work.carry_out.clock is work.runs.clock is cloud.clock()
        assert work.progress is cloud.progress() is work.carry_out.transfer.progress
        assert work.metrics is cloud.metrics() is work.tell.announce.metrics
        assert isinstance(work.progress, LoggedProgress)
        assert isinstance(work.metrics, EmbeddedMetrics)
        assert work.carry_out.jobs == 3
        assert work.used() == {"store": 0, "upstream": 0}

    def test_counts_what_it_uses(self) -> None:
        work = lambda_worker(FOLDER).work_shard()
        list(work.salvage.store.list(""))
        assert work.used()["store"] > 0

    def test_on_ecs_does_not_wait_for_slack_once_it_is_told_to_leave(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        # Nobody listens there.
        deaf = CloudConfig(slack_webhook_url="http://127.0.0.1:9/services/T/B/x")
        made = EcsWorkerContainer(config=BUCKET, settings=deaf)
        made.cloud.stop().set()
        message = Message("it goes on")
        assert not made.work_shard().tell.announce(message)
        assert "Slack" in capsys.readouterr().out
        (slack,) = made.work_shard().tell.announce.notifiers
        with pytest.raises(UnavailableError) as caught:
            slack.send(message)
        assert caught.value.attempts == 1

    def test_two_invocations_share_nothing(self) -> None:
        one, other = lambda_worker(FOLDER), lambda_worker(FOLDER)
        assert one.cloud.stop() is not other.cloud.stop()
        assert one.cloud.metrics() is not other.cloud.metrics()
        assert one.work_shard().salvage.store is not other.work_shard().salvage.store


def test_there_is_a_log_for_whatever_works_on_a_run() -> None:
    assert logs_of(CloudConfig(project_name="mine")) == {
        "none": "/aws/lambda/mine-orchestrator",
        "lambda": "/aws/lambda/mine-worker",
        "ecs": "/aws/ecs/mine",
    }


def test_the_message_that_is_documented_names_the_command_that_is_sent() -> None:
    assert retry_of(CloudConfig()) == dict(MESSAGES["degraded"].lines)["Retry"]


def test_the_command_that_retries_is_one_that_the_aws_tool_takes() -> None:
    command = retry_of(CloudConfig(project_name="mine"))
    assert "--function-name mine-orchestrator" in command
    assert '{"source":"manual"}' in command
    assert "--cli-binary-format raw-in-base64-out" in command


_IMPORTED = """
import json, logging, os, signal, socket
from threading import active_count as threads

asked, opened = [], []

class Spy(type(os.environ)):
    def __getitem__(self, key):
        asked.append(key)
        return super().__getitem__(key)

environ = os.environ
os.environ = Spy(
    environ._data, environ.encodekey, environ.decodekey,
    environ.encodevalue, environ.decodevalue,
)
before = signal.getsignal(signal.SIGTERM), threads()
import boto3.session
boto3.session.Session.client = lambda *_, **__: opened.append("client")
socket.socket.connect = lambda *_: opened.append("connection")
import entrypoints.{name}
print(json.dumps({
    "asked": sorted({key for key in asked if key.startswith("BOTTLES_")}),
    "opened": opened,
    "same": before == (signal.getsignal(signal.SIGTERM), threads()),
    "handlers": len(logging.getLogger().handlers),
}))
"""


@pytest.mark.parametrize("name", ENTRY_POINTS)
def test_nothing_happens_when_an_entry_point_is_imported(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _IMPORTED.replace("{name}", name)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    assert json.loads(done.stdout) == {
        "asked": [],
        "opened": [],
        "same": True,
        "handlers": 0,
    }
