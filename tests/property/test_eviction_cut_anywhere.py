"""Collecting garbage is killed at each of its calls; the next one makes it right."""

from __future__ import annotations

import pytest

from domain.generations import BottleEvicted
from tests.support.shown_mirror import ShownMirror, grown, what_clients_miss
from tests.support.watched import Killed, at_call


def calls_of_one_that_lives() -> int:
    """Return how many calls to the store it takes when nothing happens."""
    process = (mirror := grown()).process()
    mirror.collecting(process)(act=True)
    return len(process.watch.calls)


STEPS = calls_of_one_that_lives()


def test_there_are_many_calls() -> None:
    assert STEPS >= 25


@pytest.mark.parametrize("step", range(1, STEPS + 1))
@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
def test_the_next_one_makes_it_right(step: int, *, done: bool) -> None:
    mirror = grown()
    process = mirror.process()
    process.watch.interfere(at_call(step, process.watch.kill), done=done)
    with pytest.raises(Killed):
        mirror.collecting(process)(act=True)
    _check_that_clients_miss_nothing(mirror)

    mirror.collect()

    evicted = mirror.recorded(BottleEvicted)
    assert len({event.object_key for event in evicted}) == len(evicted) == 4
    _check_that_clients_miss_nothing(mirror)
    mirror.check_views()
    mirror.process().rebuild()
    mirror.check()


@pytest.mark.parametrize("step", range(1, STEPS + 1, 3))
def test_so_does_one_that_comes_after_another_sync(step: int) -> None:
    mirror = grown()
    process = mirror.process()
    process.watch.interfere(at_call(step, process.watch.kill), done=True)
    with pytest.raises(Killed):
        mirror.collecting(process)(act=True)

    mirror.pass_weeks(1)

    _check_that_clients_miss_nothing(mirror)
    mirror.check()
    mirror.check_views()


def _check_that_clients_miss_nothing(mirror: ShownMirror) -> None:
    ledger = mirror.ledger()
    for number in ledger.generations:
        assert what_clients_miss(mirror, ledger, number) == []
