"""What every dispatcher and every closer promise."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace

import pytest
from moto import mock_aws

from adapters.aws.client import Aws
from adapters.aws_ecs import EcsDispatcher
from adapters.aws_lambda import LambdaCloser, LambdaDispatcher
from adapters.memory.dispatcher import MemoryCloser, MemoryDispatcher
from adapters.order_codec import decode_order
from domain.errors import InvalidValueError
from domain.order import Order
from ports.dispatcher import Closer, Dispatcher
from tests.support.canned import Answer, CannedServer

ACCEPTED = Answer(202)
ENDS_AT_ONCE = json.dumps({"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}})
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


@contextmanager
def _in_memory() -> Iterator[Watched]:
    dispatcher = MemoryDispatcher()
    yield Watched(dispatcher, lambda: dispatcher.orders)


@contextmanager
def _on_lambda() -> Iterator[Watched]:
    with CannedServer(ACCEPTED) as server, reached_at(server.endpoint_url) as aws:
        yield Watched(
            LambdaDispatcher(aws, "homebrew-sync-worker"),
            lambda: [decode_order(asked.body.decode()) for asked in server.requests],
        )


@contextmanager
def _on_ecs() -> Iterator[Watched]:
    with mock_aws():
        aws = Aws("us-east-1", 1)
        machine = aws.state_machines.create_state_machine(
            name="homebrew-sync",
            definition=ENDS_AT_ONCE,
            roleArn="arn:aws:iam::123456789012:role/states",
        )["stateMachineArn"]

        def seen() -> Collection[Order]:
            found = aws.state_machines.list_executions(stateMachineArn=machine)
            return [
                decode_order(said)
                for execution in found["executions"]
                for said in json.loads(
                    aws.state_machines.describe_execution(
                        executionArn=execution["executionArn"]
                    )["input"]
                )["orders"]
            ]

        yield Watched(EcsDispatcher(aws, machine), seen)


@contextmanager
def _closing_in_memory() -> Iterator[WatchedCloser]:
    closer = MemoryCloser()
    yield WatchedCloser(closer, lambda: closer.asked)


@contextmanager
def _closing_on_lambda() -> Iterator[WatchedCloser]:
    def run_of(body: bytes) -> str:
        event = json.loads(body)
        assert event.pop("source") == "close"
        run: str = event.pop("run_id")
        assert event == {}
        return run

    with CannedServer(ACCEPTED) as server, reached_at(server.endpoint_url) as aws:
        yield WatchedCloser(
            LambdaCloser(aws, "homebrew-sync-orchestrator"),
            lambda: [run_of(asked.body) for asked in server.requests],
        )


@contextmanager
def reached_at(endpoint_url: str) -> Iterator[Aws]:
    """Yield an AWS whose services are all at one URL."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", endpoint_url)
        yield Aws("us-east-1", 1)


DISPATCHERS: dict[str, Callable[[], AbstractContextManager[Watched]]] = {
    "memory": _in_memory,
    "lambda": _on_lambda,
    "ecs": _on_ecs,
}
CLOSERS: dict[str, Callable[[], AbstractContextManager[WatchedCloser]]] = {
    "memory": _closing_in_memory,
    "lambda": _closing_on_lambda,
}


@pytest.fixture(params=DISPATCHERS)
def watched(request: pytest.FixtureRequest) -> Iterator[Watched]:
    with DISPATCHERS[request.param]() as opened:
        yield opened


@pytest.fixture(params=CLOSERS)
def closing(request: pytest.FixtureRequest) -> Iterator[WatchedCloser]:
    with CLOSERS[request.param]() as opened:
        yield opened


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
