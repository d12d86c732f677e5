"""What a worker stored and could not record is found by the next one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.memory.store import MemoryStore
from application.salvage import Salvage
from domain.bottle import Bottle, ObjectKey
from domain.events import BottleMirrored
from domain.ledger import Ledger
from domain.work import Load
from ports.errors import UnavailableError
from ports.store import ObjectInfo
from tests.support.catalogs import digest_of, make_bottle
from tests.support.chain import DAY, Chain, mirrored
from tests.support.watched import Call, Watch, WatchedStore

JQ, BAT = make_bottle("jq", content="jq"), make_bottle("bat", content="bat")


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


def lay(store: MemoryStore, bottle: Bottle, body: str | None = None) -> ObjectKey:
    """Put a bottle where its run would, or other bytes."""
    key = bottle.object_key(DAY)
    store.create(key, (bottle.name if body is None else body).encode())
    return key


def loads(*bottles: Bottle) -> list[Load]:
    return [Load(bottle.digest, None, (bottle,)) for bottle in bottles]


def found(
    store: MemoryStore, work: Iterable[Load], ledger: Ledger | None = None
) -> list[BottleMirrored]:
    return list(Salvage(store)(work, ledger or Ledger(), DAY))


def test_what_is_there_and_right_is_found(store: MemoryStore) -> None:
    key = lay(store, JQ)
    assert found(store, loads(JQ, BAT)) == [BottleMirrored(JQ, 2, key, "found")]


def test_where_nothing_is_there_nothing_is_found(store: MemoryStore) -> None:
    assert found(store, loads(JQ, BAT)) == []


def test_what_nobody_asks_for_is_not_found(store: MemoryStore) -> None:
    lay(store, JQ)
    assert found(store, loads(BAT)) == []


def test_wrong_bytes_are_not_taken_for_the_bottle(store: MemoryStore) -> None:
    lay(store, JQ, "not jq")
    assert found(store, loads(JQ)) == []


def test_another_day_is_not_looked_under(store: MemoryStore) -> None:
    store.create(JQ.object_key(DAY + timedelta(1)), b"jq")
    assert found(store, loads(JQ)) == []


def test_of_a_load_some_bottles_may_be_there(store: MemoryStore) -> None:
    twin = make_bottle("twin", content="jq")
    key = lay(store, twin, "jq")
    work = [Load(JQ.digest, 2, (JQ, twin))]
    assert found(store, work) == [BottleMirrored(twin, 2, key, "found")]


def test_a_copy_that_was_made_is_found(store: MemoryStore) -> None:
    key = lay(store, JQ)
    work = [Load(JQ.digest, 2, (JQ,), source=ObjectKey("2026-08-01/other"))]
    assert found(store, work) == [BottleMirrored(JQ, 2, key, "found")]


def test_a_bottle_that_took_anothers_place_within_the_day_is_found_beside_it(
    store: MemoryStore,
) -> None:
    # Under one name are the bytes that it had in the morning.
    again = make_bottle("jq", content="jq, built again")
    chain = Chain()
    chain.add(mirrored(JQ, size=2))
    lay(store, JQ)
    beside = again.beside(again.object_key(DAY))
    store.create(beside, b"jq, built again")

    event = BottleMirrored(again, len("jq, built again"), beside, "found")
    assert found(store, loads(again), chain.replay()) == [event]


def test_a_bottle_of_no_bytes_is_a_bottle(store: MemoryStore) -> None:
    void = replace(make_bottle("void"), digest=digest_of(""))
    key = lay(store, void, "")
    assert found(store, loads(void)) == [BottleMirrored(void, 0, key, "found")]


def test_one_listing_is_enough_and_only_what_is_there_is_looked_at(
    store: MemoryStore,
) -> None:
    bottles = [make_bottle(f"b{n}", content=f"b{n}") for n in range(20)]
    for bottle in bottles[:3]:
        lay(store, bottle)
    watch = Watch()
    salvage = Salvage(WatchedStore(store, watch))

    assert len(list(salvage(loads(*bottles), Ledger(), DAY))) == 3
    assert watch.of("list") == [Call("list", f"{DAY}/")]
    assert len(watch.of("info")) == 3


def test_what_goes_away_meanwhile_is_not_found(store: MemoryStore) -> None:
    key = lay(store, JQ)
    watch = Watch()

    def remove(call: Call) -> None:
        if call.what == "info":
            store.delete(key)

    watch.before = remove
    assert list(Salvage(WatchedStore(store, watch))(loads(JQ), Ledger(), DAY)) == []


class Unsure(MemoryStore):
    """A store that keeps no digests."""

    def info(self, key: ObjectKey) -> ObjectInfo | None:
        info = super().info(key)
        return info and ObjectInfo(info.key, info.size, None)


@pytest.mark.parametrize(("body", "count"), [("jq", 1), ("xx", 0)])
def test_where_the_store_keeps_no_digest_the_bytes_are_read(
    body: str, count: int
) -> None:
    store = Unsure()
    lay(store, JQ, body)
    assert len(found(store, loads(JQ))) == count


def test_a_store_that_gives_no_answer_is_told_of(store: MemoryStore) -> None:
    watch = Watch()

    def fail(_: Call) -> None:
        raise UnavailableError("s3", "no answer")

    watch.before = fail
    with pytest.raises(UnavailableError):
        list(Salvage(WatchedStore(store, watch))(loads(JQ), Ledger(), DAY))
