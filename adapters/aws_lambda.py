"""Workers on AWS Lambda: one asynchronous invocation an order."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.aws.client import Aws
from adapters.aws.functions import invoke
from adapters.ledger.canonical_json import written
from adapters.order_codec import encode_order
from domain.order import Order, run_of
from ports.dispatcher import Closer, Dispatcher


class LambdaDispatcher(Dispatcher):
    """Invokes the worker function once an order, and waits for none of them."""

    def __init__(self, aws: Aws, function: str) -> None:
        self._aws = aws
        self._function = function

    def dispatch(self, orders: Sequence[Order]) -> None:
        run_of(orders)
        for order in orders:
            what = f"order shard {order.shard} of run {order.run_id}"
            invoke(self._aws, self._function, encode_order(order), what)


class LambdaCloser(Closer):
    """Invokes the orchestrator, which alone closes runs."""

    def __init__(self, aws: Aws, function: str) -> None:
        self._aws = aws
        self._function = function

    def ask_to_close(self, run_id: str) -> None:
        event = written({"source": "close", "run_id": run_id})
        invoke(self._aws, self._function, event, f"ask to close run {run_id}")
