"""Across an air gap between real stores: folders, and a bucket on an S3 server."""

from __future__ import annotations

import os
import random
import shutil
import uuid
from pathlib import Path
from signal import SIGINT, SIGKILL

import pytest

from adapters.folder.store import FolderStore
from adapters.s3.store import S3Store
from application.probe_store import PROBES
from entrypoints.cli.main import main
from tests.support.air_gap import Side, like_the_other_side
from tests.support.command import finished, start
from tests.support.near_side import (
    Near,
    three_generations,
)
from tests.support.seaweed import SeaweedS3
from tests.support.stores import shared_bucket, use_seaweed
from tests.support.struck_command import start_struck, stepping

ROUNDS = 3  # with two kills each
LARGEST = 1_500_000  # bytes


def in_folder(path: Path) -> Side:
    store = FolderStore(path)
    return Side(store, store.public)


@pytest.fixture
def bucket(seaweed: SeaweedS3, monkeypatch: pytest.MonkeyPatch) -> Side:
    use_seaweed(monkeypatch, seaweed)
    prefix = f"mirrors/{uuid.uuid4()}"
    store = S3Store(shared_bucket(seaweed), prefix, pool_size=8, retry_attempts=2)
    return Side(store, store.public)


def across(near: Near, far: Side, tmp_path: Path) -> None:
    """Carry three generations across, each by itself, and what comes after them."""
    near.made("jq")
    bat = near.made("bat")
    near.sync()
    near.side.export(tmp_path / "1", 0, 20_000)
    far.bring(tmp_path / "1")
    near.made("bat", body=b"bat, built again")
    near.made("jq", "1.0", "arm64_tahoe")
    near.keep = 2
    near.sync()
    near.side.export(tmp_path / "2", since=1)
    far.bring(tmp_path / "2")
    like_the_other_side(near.side, far)
    near.made("dog", body=near.bodies[bat.digest])
    near.sync()
    near.roll_back(2)
    near.evict(bat)
    near.side.export(tmp_path / "3", since=2)
    far.bring(tmp_path / "3")
    like_the_other_side(near.side, far)


def test_from_a_folder_to_a_folder(tmp_path: Path) -> None:
    far = in_folder(tmp_path / "far")
    across(Near(in_folder(tmp_path / "near")), far, tmp_path)
    assert far.mirror.verify_mirror()(deep=True).flaws == ()


def test_from_a_bucket_to_a_folder(bucket: Side, tmp_path: Path) -> None:
    across(Near(bucket), in_folder(tmp_path / "far"), tmp_path)


def test_from_a_folder_to_a_bucket(bucket: Side, tmp_path: Path) -> None:
    across(Near(in_folder(tmp_path / "near")), bucket, tmp_path)


@pytest.mark.slow
def test_imports_that_are_killed_are_completed_by_the_same_import(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed = int(os.environ.get("BOTTLES_TEST_SEED") or random.randrange(2**32))
    print(f"BOTTLES_TEST_SEED={seed}")
    chance = random.Random(seed)
    near = Near(in_folder(tmp_path / "near"))
    three_generations(near)
    for number in range(40):
        body = chance.randbytes(chance.randrange(LARGEST))
        near.made(f"formula-{number}", body=body)
    near.sync()
    near.side.export(tmp_path / "disk", segment_size=10_000_000)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BOTTLES_VIEWS", "registry,flat")
    steps: list[None] = []
    with stepping(lambda: steps.append(None)):
        assert main(["import", "disk", "--store", "unhurt"]) == 0

    for _ in range(ROUNDS):
        # Each round begins anew, so that they die at all kinds of moments.
        shutil.rmtree(tmp_path / "far", ignore_errors=True)
        first, second = sorted(chance.sample(range(1, len(steps) + 1), 2))
        for at in (first, second - first):
            killed = start_struck(SIGKILL, at, "import", "disk", "--store", "far")
            assert finished(killed).status == -SIGKILL
    ended = finished(start("import", "disk", "--store", "far"))

    assert ended.status == 0, ended.err
    like_the_other_side(near.side, in_folder(tmp_path / "unhurt"))
    far = in_folder(tmp_path / "far")
    # Who dies while it tries the store out leaves what it tried it with.
    for left in far.store.list(PROBES):
        far.store.delete(left.key)
    like_the_other_side(near.side, far)


@pytest.mark.slow
def test_an_import_that_is_interrupted_says_so_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    near = Near(in_folder(tmp_path / "near"))
    for number in range(60):
        near.made(f"formula-{number}", body=bytes([number]) * LARGEST)
    near.sync()
    near.side.export(tmp_path / "disk")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BOTTLES_VIEWS", "registry,flat")
    struck = start_struck(SIGINT, 60, "import", "disk", "--store", "far", "--jobs", "1")
    ended = finished(struck)

    assert ended.status == 130
    assert 0 < len(list((tmp_path / "far").glob("2026-*/*"))) < 60
    assert "the same import again goes on" in ended.err
    assert not (tmp_path / "far" / "bottles_hash.json").exists()
    assert finished(start("import", "disk", "--store", "far")).status == 0
    like_the_other_side(near.side, in_folder(tmp_path / "far"))
