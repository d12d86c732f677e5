"""Imports that die, are stopped, and are looked at while they go on."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest

from adapters.ledger.layout import IMPORTED
from adapters.memory.store import MemoryStore
from application.flow import StoppedError
from domain.bottle import ObjectKey
from tests.support.air_gap import Side, like_the_other_side
from tests.support.near_side import (
    Near,
    clients_look,
    copied,
    evicted,
    first_week,
    more_tags,
    rebuilt_week,
    three_generations,
)
from tests.support.watched import Killed, Watch, WatchedStore, at_call, is_write


@pytest.fixture
def near() -> Near:
    return Near()


def test_an_import_that_dies_anywhere_is_completed_by_the_same_import(
    near: Near, tmp_path: Path
) -> None:
    first_week(near)
    near.side.export(tmp_path / "one")
    start = MemoryStore()
    Side(start).bring(tmp_path / "one")
    rebuilt_week(near)
    more_tags(near)
    evicted(near)
    near.side.export(tmp_path / "two", since=1)
    for number in count(1):
        store = copied(start)
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
    first_week(near)
    near.side.export(tmp_path / "one")
    store, watch = MemoryStore(), Watch()
    Side(store).bring(tmp_path / "one")
    rebuilt_week(near)
    evicted(near)
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
    first_week(near)
    near.side.export(tmp_path / "one")
    far.bring(tmp_path / "one")
    rebuilt_week(near)
    evicted(near)
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
