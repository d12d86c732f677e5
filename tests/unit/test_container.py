from collections.abc import Callable
from pathlib import Path, PurePath

import pytest
from dependency_injector import containers, errors, providers

from adapters.folder.store import FolderStore
from adapters.homebrew.bottles import GhcrBottles
from adapters.memory.metrics import MemoryMetrics, NoMetrics
from adapters.memory.progress import SilentProgress
from adapters.memory.spool import NoSpool
from adapters.s3.store import S3Store
from adapters.spool.bottles import SpooledBottles
from adapters.spool.parts import Parts
from adapters.terminal.plain_progress import PlainProgress
from application.inspect_ledger import InspectLedger, RebuildHashFile
from application.opened_ledger import open_ledger
from application.sync_bottles import SyncBottles
from application.verify_mirror import VerifyMirror
from domain.cloud_config import CloudConfig
from domain.config import BucketAddress, FolderAddress, SyncConfig
from entrypoints.air_gap import AirGapContainer
from entrypoints.cli.command_container import Manner
from entrypoints.cli.container import CliContainer
from entrypoints.cli.deployed import DeployedContainer
from entrypoints.cli.interruption import StopFlag
from entrypoints.cli.sync_container import SyncContainer
from entrypoints.container import MirrorContainer
from entrypoints.ecs_worker import EcsWorkerContainer
from tests.support.catalogs import make_bottle
from tests.support.chain import mirrored

FOLDER = SyncConfig(FolderAddress(PurePath("nowhere")), jobs=3, retry_attempts=2)
BUCKET = SyncConfig(BucketAddress("bottles", "mirror"), aws_region="eu-central-1")
STORES = pytest.mark.parametrize("config", [FOLDER, BUCKET], ids=["folder", "bucket"])


def base(config: SyncConfig) -> MirrorContainer:
    return MirrorContainer(
        config=config,
        cloud=CloudConfig(),
        progress=SilentProgress(),
        metrics=NoMetrics(),
        stop=StopFlag(),
    )


def command_line(config: SyncConfig, *, quiet: bool = True) -> CliContainer:
    return CliContainer(config=config, cloud=CloudConfig(), manner=Manner(quiet=quiet))


def syncing(config: SyncConfig) -> SyncContainer:
    return SyncContainer(config=config, cloud=CloudConfig(), manner=Manner(quiet=True))


def sync_of(container: SyncContainer) -> SyncBottles:
    return container.announced_sync().sync


def air_gap(config: SyncConfig) -> AirGapContainer:
    return AirGapContainer(mirror=command_line(config).mirror)


def deployed(config: SyncConfig) -> DeployedContainer:
    return DeployedContainer(mirror=command_line(config))


@STORES
@pytest.mark.parametrize("build", [base, command_line, syncing, air_gap, deployed])
def test_every_provider_of_every_container_gives_something(
    build: Callable[[SyncConfig], containers.Container], config: SyncConfig
) -> None:
    container = build(config)
    container.check_dependencies()

    for name, provider in container.providers.items():
        if not isinstance(
            provider, providers.Container | providers.DependenciesContainer
        ):
            assert provider() is not None, name


@STORES
def test_the_command_line_has_every_use_case(config: SyncConfig) -> None:
    container = command_line(config)

    assert isinstance(container.verify_mirror(), VerifyMirror)
    assert isinstance(container.inspect_ledger(), InspectLedger)
    assert isinstance(container.rebuild_hash_file(), RebuildHashFile)


def test_the_address_decides_which_store_it_is() -> None:
    assert isinstance(base(FOLDER).store(), FolderStore)
    assert isinstance(base(BUCKET).store(), S3Store)


def test_the_use_cases_have_the_command_lines_own_ears_and_voice() -> None:
    container = syncing(FOLDER)
    sync = sync_of(container)

    assert sync.progress is container.progress()
    assert sync.carry_out.transfer.stop is container.stop()
    assert sync.carry_out.transfer.store is container.store()
    looking_after = command_line(FOLDER)
    verify = looking_after.verify_mirror()
    assert verify.carry_out.transfer.stop is looking_after.stop()


def test_the_configuration_reaches_those_it_is_meant_for() -> None:
    sync = sync_of(syncing(FOLDER))

    assert sync.carry_out.jobs == 3
    assert sync.carry_out.transfer.attempts == 2
    assert sync.prepare.plan_sync.jobs == 3
    assert sync.runs.kind == "local"
    assert sync.runs.size_threshold == 20_000_000_000


def test_sizes_and_bottles_are_asked_for_at_one_pace() -> None:
    sync = sync_of(syncing(FOLDER))

    assert sync.prepare.plan_sync.sizes is sync.carry_out.transfer.source


def test_without_a_spool_nothing_is_kept() -> None:
    sync = sync_of(syncing(FOLDER))

    assert isinstance(sync.carry_out.transfer.spool, NoSpool)
    assert isinstance(sync.carry_out.transfer.source, GhcrBottles)


def test_the_source_keeps_what_it_begins_in_the_spool_that_is_told_to_forget_it(
    tmp_path: Path,
) -> None:
    cloud = CloudConfig(spool=tmp_path / "spool")
    container = SyncContainer(config=FOLDER, cloud=cloud, manner=Manner(quiet=True))
    transfer = sync_of(container).carry_out.transfer

    assert isinstance(transfer.source, SpooledBottles)
    assert isinstance(transfer.spool, Parts)
    assert container.mirror.bottle_source() is transfer.source
    assert container.mirror.spool() is transfer.spool
    assert list(tmp_path.iterdir()) == []


def test_a_task_on_ecs_has_the_spool_that_its_environment_names(
    tmp_path: Path,
) -> None:
    settings = CloudConfig(spool=tmp_path / "spool")
    container = EcsWorkerContainer(config=FOLDER, settings=settings)
    transfer = container.work_shard().carry_out.transfer

    assert isinstance(transfer.source, SpooledBottles)
    assert isinstance(transfer.spool, Parts)


def test_two_commands_share_nothing() -> None:
    assert command_line(FOLDER).store() is not command_line(FOLDER).store()


def test_the_quiet_are_told_nothing() -> None:
    assert isinstance(command_line(FOLDER).progress(), SilentProgress)
    assert isinstance(command_line(FOLDER, quiet=False).progress(), PlainProgress)


def test_who_comes_second_in_the_log_is_counted(tmp_path: Path) -> None:
    metrics = MemoryMetrics()
    mirror = MirrorContainer(
        config=SyncConfig(FolderAddress(tmp_path / "mirror")),
        cloud=CloudConfig(),
        progress=SilentProgress(),
        metrics=metrics,
        stop=StopFlag(),
    )
    runs = [
        mirror.runs().begin(open_ledger(mirror.event_log(), mirror.hash_file()))
        for _ in range(2)
    ]
    for run in runs:
        run.journal.record([mirrored(make_bottle())])
    assert metrics.added == [("LedgerConflicts", 1, None)]


def test_a_container_without_a_configuration_is_refused() -> None:
    with pytest.raises(errors.Error):
        CliContainer(manner=Manner()).check_dependencies()
