"""How many bytes an export moves, beside those that changed."""

from __future__ import annotations

import csv
import gzip
import random
from collections.abc import Iterable
from pathlib import Path

import pytest

from adapters.archive.folder import FolderExportWriter
from domain.bottle import Bottle, Digest
from domain.events import BottleMirrored
from domain.export import Export, Segment
from domain.tags import Tag
from ports.export_archive import ExportWriter, Outgoing
from tests.support.air_gap import GB, Side, like_the_other_side
from tests.support.near_side import (
    Near,
)

_MOST = 1.02
_NEW_IN_THE_WEEK = 4_397


class Weighed(ExportWriter):
    """An archive that weighs what a folder would hold, and reads nothing."""

    def __init__(self, folder: Path) -> None:
        self._folder = FolderExportWriter(folder)

    def begin(self) -> None:
        pass

    def weight(self, size: int) -> int:
        return self._folder.weight(size)

    @property
    def tare(self) -> int:
        return self._folder.tare

    def write(
        self,
        export: Export,  # noqa: ARG002 - weighs the same, whatever it is of
        number: int,
        of: int,  # noqa: ARG002 - as above
        pieces: Iterable[Outgoing],
    ) -> Segment:
        weights = [self.weight(piece.size) for piece, _ in pieces]
        return Segment(number, len(weights), sum(weights) + self.tare, "0" * 64)

    def seal(self, export: Export) -> None:
        pass


def test_a_week_of_small_bottles_moves_what_changed_and_little_more(
    tmp_path: Path,
) -> None:
    near, chance = Near(), random.Random(5)
    for number in range(20):
        near.made(f"formula-{number}", body=chance.randbytes(90_000))
    near.sync()
    changed = 0
    for number in range(30):
        body = chance.randbytes(chance.randrange(20_000, 1_000_000))
        near.made(f"formula-{number}", "2.0", body=body)
        changed += len(body)
    near.sync()

    export = near.side.export(tmp_path / "week", since=1, segment_size=1_000_000)

    on_disk = sum(path.stat().st_size for path in (tmp_path / "week").iterdir())
    assert export.bytes == changed
    assert changed < on_disk < _MOST * changed
    assert len(export.segments) > 5


@pytest.mark.slow
def test_a_real_week_moves_what_changed_and_little_more(
    real_data: Path, tmp_path: Path
) -> None:
    before = _bottles(real_data / "bottles-2026-08-15.csv.gz")
    after = _bottles(real_data / "bottles-2026-08-22.csv.gz")
    near = Near()
    _hold(near, before)
    near.sync()
    fresh = {key: after[key] for key in after.keys() - before.keys()}
    _hold(near, fresh)

    export = near.side.air_gap.export_mirror()(Weighed(tmp_path), 1, 4 * GB)

    known = {bottle.digest for bottle, _ in before.values()}
    changed = {
        bottle.digest: size
        for bottle, size in fresh.values()
        if bottle.digest not in known
    }
    assert len(fresh) >= _NEW_IN_THE_WEEK
    assert export.bytes == sum(changed.values())
    assert export.bytes < export.size < _MOST * export.bytes
    assert all(segment.size <= 4 * GB for segment in export.segments)


def test_no_file_is_larger_than_was_asked_but_for_a_single_bottle(
    tmp_path: Path,
) -> None:
    near, limit = Near(), 200_000
    for number in range(8):
        near.made(f"small-{number}", body=bytes([number]) * 70_000)
    large = near.made("large", body=b"large" * 100_000)
    just = limit - FolderExportWriter(tmp_path).tare
    just -= FolderExportWriter(tmp_path).weight(0)
    fits = near.made("fits", body=b"f" * (just // 512 * 512))
    near.sync()

    export = near.side.export(tmp_path / "all", segment_size=limit)

    over = [segment for segment in export.segments if segment.size > limit]
    assert [segment.pieces for segment in over] == [1]
    assert over[0].size > len(near.bodies[large.digest])
    assert len(near.bodies[fits.digest]) < limit
    far = Side()
    far.bring(tmp_path / "all")
    like_the_other_side(near.side, far)


def test_every_piece_may_have_a_file_to_itself(tmp_path: Path) -> None:
    near = Near()
    near.made("jq")
    near.made("bat")
    near.sync()

    export = near.side.export(tmp_path / "all", segment_size=1)

    assert {segment.pieces for segment in export.segments} == {1}
    far = Side()
    far.bring(tmp_path / "all")
    like_the_other_side(near.side, far)


def _hold(near: Near, bottles: dict[str, tuple[Bottle, int]]) -> None:
    """Let the ledger say that bottles are held, of which there are no bytes."""
    journal = near.begin().journal
    journal.record(
        BottleMirrored(bottle, size, bottle.object_key(near.day), "fetched")
        for bottle, size in bottles.values()
    )


def _bottles(path: Path) -> dict[str, tuple[Bottle, int]]:
    with gzip.open(path, "rt", newline="") as file:
        rows = [(_bottle(row), row) for row in csv.DictReader(file)]
    return {bottle.key: (bottle, int(row["est_size_bytes"])) for bottle, row in rows}


def _bottle(row: dict[str, str]) -> Bottle:
    return Bottle(
        row["formula"],
        row["pkg_version"],
        int(row["rebuild"]),
        Tag(row["tag"]),
        Digest(row["sha256"]),
    )
