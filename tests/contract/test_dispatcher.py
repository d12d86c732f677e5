"""What every dispatcher and every closer promise."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

import pytest

from adapters.memory.dispatcher import MemoryCloser, MemoryDispatcher
from domain.errors import InvalidValueError
from domain.order import Order
from ports.dispatcher import Closer, Dispatcher

ORDER = Order("run-1", "a" * 64, 0, 3)
ORDERS = [replace(ORDER, shard=shard) for shard in range(3)]


@dataclass(frozen=True, slots=True)
class Watched:
    """A dispatcher, and the orders that are on their way because of it."""

    dispatcher: Dispatcher
    seen: Callable[[], Collection[Order]]


@dataclass(frozen=True, slots=True)
class WatchedCloser:
    """A closer, and the runs that it has asked to close."""

    closer: Closer
    seen: Callable[[], Collection[str]]


def _in_memory() -> Watched:
    dispatcher = MemoryDispatcher()
    return Watched(dispatcher, lambda: dispatcher.orders)


def _closing_in_memory() -> WatchedCloser:
    closer = MemoryCloser()
    return WatchedCloser(closer, lambda: closer.asked)


DISPATCHERS: dict[str, Callable[[], Watched]] = {"memory": _in_memory}
CLOSERS: dict[str, Callable[[], WatchedCloser]] = {"memory": _closing_in_memory}


@pytest.fixture(params=DISPATCHERS)
def watched(request: pytest.FixtureRequest) -> Watched:
    return DISPATCHERS[request.param]()


@pytest.fixture(params=CLOSERS)
def closing(request: pytest.FixtureRequest) -> WatchedCloser:
    return CLOSERS[request.param]()


class TestDispatcherContract:
    def test_hands_out_every_order(self, watched: Watched) -> None:
        watched.dispatcher.dispatch(ORDERS)
        assert set(watched.seen()) == set(ORDERS)

    def test_hands_out_some_shards_of_a_run_alone(self, watched: Watched) -> None:
        again = replace(ORDERS[1], attempt=2)
        watched.dispatcher.dispatch([again])
        assert set(watched.seen()) == {again}

    def test_hands_out_the_same_orders_again_without_harm(
        self, watched: Watched
    ) -> None:
        watched.dispatcher.dispatch(ORDERS)
        watched.dispatcher.dispatch(ORDERS)
        assert set(watched.seen()) == set(ORDERS)

    def test_hands_out_what_an_earlier_dispatch_did_not(self, watched: Watched) -> None:
        watched.dispatcher.dispatch(ORDERS)
        later = [replace(order, attempt=2) for order in ORDERS[1:]]
        watched.dispatcher.dispatch(later)
        assert set(watched.seen()) == {*ORDERS, *later}

    @pytest.mark.parametrize(
        "orders", [[], [ORDER, replace(ORDER, run_id="run-2")]], ids=["none", "two"]
    )
    def test_refuses_orders_that_are_not_of_one_run(
        self, watched: Watched, orders: list[Order]
    ) -> None:
        with pytest.raises(InvalidValueError, match="orders of one run"):
            watched.dispatcher.dispatch(orders)
        assert not watched.seen()


class TestCloserContract:
    def test_asks_to_close_the_run(self, closing: WatchedCloser) -> None:
        closing.closer.ask_to_close("run-1")
        assert set(closing.seen()) == {"run-1"}

    def test_asks_again_without_harm(self, closing: WatchedCloser) -> None:
        closing.closer.ask_to_close("run-1")
        closing.closer.ask_to_close("run-1")
        assert set(closing.seen()) == {"run-1"}
