"""The orchestrator keeps what it read for sizes; workers find it in the ledger."""

from __future__ import annotations

from dataclasses import replace

import pytest

from application.hand_over_indexes import TIME_TO_HAND_OVER
from domain.bottle import Bottle
from domain.events import BottleMirrored, SyncStarted
from domain.generations import IndexMirrored
from domain.views import index_key, kept_index_key
from ports.errors import UnavailableError
from tests.support.catalogs import select
from tests.support.cloud import Cloud
from tests.support.mirror import Mirror
from tests.support.shown import check_shown
from tests.support.watched import Call

TAGS = ("arm64_tahoe", "arm64_sonoma")
BOTH = select(*TAGS)
NAMES = ("bat", "curl", "jq")


@pytest.fixture
def cloud() -> Cloud:
    mirror = Mirror()
    mirror.views = ("registry",)
    for name in NAMES:
        mirror.offer(name, contents={tag: f"{name} {tag}" for tag in TAGS})
    return Cloud(mirror)


def bottles_of(cloud: Cloud) -> list[Bottle]:
    return [b for formula in cloud.mirror.formulae.values() for b in formula.bottles()]


def test_an_index_is_asked_for_by_the_orchestrator_alone(cloud: Cloud) -> None:
    cloud.trigger(selection=BOTH)
    kept = cloud.mirror.ledger().indexes.values()
    assert sorted(index.name for index in kept) == list(NAMES)
    # Clients are shown none before a bottle of it is there.
    assert cloud.mirror.shown().keys() == {
        kept_index_key(index.name, index.digest) for index in kept
    }

    assert len(cloud.work_all()) > 1
    assert set(cloud.mirror.upstream.asked.values()) == {1}
    assert len(cloud.mirror.recorded(BottleMirrored)) == 6
    assert len(cloud.mirror.recorded(IndexMirrored)) == 3
    check_shown(cloud.mirror)
    kinds = [type(event) for event in cloud.mirror.events()]
    assert kinds.index(IndexMirrored) < kinds.index(SyncStarted)


def test_without_views_nothing_is_kept(cloud: Cloud) -> None:
    cloud.mirror.views = ()
    cloud.trigger(selection=BOTH)
    cloud.work_all()
    assert cloud.mirror.shown() == {}
    assert cloud.mirror.recorded(IndexMirrored) == []


def test_what_the_store_does_not_take_is_left_to_the_workers(cloud: Cloud) -> None:
    process = cloud.process()

    def refuse(call: Call) -> None:
        if call.what == "create" and "curl" in call.key:
            raise UnavailableError("the store", "503")

    process.watch.before = refuse
    assert cloud.trigger(selection=BOTH, process=process).outcome == "started"
    kept = {index.name for index in cloud.mirror.ledger().indexes.values()}
    assert kept == {"bat", "jq"}
    assert any("left to the workers" in note for note in process.progress.notes)

    cloud.work_all()
    assert cloud.mirror.upstream.asked == {"bat-1.0": 1, "curl-1.0": 2, "jq-1.0": 1}
    check_shown(cloud.mirror)


def test_what_takes_too_long_is_left_to_the_workers(cloud: Cloud) -> None:
    process = cloud.process()

    def dawdle(call: Call) -> None:
        if call.what == "create" and call.key.startswith("v2/"):
            cloud.mirror.clock.sleep(TIME_TO_HAND_OVER)

    process.watch.after = dawdle
    cloud.trigger(selection=BOTH, process=process)
    assert len(cloud.mirror.ledger().indexes) == 1

    # A process of its own has nothing at hand.
    for bottle in bottles_of(cloud):
        cloud.mirror.upstream.index_at_hand(bottle)
    cloud.work_all()
    assert cloud.mirror.upstream.asked.total() == 3 + 2
    check_shown(cloud.mirror)


def test_a_worker_shows_what_another_has_stored_and_not_recorded(cloud: Cloud) -> None:
    cloud.shard_bytes = 10_000
    cloud.trigger(selection=BOTH)
    (order,) = cloud.orders
    bottle = bottles_of(cloud)[0]
    content = cloud.mirror.upstream.contents[bottle.digest]
    place = bottle.object_key(cloud.mirror.clock.now().date())
    cloud.mirror.disk.create(place, content)

    cloud.work(replace(order, attempt=2))
    found = [e for e in cloud.mirror.recorded(BottleMirrored) if e.how == "found"]
    assert [event.bottle for event in found] == [bottle]
    assert index_key(bottle.name, "1.0") in cloud.mirror.shown()
    check_shown(cloud.mirror)
