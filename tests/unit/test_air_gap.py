"""Exports and imports: what is on one side comes to be on the other."""

from __future__ import annotations

import tarfile
from itertools import count
from pathlib import Path

import pytest

from domain.events import BottleLost, HashFileImported
from domain.records import Elsewhere
from domain.views import api_key, blob_key, flat_key, index_key
from tests.support.air_gap import PACKAGES, Side, like_the_other_side
from tests.support.catalogs import digest_of
from tests.support.near_side import (
    Near,
    clients_look,
    evicted,
    first_week,
    more_tags,
    rebuilt_week,
    rolled_back,
    three_generations,
)


@pytest.fixture
def near() -> Near:
    return Near()


def test_everything_goes_across_and_is_the_same(near: Near, tmp_path: Path) -> None:
    three_generations(near)

    export = near.side.export(tmp_path / "all")
    far = Side()
    report = far.bring(tmp_path / "all")

    like_the_other_side(near.side, far)
    assert clients_look(near, far.store) == 6
    assert report.ledger.published == 3
    assert (export.since, export.begin, export.generations) == (None, None, (1, 2, 3))


def test_what_changed_goes_across_generation_by_generation(
    near: Near, tmp_path: Path
) -> None:
    far, last = Side(), 0
    for number in count(1):
        what = _NEXT.get(number)
        if what is None:
            break
        what(near)
        export = near.side.export(tmp_path / str(number), since=last)
        far.bring(tmp_path / str(number))
        like_the_other_side(near.side, far)
        clients_look(near, far.store)
        last = max((last, *export.generations))
    assert last == 5
    gone = near.made("jq")
    assert far.store.info(blob_key(gone)) is None
    assert far.store.info(flat_key(gone)) is None
    assert far.store.info(index_key(gone.name, gone.tagref)) is None
    assert sorted(far.mirror.generations().numbers()) == [4, 5]


def _nothing(near: Near) -> None:
    near.sync(publish=False)


_NEXT = dict(
    enumerate(
        (first_week, rebuilt_week, more_tags, rolled_back, evicted, _nothing), start=1
    )
)


def test_only_bytes_that_the_other_side_lacks_are_moved(
    near: Near, tmp_path: Path
) -> None:
    first_week(near)
    near.made("cat", body=b"bat 1.0 arm64_sonoma" * 40)
    fresh = near.made("dog", body=b"dog" * 1000)
    near.made("puppy", body=b"dog" * 1000)
    near.sync()

    export = near.side.export(tmp_path / "two", since=1)

    assert (export.bottles, export.bytes) == (3, 3000)
    names = _names(tmp_path / "two")
    assert sum(name.startswith("sha256/") for name in names) == 1 + 3 + 3
    assert f"sha256/{fresh.digest}" in names


def test_a_bottle_that_was_let_go_and_came_again_is_moved_again(
    near: Near, tmp_path: Path
) -> None:
    """Whoever is behind the first head has let it go by now."""
    far = Side()
    first_week(near)
    near.keep = 2
    jq = near.made("jq")
    near.gone(jq)
    near.sync()
    near.made("dog")
    near.sync()
    near.evict(jq)
    near.side.export(tmp_path / "one")
    far.bring(tmp_path / "one")
    near.made("jq")
    near.sync()

    near.side.export(tmp_path / "two", since=3)
    far.bring(tmp_path / "two")

    like_the_other_side(near.side, far)
    assert clients_look(near, far.store) == 4


def test_exports_may_overlap_and_the_same_may_come_twice(
    near: Near, tmp_path: Path
) -> None:
    far = Side()
    three_generations(near)
    for name, since in (("all", 0), ("from one", 1), ("all again", 0)):
        near.side.export(tmp_path / name, since=since)
        report = far.bring(tmp_path / name)
        like_the_other_side(near.side, far)
        assert bool(report.written) == (name == "all")


def test_an_export_from_the_beginning_puts_back_what_was_lost(
    near: Near, tmp_path: Path
) -> None:
    far, bottles = Side(), three_generations(near)
    near.side.export(tmp_path / "all")
    far.bring(tmp_path / "all")
    lost = far.ledger().held[bottles["kept"].key].object_key
    wrong = far.ledger().held[bottles["new"].key].object_key
    far.store.delete(lost)
    far.store.delete(wrong)
    far.store.create(wrong, b"not what it was")

    report = far.bring(tmp_path / "all")

    assert report.written == 2
    like_the_other_side(near.side, far)


def test_what_is_older_than_what_is_there_changes_nothing(
    near: Near, tmp_path: Path
) -> None:
    far = Side()
    first_week(near)
    near.side.export(tmp_path / "one")
    far.bring(tmp_path / "one")
    rebuilt_week(near)
    near.side.export(tmp_path / "two", since=1)
    far.bring(tmp_path / "two")
    before = far.tree()

    report = far.bring(tmp_path / "one")

    assert report.unchanged
    assert far.tree() == before


def test_what_was_lost_there_goes_here_and_clients_keep_it(
    near: Near, tmp_path: Path
) -> None:
    far, bottles = Side(), three_generations(near)
    near.side.export(tmp_path / "all")
    far.bring(tmp_path / "all")
    kept = bottles["kept"]
    place = near.side.ledger().held[kept.key].object_key
    near.record(
        near.begin().journal, BottleLost(kept.key, kept.digest, place, "nothing")
    )
    near.side.store.delete(place)
    near.begin().publish()

    near.side.export(tmp_path / "more", since=3)
    far.bring(tmp_path / "more")

    assert far.store.info(place) is None
    assert clients_look(near, far.store) == 6
    like_the_other_side(near.side, far)


def test_documents_of_the_ledger_go_with_the_commits_that_name_them(
    near: Near, tmp_path: Path
) -> None:
    first_week(near)
    elsewhere = {
        next(iter(near.offered)): Elsewhere(digest_of("x"), 5, near.day),
    }
    document = near.side.mirror.documents().save_import(elsewhere)
    near.record(
        near.begin().journal,
        HashFileImported("s3://old", document, 1, None, elsewhere),
    )
    near.begin().publish()

    near.side.export(tmp_path / "all")
    far = Side()
    far.bring(tmp_path / "all")

    like_the_other_side(near.side, far)
    assert far.ledger().imports["s3://old"].document == document


def test_a_mirror_that_publishes_nothing_goes_across_as_well(
    near: Near, tmp_path: Path
) -> None:
    near.made("jq")
    near.sync(publish=False)

    export = near.side.export(tmp_path / "all")
    far = Side()
    far.bring(tmp_path / "all")

    assert export.published is None
    like_the_other_side(near.side, far)
    assert far.store.info(api_key(PACKAGES)) is None


def test_a_follower_may_export_in_its_turn(near: Near, tmp_path: Path) -> None:
    three_generations(near)
    near.side.export(tmp_path / "one")
    far, farther = Side(), Side()
    far.bring(tmp_path / "one")

    far.export(tmp_path / "two")
    farther.bring(tmp_path / "two")

    like_the_other_side(near.side, farther)


def test_the_other_side_has_the_views_that_are_wanted_there(
    near: Near, tmp_path: Path
) -> None:
    bottles = three_generations(near)
    near.side.export(tmp_path / "all")
    far = Side(views=("registry",))

    far.bring(tmp_path / "all")

    kept = bottles["kept"]
    assert far.hash_file() == near.side.hash_file()
    assert far.store.info(blob_key(kept)) is not None
    assert far.store.info(index_key(kept.name, kept.tagref)) is not None
    assert far.tree("flat/") == {}


def _names(folder: Path) -> list[str]:
    names = []
    for path in sorted(folder.glob("SEGMENT-*.tar")):
        with tarfile.open(path) as segment:
            names += segment.getnames()
    return names


def test_an_index_that_names_more_takes_its_place_before_it_is_published(
    near: Near, tmp_path: Path
) -> None:
    """As where it was mirrored; one that names something else waits."""
    far = Side()
    first_week(near)
    near.side.export(tmp_path / "one")
    far.bring(tmp_path / "one")
    tahoe = near.made("jq", "1.0", "arm64_tahoe")
    near.made("bat", body=b"bat, built again")
    near.sync(publish=False)

    near.side.export(tmp_path / "two", since=1)
    far.bring(tmp_path / "two")

    like_the_other_side(near.side, far)
    index = far.public.read(index_key("jq", "1.0"))
    assert tahoe.digest.encode() in index
