"""Exports and imports that are refused: nothing is changed, and it is said why."""

from __future__ import annotations

from pathlib import Path

import pytest

from application.export_mirror import ExportRefusedError
from domain.errors import DigestMismatchError
from ports.errors import (
    DamagedExportError,
    FollowerError,
    NotOurStoreError,
    UnusableFileError,
)
from tests.support.air_gap import Side, like_the_other_side
from tests.support.near_side import (
    Near,
    copied,
    first_week,
    more_tags,
    rebuilt_week,
    three_generations,
)


@pytest.fixture
def near() -> Near:
    return Near()


def refuses(far: Side, folder: Path, sentence: str) -> None:
    before = far.tree()
    with pytest.raises(ExportRefusedError, match=sentence):
        far.bring(folder)
    assert far.tree() == before


class TestWhatIsRefused:
    def test_a_generation_that_was_never_published(
        self, near: Near, tmp_path: Path
    ) -> None:
        first_week(near)
        with pytest.raises(ExportRefusedError, match="generation 7 was never publ"):
            near.side.export(tmp_path / "one", since=7)

    def test_an_empty_store_has_nothing_to_export(self, tmp_path: Path) -> None:
        with pytest.raises(NotOurStoreError, match="no ledger"):
            Side().export(tmp_path / "one")

    def test_a_place_that_holds_something_else(
        self, near: Near, tmp_path: Path
    ) -> None:
        first_week(near)
        near.side.export(tmp_path / "one")
        with pytest.raises(UnusableFileError, match="holds an export already"):
            near.side.export(tmp_path / "one")
        (tmp_path / "two").mkdir()
        (tmp_path / "two" / "mine.txt").write_text("dear diary")
        with pytest.raises(UnusableFileError, match=r"holds mine\.txt"):
            near.side.export(tmp_path / "two")

    def test_bytes_that_are_not_what_the_ledger_says(
        self, near: Near, tmp_path: Path
    ) -> None:
        bottles = three_generations(near)
        place = near.side.ledger().held[bottles["kept"].key].object_key
        size = len(near.side.store.get(place).body)
        near.side.store.delete(place)
        near.side.store.create(place, b"x" * size)
        with pytest.raises(DigestMismatchError):
            near.side.export(tmp_path / "one")
        with pytest.raises(DamagedExportError, match=r"export\.json is missing"):
            Side().bring(tmp_path / "one")

    def test_a_bottle_that_is_gone(self, near: Near, tmp_path: Path) -> None:
        bottles = three_generations(near)
        place = near.side.ledger().held[bottles["kept"].key].object_key
        near.side.store.delete(place)
        with pytest.raises(ExportRefusedError, match="is not there"):
            near.side.export(tmp_path / "one")

    def test_an_export_that_was_cut_short_is_written_anew(
        self, near: Near, tmp_path: Path
    ) -> None:
        bottles = three_generations(near)
        place = near.side.ledger().held[bottles["kept"].key].object_key
        body = near.side.store.get(place).body
        near.side.store.delete(place)
        with pytest.raises(ExportRefusedError):
            near.side.export(tmp_path / "one")
        near.side.store.create(place, body)

        near.side.export(tmp_path / "one")
        far = Side()
        far.bring(tmp_path / "one")

        like_the_other_side(near.side, far)

    def test_an_export_that_does_not_begin_where_the_other_side_is(
        self, near: Near, tmp_path: Path
    ) -> None:
        three_generations(near)
        near.side.export(tmp_path / "late", since=2)
        refuses(Side(), tmp_path / "late", "--since 0 first")
        other = Near()
        first_week(other)
        other.side.export(tmp_path / "one")
        far = Side()
        far.bring(tmp_path / "one")
        rebuilt_week(other)
        more_tags(other)
        other.side.export(tmp_path / "three", since=3)
        refuses(far, tmp_path / "three", "an export is missing: this mirror is at")

    def test_another_ledger(self, near: Near, tmp_path: Path) -> None:
        first_week(near)
        near.side.export(tmp_path / "one")
        other = Near()
        first_week(other)
        other.side.export(tmp_path / "other")
        far = Side()
        far.bring(tmp_path / "one")
        refuses(far, tmp_path / "other", "the export is of ledger")

    def test_a_mirror_that_records_its_own_runs(
        self, near: Near, tmp_path: Path
    ) -> None:
        first_week(near)
        near.side.export(tmp_path / "one")
        refuses(near.side, tmp_path / "one", "records its own runs")
        other = Near()
        first_week(other)
        refuses(other.side, tmp_path / "one", "records its own runs")

    def test_another_story_of_the_same_ledger(self, near: Near, tmp_path: Path) -> None:
        first_week(near)
        near.side.export(tmp_path / "one")
        far = Side()
        far.bring(tmp_path / "one")
        restored = Near(side=Side(copied(near.side.store)))
        restored.offered, restored.bodies = dict(near.offered), dict(near.bodies)
        restored.indexes = dict(near.indexes)
        near.made("dog")
        near.sync()
        restored.made("fox")
        restored.sync()
        near.side.export(tmp_path / "two", since=1)
        far.bring(tmp_path / "two")
        restored.side.export(tmp_path / "three", since=1)
        refuses(far, tmp_path / "three", "different stories: commit")
        restored.made("hen")
        restored.sync()
        restored.side.export(tmp_path / "four", since=1)
        refuses(far, tmp_path / "four", "different stories: commit")

    def test_a_folder_without_an_export(self, tmp_path: Path) -> None:
        with pytest.raises(UnusableFileError, match="no export in it"):
            Side().bring(tmp_path)

    def test_a_follower_records_nothing(self, near: Near, tmp_path: Path) -> None:
        first_week(near)
        near.side.export(tmp_path / "one")
        far = Side()
        far.bring(tmp_path / "one")
        before = far.tree()

        runs, ledger = far.mirror.runs(), far.ledger()
        with pytest.raises(FollowerError, match="comes from there"):
            runs.begin(far.open())
        follower = Near(side=far)
        with pytest.raises(FollowerError):
            follower.sync()
        last = near.side.mirror.inspect_ledger().commit(ledger.position.seq)
        with pytest.raises(FollowerError):
            far.mirror.event_log().append(last.commit)
        with pytest.raises(FollowerError):
            far.mirror.verify_mirror()(repair=True)
        with pytest.raises(FollowerError):
            far.mirror.verify_mirror()(prune_orphans=True)
        with pytest.raises(FollowerError):
            far.mirror.repair_ledger()((), declare_gaps=False)

        assert far.tree() == before
        assert far.mirror.verify_mirror()().flaws == ()
