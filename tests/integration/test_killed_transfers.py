"""Real processes that fetch a large bottle and are killed, and one that ends it."""

from __future__ import annotations

import os
import random
import time
from multiprocessing.process import BaseProcess
from pathlib import Path, PurePath
from threading import Event as Flag

from dependency_injector import providers

from adapters.folder.store import FolderStore
from adapters.memory.metrics import NoMetrics
from adapters.memory.progress import SilentProgress
from adapters.spool.bottles import SpooledBottles
from adapters.spool.parts import Parts
from adapters.system_clock import SystemClock
from domain.cloud_config import CloudConfig
from domain.config import FolderAddress, SyncConfig
from domain.events import GENESIS, BottleMirrored
from domain.selection import Selection, TargetTags
from domain.tags import Tag
from entrypoints.container import MirrorContainer
from tests.standin.catalog import plain_catalog
from tests.standin.faults import Fault
from tests.standin.server import Upstream
from tests.standin.sizes import fixed
from tests.support.killed import PROCESSES, log_in
from tests.support.offers import offered_bottles

SIZE = 48_000_000
BLOCK = 1_000_000
RATE = 20_000_000  # bytes per second
KILLS = 3
PATIENCE = 60.0  # seconds for what takes one or two


def test_what_killed_processes_have_fetched_is_not_asked_for_again(
    tmp_path: Path,
) -> None:
    seed = int(os.environ.get("BOTTLES_TEST_SEED") or random.randrange(2**32))
    print(f"BOTTLES_TEST_SEED={seed}")
    chance = random.Random(seed)
    with Upstream(plain_catalog(1), sizes=fixed(SIZE), unsized=()) as upstream:
        (bottle,) = offered_bottles(upstream, upstream.formulae[0]["name"])
        part = tmp_path / "spool" / f"{bottle.digest}.part"
        upstream.faults.add(Fault("slow", on="signed_get", rate=RATE))
        kept, length = [0], 0
        for kill in range(KILLS):
            # In the first quarter, in the second, in the third, and later than before.
            enough = int(SIZE * (kill + chance.random()) / (KILLS + 1))
            length = kill_when(part, max(enough, length), tmp_path, upstream)
            assert not list(tmp_path.glob("mirror/*/*.tar.gz"))
            kept.append(max(0, length - 1) // BLOCK * BLOCK)
        upstream.faults.clear()

        process = started(tmp_path, upstream)
        process.join(PATIENCE)
        assert process.exitcode == 0

        requests = upstream.requests.recorded("signed_get")
        asked = [request.headers.get("range") for request in requests]
        assert asked == [f"bytes={start}-" if start else None for start in kept]
        store = FolderStore(tmp_path / "mirror")
        (mirrored,) = [
            event
            for one in log_in(store).read(GENESIS)
            for event in one.commit.events
            if isinstance(event, BottleMirrored)
        ]
        content = b"".join(store.read(mirrored.object_key))
        assert content == upstream.content(bottle.digest)
        assert not part.exists(), "it is recorded, and its part is still there"


def kill_when(part: Path, enough: int, place: Path, upstream: Upstream) -> int:
    """Kill a process that syncs when a part is long enough; return its length then."""
    process = started(place, upstream)
    deadline = time.monotonic() + PATIENCE
    while not part.exists() or part.stat().st_size <= enough:
        assert process.is_alive(), "it has ended by itself"
        assert time.monotonic() < deadline, "it gets nothing done"
        time.sleep(0.005)
    process.kill()
    process.join()
    return part.stat().st_size


def started(place: Path, upstream: Upstream) -> BaseProcess:
    """Start a process that syncs."""
    told = (upstream.api_domain, upstream.registry, upstream.public_key_pem)
    process = PROCESSES.Process(target=sync, args=(place, *told), daemon=True)
    process.start()
    return process


def sync(place: Path, api_domain: str, registry: str, public_key: str) -> None:
    """Sync as a worker would, with a bottle that is large by its own measure."""
    progress = SilentProgress()
    config = SyncConfig(
        store=FolderAddress(PurePath(place / "mirror")),
        api_domain=api_domain,
        registry=registry,
        api_public_key=public_key,
        selection=Selection(TargetTags((Tag("arm64_sonoma"),))),
        retry_attempts=1,
    )
    mirror = MirrorContainer(
        config=config,
        cloud=CloudConfig(),
        progress=progress,
        metrics=NoMetrics(),
        stop=Flag(),
    )
    parts = Parts(place / "spool", SystemClock(), progress, block=BLOCK)
    spooled = SpooledBottles(mirror.bottle_source(), parts, large=SIZE - 1)
    mirror.spool.override(providers.Object(parts))
    mirror.bottle_source.override(providers.Object(spooled))
    report = mirror.sync_bottles()(config.selection)
    assert report.outcome == "complete"
