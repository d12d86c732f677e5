"""The laws of what is left of a shard's loads."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from domain.bottle import Bottle, ObjectKey
from domain.events import BottleLost, BottleSuperseded, Event
from domain.work import Load, left_of
from tests.support.catalogs import make_bottle
from tests.support.chain import DAY, Chain, mirrored

_TAGS = ("arm64_sequoia", "arm64_sonoma", "arm64_tahoe")


@st.composite
def shards(draw: st.DrawFn) -> tuple[Load, ...]:
    """Draw a shard: loads of one bottle or several, that are fetched or copied."""
    loads = []
    for number in range(draw(st.integers(0, 5))):
        tags = _TAGS[: draw(st.integers(1, 3))]
        name = f"f{number}"
        bottles = tuple(make_bottle(name, tag=tag, content=name) for tag in tags)
        size = draw(st.none() | st.integers(1, 50))
        estimate = draw(st.none() | st.integers(1, 50)) if size is None else None
        source = draw(st.none() | st.just(ObjectKey(f"2026-08-01/{name}")))
        loads.append(Load(bottles[0].digest, size, bottles, source, estimate))
    return tuple(draw(st.permutations(loads)))


def all_of(loads: Sequence[Load]) -> list[Bottle]:
    return [bottle for load in loads for bottle in load.bottles]


def some_of(data: st.DataObject, loads: Sequence[Load]) -> list[Bottle]:
    """Draw the bottles of ``loads`` that were done, in any order."""
    bottles = all_of(loads)
    done = st.lists(st.sampled_from(bottles), unique=True) if bottles else st.just([])
    return data.draw(done)


def done(*bottles: Bottle, chain: Chain | None = None) -> Chain:
    """Record that ``bottles`` were mirrored, each of 7 bytes."""
    chain = chain or Chain()
    chain.add(*(mirrored(bottle, 7) for bottle in bottles))
    return chain


@given(shards())
def test_of_what_nothing_was_done_everything_is_left(loads: tuple[Load, ...]) -> None:
    assert left_of(loads, Chain().replay()) == loads


@given(shards())
def test_of_what_was_all_done_nothing_is_left(loads: tuple[Load, ...]) -> None:
    assert left_of(loads, done(*all_of(loads)).replay()) == ()


@given(shards(), st.data())
def test_exactly_the_rest_is_left_and_in_order(
    loads: tuple[Load, ...], data: st.DataObject
) -> None:
    ready = some_of(data, loads)
    left = left_of(loads, done(*ready).replay())
    assert all_of(left) == [b for b in all_of(loads) if b not in ready]


@given(shards(), st.data())
def test_what_is_held_is_copied_and_all_else_is_as_it_was(
    loads: tuple[Load, ...], data: st.DataObject
) -> None:
    ledger = done(*some_of(data, loads)).replay()
    before = {load.digest: load for load in loads}
    for load in left_of(loads, ledger):
        whole = before[load.digest]
        held = [ledger.held[b.key] for b in whole.bottles if b.key in ledger.held]
        if held:
            assert load.source == min(entry.object_key for entry in held)
            assert (load.size, load.estimate) == (7, None)
        else:
            assert load == whole


@given(shards(), st.data())
def test_who_goes_on_from_what_was_left_leaves_what_all_would_leave(
    loads: tuple[Load, ...], data: st.DataObject
) -> None:
    chain = done(*some_of(data, loads))
    first = left_of(loads, chain.replay())
    done(*some_of(data, first), chain=chain)
    ledger = chain.replay()
    assert all_of(left_of(first, ledger)) == all_of(left_of(loads, ledger))


@given(shards(), st.data())
def test_what_was_lost_replaced_or_dropped_since_is_left(
    loads: tuple[Load, ...], data: st.DataObject
) -> None:
    chain = done(*all_of(loads))
    gone = some_of(data, loads)
    for bottle in gone:
        key, digest, at = bottle.key, bottle.digest, bottle.object_key(DAY)
        other = make_bottle(bottle.name, tag=bottle.tag, content="other")
        happenings: list[Event] = [
            BottleLost(key, digest, at, "nothing"),
            BottleSuperseded(key, digest, DAY),
            mirrored(other, object_key=other.beside(at)),
        ]
        chain.add(data.draw(st.sampled_from(happenings)))
    left = left_of(loads, chain.replay())
    assert all_of(left) == [b for b in all_of(loads) if b in gone]
