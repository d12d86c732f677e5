"""What clients see of a bottle is written with it."""

from __future__ import annotations

import json

import pytest

from domain.bottle import Bottle, Digest, ObjectKey
from domain.events import BottleMirrored
from domain.generations import IndexMirrored, KeptIndex, ReleaseKey
from domain.tags import Tag
from domain.views import (
    blob_key,
    flat_index_key,
    flat_key,
    index_key,
    kept_index_key,
)
from ports.errors import UnavailableError
from tests.support.catalogs import select
from tests.support.mirror import TAG, Mirror, Process
from tests.support.shown import check_shown, check_told_in_order, views_of
from tests.support.watched import Call, at_call

TAGS = ("arm64_tahoe", "arm64_sonoma", "sonoma")
EVERY_TAG = select(*TAGS)


@pytest.fixture
def mirror() -> Mirror:
    mirror = Mirror()
    mirror.views = ("registry", "flat")
    return mirror


def offer(mirror: Mirror, name: str = "jq", *tags: str) -> tuple[Bottle, ...]:
    contents = {tag: f"{name} {tag}" for tag in tags or TAGS}
    return mirror.offer(name, contents=contents)


def _kept(mirror: Mirror) -> list[KeptIndex]:
    return [event.index for event in mirror.recorded(IndexMirrored)]


class TestWhatIsWritten:
    def test_each_bottle_has_a_blob_and_its_release_an_index(
        self, mirror: Mirror
    ) -> None:
        bottles = (*offer(mirror, "openssl@3"), *offer(mirror, "gtk+3"))
        mirror.sync(EVERY_TAG)

        kept = {kept_index_key(one.name, one.digest) for one in _kept(mirror)}
        assert len(kept) == 2
        assert mirror.shown().keys() == views_of(mirror, *bottles) | kept
        for bottle in bottles:
            content = mirror.upstream.contents[bottle.digest]
            assert mirror.shown()[blob_key(bottle)] == content
            assert mirror.shown()[flat_key(bottle)] == content
        check_shown(mirror)
        assert mirror.process().verify().orphans == ()

    def test_the_index_is_the_one_that_was_served(self, mirror: Mirror) -> None:
        bottles = offer(mirror)
        mirror.sync(EVERY_TAG)

        (index,) = _kept(mirror)
        assert (index.name, index.tagref) == ("jq", "1.0")
        assert index.bottles == {bottle.tag: bottle.digest for bottle in bottles}
        for key in (
            kept_index_key("jq", index.digest),
            index_key("jq", "1.0"),
            flat_index_key("jq", "1.0"),
        ):
            body = mirror.shown()[key]
            assert (len(body), json.loads(body)) == (index.size, index.bottles)

    @pytest.mark.parametrize("view", ["registry", "flat"])
    def test_a_view_that_is_not_wanted_is_not_written(
        self, mirror: Mirror, view: str
    ) -> None:
        mirror.views = ("registry",) if view == "registry" else ("flat",)
        bottles = offer(mirror)
        mirror.sync(EVERY_TAG)
        (index,) = _kept(mirror)
        kept = kept_index_key("jq", index.digest)
        assert mirror.shown().keys() == views_of(mirror, *bottles) | {kept}

    def test_without_views_nothing_is_written_or_asked_for(
        self, mirror: Mirror
    ) -> None:
        mirror.views = ()
        offer(mirror)
        mirror.sync(EVERY_TAG)
        assert mirror.shown() == {}
        assert mirror.upstream.asked == {}
        assert mirror.recorded(IndexMirrored) == []

    def test_tags_that_share_a_digest_share_a_blob(self, mirror: Mirror) -> None:
        bottles = mirror.offer("jq", contents=dict.fromkeys(TAGS, "the same"))
        mirror.sync(EVERY_TAG)
        assert len({blob_key(bottle) for bottle in bottles}) == 1
        assert len({flat_key(bottle) for bottle in bottles}) == 3
        check_shown(mirror)
        assert mirror.upstream.opened.total() == 1


class TestWhenItIsWritten:
    @pytest.mark.parametrize("call", ["copy", "index", "create"])
    @pytest.mark.parametrize("at", [1, 2, 3])
    def test_the_ledger_speaks_of_a_bottle_when_its_views_are_there(
        self, mirror: Mirror, call: str, at: int
    ) -> None:
        bottles = (*offer(mirror), *offer(mirror, "bat"), *offer(mirror, "curl"))
        process = mirror.process()

        def is_meant(seen: Call) -> bool:
            return seen.what == call and not seen.key.startswith("ledger/")

        process.watch.before = at_call(at, _fail, is_meant)
        report = process.sync(EVERY_TAG)
        assert report.outcome == "degraded"
        (failed,) = report.failures
        assert failed.cause == "unavailable"
        recorded = {event.bottle for event in mirror.recorded(BottleMirrored)}
        assert recorded == set(bottles) - {failed.bottle}
        check_shown(mirror)

        assert mirror.sync(EVERY_TAG).outcome == "complete"
        assert mirror.ledger().held.keys() == {bottle.key for bottle in bottles}
        check_shown(mirror)

    def test_a_bottle_that_was_found_is_shown_too(self, mirror: Mirror) -> None:
        (bottle,) = mirror.offer("jq")
        content = mirror.upstream.contents[bottle.digest]
        key = bottle.object_key(mirror.clock.now().date())
        mirror.disk.create(key, content)
        mirror.sync()
        assert [event.how for event in mirror.recorded(BottleMirrored)] == ["found"]
        check_shown(mirror)

    def test_a_bottle_that_is_fetched_again_gets_back_what_was_its(
        self, mirror: Mirror
    ) -> None:
        (bottle,) = mirror.offer("jq")
        mirror.sync()
        mirror.damage(mirror.entry(bottle.key).object_key)
        mirror.damage(blob_key(bottle), b"harmed")
        mirror.process().verify(repair=True)
        check_shown(mirror)


class TestIndexes:
    @pytest.mark.parametrize("jobs", [1, 3])
    def test_one_is_asked_for_once_in_a_run(self, mirror: Mirror, jobs: int) -> None:
        offer(mirror, "jq")
        offer(mirror, "bat")
        mirror.process(jobs=jobs).sync(EVERY_TAG)
        assert set(mirror.upstream.asked.values()) == {1}
        assert len(_kept(mirror)) == 2
        check_told_in_order(mirror)

    def test_one_that_was_read_for_sizes_is_not_asked_for_again(
        self, mirror: Mirror
    ) -> None:
        offer(mirror)
        process = mirror.process()
        process.sync(EVERY_TAG, max_bytes=10_000)
        assert process.watch.of("sizes")
        assert mirror.upstream.asked == {"jq-1.0": 1}
        check_shown(mirror)

    def test_one_that_the_ledger_has_is_not_asked_for_by_the_next_run(
        self, mirror: Mirror
    ) -> None:
        offer(mirror)
        mirror.sync(select(TAGS[0]))
        mirror.sync(EVERY_TAG)
        assert mirror.upstream.asked == {"jq-1.0": 1}
        assert len(_kept(mirror)) == 1

    def test_one_that_the_store_has_lost_is_asked_for_again(
        self, mirror: Mirror
    ) -> None:
        offer(mirror)
        mirror.sync(select(TAGS[0]))
        (index,) = _kept(mirror)
        mirror.damage(kept_index_key("jq", index.digest))
        mirror.damage(index_key("jq", "1.0"))
        mirror.sync(EVERY_TAG)
        assert mirror.upstream.asked == {"jq-1.0": 2}
        check_shown(mirror)

    def test_one_that_names_a_further_tag_takes_the_place_of_the_one_before(
        self, mirror: Mirror
    ) -> None:
        offer(mirror, "jq", TAGS[0])
        mirror.sync(EVERY_TAG)
        bottles = offer(mirror, "jq", *TAGS[:2])
        mirror.sync(EVERY_TAG)

        first, second = _kept(mirror)
        assert first.bottles.items() < second.bottles.items()
        for key in (index_key("jq", "1.0"), flat_index_key("jq", "1.0")):
            assert json.loads(mirror.shown()[key]) == second.bottles
        assert kept_index_key("jq", first.digest) in mirror.shown()
        assert mirror.upstream.asked == {"jq-1.0": 2}
        assert mirror.ledger().indexes[ReleaseKey("jq-1.0")] == second
        assert {bottle.digest for bottle in bottles} == set(second.bottles.values())

    def test_one_that_names_other_bottles_waits_for_the_publishing(
        self, mirror: Mirror
    ) -> None:
        (before,) = mirror.offer("jq", contents={TAG: "first"})
        mirror.sync()
        (after,) = mirror.offer("jq", contents={TAG: "second"})
        mirror.sync()

        shown = mirror.shown()
        assert json.loads(shown[index_key("jq", "1.0")]) == {TAG: before.digest}
        assert shown[flat_key(after)] == b"first"
        assert shown[blob_key(before)] == b"first"
        assert shown[blob_key(after)] == b"second"
        kept = mirror.ledger().indexes[_kept(mirror)[1].release]
        assert kept.bottles == {TAG: after.digest}
        body = shown[kept_index_key("jq", kept.digest)]
        assert json.loads(body) == kept.bottles
        assert mirror.process().verify().orphans == ()

    def test_one_that_the_registry_does_not_have_is_done_without(
        self, mirror: Mirror
    ) -> None:
        bottles = offer(mirror)
        mirror.upstream.indexes.clear()
        process = mirror.process()
        assert process.sync(EVERY_TAG).outcome == "complete"
        assert mirror.ledger().held.keys() == {bottle.key for bottle in bottles}
        assert mirror.shown().keys() == {
            key(bottle) for bottle in bottles for key in (blob_key, flat_key)
        }
        (note,) = _notes(process, "without its index")
        assert "no such index" in note
        assert mirror.upstream.asked == {"jq-1.0": 1}
        assert mirror.ledger().indexes == {}

    def test_one_that_does_not_name_a_bottle_is_kept_and_said(
        self, mirror: Mirror
    ) -> None:
        tahoe, _ = offer(mirror, "jq", *TAGS[:2])
        mirror.upstream.indexes[ReleaseKey("jq-1.0")][Tag(TAGS[0])] = Digest("0" * 64)
        process = mirror.process()
        assert process.sync(EVERY_TAG).outcome == "complete"
        (note,) = _notes(process, "does not name")
        assert tahoe.key in note
        assert len(_kept(mirror)) == 1

    def test_what_lies_in_its_place_and_is_no_index_gives_way(
        self, mirror: Mirror
    ) -> None:
        offer(mirror)
        mirror.disk.create(index_key("jq", "1.0"), b"<html>")
        mirror.sync(EVERY_TAG)
        assert json.loads(mirror.shown()[index_key("jq", "1.0")])
        check_shown(mirror)


class TestOrphans:
    def test_the_views_of_no_bottle_are_orphans(self, mirror: Mirror) -> None:
        (jq,) = mirror.offer("jq")
        (bat,) = mirror.offer("bat", rebuild=2)
        mirror.sync()
        (kept,) = (one for one in _kept(mirror) if one.name == "bat")
        mirror.disk.create(ObjectKey("v2/homebrew/core/README"), b"a person's")
        mirror.disk.create(ObjectKey("flat/README"), b"a person's")
        mirror.disk.create(ObjectKey("attestations/bat"), b"another's")
        strays = {
            blob_key(bat).replace(bat.digest, "0" * 64),
            blob_key(jq).replace("/jq/", "/jq/1/"),
            index_key("bat", "0.9"),
            flat_index_key("bat", "0.9"),
            flat_key(bat).replace(".bottle.2.", ".bottle.1."),
            kept_index_key("wget", kept.digest),
        }
        for key in strays:
            mirror.disk.create(ObjectKey(key), b"a stray's")

        report = mirror.process().verify(prune_orphans=True)

        assert set(report.orphans) == strays
        assert report.left == 0
        assert mirror.process().verify().orphans == ()
        check_shown(mirror)

    def test_a_blob_stays_while_a_superseded_bottle_has_its_digest(
        self, mirror: Mirror
    ) -> None:
        (before,) = mirror.offer("jq", contents={TAG: "first"})
        mirror.sync()
        mirror.offer("jq", contents={TAG: "second"})
        mirror.sync()
        assert mirror.process().verify(prune_orphans=True).orphans == ()
        assert mirror.shown()[blob_key(before)] == b"first"


def _fail() -> None:
    raise UnavailableError("it", "connection reset")


def _notes(process: Process, words: str) -> list[str]:
    return [note for note in process.progress.notes if words in note]
