"""Workers on AWS Lambda: one asynchronous invocation an order."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

from botocore.parsers import ResponseParserError

from adapters.aws.client import Aws
from adapters.aws.limits import LAMBDA_EVENT
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


def invoke(aws: Aws, function: str, event: str, what: str) -> None:
    """Invoke a function asynchronously.

    Lambda may run it twice for one event, and so may a repeated call of ours: what is
    asked for must bear that.

    Raises:
        UnavailableError: No answer, or "slow down".
        RefusedError: There is no such function, it may not be invoked, or the event is
            too large.
    """
    LAMBDA_EVENT.check(what, event)
    with aws.translator.translated(
        f"{what}, function {function}",
        right=f"lambda:InvokeFunction on {function}",
        missing=f"deploy {function}, or set project_name and aws_region to its own",
    ):
        answer = aws.functions.invoke(
            FunctionName=function, InvocationType="Event", Payload=event.encode()
        )
        # Nothing, but until it is read the connection serves nobody else.
        answer["Payload"].read()
        if answer["StatusCode"] != HTTPStatus.ACCEPTED:
            raise ResponseParserError("the answer does not say that it was accepted")
