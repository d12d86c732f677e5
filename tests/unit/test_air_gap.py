"""Exports and imports: what is on one side comes to be on the other."""

from __future__ import annotations

import tarfile
from itertools import count
from pathlib import Path

import pytest

from adapters.ledger.layout import IMPORTED
from adapters.memory.store import MemoryStore
from application.export_mirror import ExportRefusedError
from application.flow import StoppedError
from domain.bottle import ObjectKey
from domain.errors import DigestMismatchError
from domain.events import BottleLost, HashFileImported
from domain.records import Elsewhere
from domain.views import api_key, blob_key, flat_key, index_key
from ports.errors import (
    DamagedExportError,
    FollowerError,
    NotOurStoreError,
    UnusableFileError,
)
from tests.support.air_gap import (
    PACKAGES,
    Near,
    Side,
    clients_look,
    like_the_other_side,
    three_generations,
)
from tests.support.catalogs import digest_of
from tests.support.watched import Killed, Watch, WatchedStore, at_call, is_write


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


def _first(near: Near) -> None:
    near.made("jq")
    near.made("bat")
    near.made("curl@8")
    near.sync()


def _rebuilt(near: Near) -> None:
    near.gone(near.made("jq"))
    near.made("jq", "1.1")
    near.made("bat", body=b"bat, built again")
    near.sync()


def _more_tags(near: Near) -> None:
    near.made("jq", "1.1", "arm64_tahoe")
    near.made("cat", body=b"bat, built again")
    near.sync()


def _rolled_back(near: Near) -> None:
    near.roll_back(2)


def _evicted(near: Near) -> None:
    near.keep = 2
    near.sync()
    near.made("dog")
    near.sync()
    old = near.made("jq")
    bat = near.made("bat")
    near.gone(old)
    near.made("bat", body=b"bat, built again")
    near.evict(old, bat)


def _nothing(near: Near) -> None:
    near.sync(publish=False)


_NEXT = dict(
    enumerate((_first, _rebuilt, _more_tags, _rolled_back, _evicted, _nothing), start=1)
)


def test_only_bytes_that_the_other_side_lacks_are_moved(
    near: Near, tmp_path: Path
) -> None:
    _first(near)
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
    _first(near)
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
    _first(near)
    near.side.export(tmp_path / "one")
    far.bring(tmp_path / "one")
    _rebuilt(near)
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
    _first(near)
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


def test_an_import_that_dies_anywhere_is_completed_by_the_same_import(
    near: Near, tmp_path: Path
) -> None:
    _first(near)
    near.side.export(tmp_path / "one")
    start = MemoryStore()
    Side(start).bring(tmp_path / "one")
    _rebuilt(near)
    _more_tags(near)
    _evicted(near)
    near.side.export(tmp_path / "two", since=1)
    for number in count(1):
        store = _copied(start)
        watch = Watch()
        watch.interfere(at_call(number, watch.kill, is_write), done=number % 2 == 0)
        dies = False
        try:
            Side(WatchedStore(store, watch)).bring(tmp_path / "two")
        except Killed:
            dies = True
        clients_look(near, store)
        Side(store).bring(tmp_path / "two")
        far = Side(store)
        like_the_other_side(near.side, far)
        if not dies:
            break
    assert number > 50


def test_clients_find_all_that_is_named_at_every_moment_of_an_import(
    near: Near, tmp_path: Path
) -> None:
    _first(near)
    near.side.export(tmp_path / "one")
    store, watch = MemoryStore(), Watch()
    Side(store).bring(tmp_path / "one")
    _rebuilt(near)
    _evicted(near)
    near.side.export(tmp_path / "two", since=1)
    looks: list[int] = []
    watch.interfere(lambda _: looks.append(clients_look(near, store)), done=False)

    Side(WatchedStore(store, watch)).bring(tmp_path / "two")

    assert len(looks) > 100
    assert set(looks) == {3, 4}


def test_an_import_that_died_is_made_up_for_by_the_next_one(
    near: Near, tmp_path: Path
) -> None:
    """Also what it was to remove goes."""
    far = Side()
    _first(near)
    near.side.export(tmp_path / "one")
    far.bring(tmp_path / "one")
    _rebuilt(near)
    _evicted(near)
    near.side.export(tmp_path / "two", since=1)
    watch = Watch()
    watch.interfere(
        at_call(1, watch.kill, lambda call: call.what == "delete"), done=False
    )
    with pytest.raises(Killed):
        Side(WatchedStore(far.store, watch)).bring(tmp_path / "two")
    near.made("fox")
    near.sync()

    near.side.export(tmp_path / "three", since=3)
    far.bring(tmp_path / "three")

    like_the_other_side(near.side, far)


def test_how_far_a_follower_has_come_may_be_lost(near: Near, tmp_path: Path) -> None:
    far = Side()
    three_generations(near)
    near.side.export(tmp_path / "one")
    far.bring(tmp_path / "one")
    for body in (None, b"\xff", b"[]", b'{"shown":3}', b'{"shown":0}'):
        far.store.delete(IMPORTED)
        if body is not None:
            far.store.create(IMPORTED, body)

        far.bring(tmp_path / "one")

        like_the_other_side(near.side, far)


def test_an_import_can_be_stopped_and_goes_on(near: Near, tmp_path: Path) -> None:
    three_generations(near)
    near.side.export(tmp_path / "all")
    far = Side()
    far.stop.set()
    with pytest.raises(StoppedError):
        far.bring(tmp_path / "all")
    assert far.store.info(ObjectKey("bottles_hash.json")) is None

    far.stop.clear()
    far.bring(tmp_path / "all")

    like_the_other_side(near.side, far)


class TestWhatIsRefused:
    def test_a_generation_that_was_never_published(
        self, near: Near, tmp_path: Path
    ) -> None:
        _first(near)
        with pytest.raises(ExportRefusedError, match="generation 7 was never publ"):
            near.side.export(tmp_path / "one", since=7)

    def test_an_empty_store_has_nothing_to_export(self, tmp_path: Path) -> None:
        with pytest.raises(NotOurStoreError, match="no ledger"):
            Side().export(tmp_path / "one")

    def test_a_place_that_holds_something_else(
        self, near: Near, tmp_path: Path
    ) -> None:
        _first(near)
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
        _refuses(Side(), tmp_path / "late", "--since 0 first")
        other = Near()
        _first(other)
        other.side.export(tmp_path / "one")
        far = Side()
        far.bring(tmp_path / "one")
        _rebuilt(other)
        _more_tags(other)
        other.side.export(tmp_path / "three", since=3)
        _refuses(far, tmp_path / "three", "an export is missing: this mirror is at")

    def test_another_ledger(self, near: Near, tmp_path: Path) -> None:
        _first(near)
        near.side.export(tmp_path / "one")
        other = Near()
        _first(other)
        other.side.export(tmp_path / "other")
        far = Side()
        far.bring(tmp_path / "one")
        _refuses(far, tmp_path / "other", "the export is of ledger")

    def test_a_mirror_that_records_its_own_runs(
        self, near: Near, tmp_path: Path
    ) -> None:
        _first(near)
        near.side.export(tmp_path / "one")
        _refuses(near.side, tmp_path / "one", "records its own runs")
        other = Near()
        _first(other)
        _refuses(other.side, tmp_path / "one", "records its own runs")

    def test_another_story_of_the_same_ledger(self, near: Near, tmp_path: Path) -> None:
        _first(near)
        near.side.export(tmp_path / "one")
        far = Side()
        far.bring(tmp_path / "one")
        restored = Near(side=Side(_copied(near.side.store)))
        restored.offered, restored.bodies = dict(near.offered), dict(near.bodies)
        restored.indexes = dict(near.indexes)
        near.made("dog")
        near.sync()
        restored.made("fox")
        restored.sync()
        near.side.export(tmp_path / "two", since=1)
        far.bring(tmp_path / "two")
        restored.side.export(tmp_path / "three", since=1)
        _refuses(far, tmp_path / "three", "different stories: commit")
        restored.made("hen")
        restored.sync()
        restored.side.export(tmp_path / "four", since=1)
        _refuses(far, tmp_path / "four", "different stories: commit")

    def test_a_folder_without_an_export(self, tmp_path: Path) -> None:
        with pytest.raises(UnusableFileError, match="no export in it"):
            Side().bring(tmp_path)

    def test_a_follower_records_nothing(self, near: Near, tmp_path: Path) -> None:
        _first(near)
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


def _refuses(far: Side, folder: Path, sentence: str) -> None:
    before = far.tree()
    with pytest.raises(ExportRefusedError, match=sentence):
        far.bring(folder)
    assert far.tree() == before


def _copied(store: object) -> MemoryStore:
    assert isinstance(store, MemoryStore)
    copy = MemoryStore()
    for info in store.list(""):
        copy.create(info.key, store.get(info.key).body)
    return copy


def _names(folder: Path) -> list[str]:
    names = []
    for path in sorted(folder.glob("SEGMENT-*.tar")):
        with tarfile.open(path) as segment:
            names += segment.getnames()
    return names
