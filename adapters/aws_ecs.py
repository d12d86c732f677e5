"""Workers on Amazon ECS: AWS Step Functions runs a task for each order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from adapters.aws.client import Aws
from adapters.aws.errors import code_of
from adapters.aws.limits import EXECUTION_INPUT, EXECUTION_NAME, TASK_OVERRIDES
from adapters.ledger.canonical_json import written
from adapters.order_codec import encode_order, said_of
from domain.order import Order, run_of
from ports.dispatcher import Dispatcher

ADDED: Final = "-" * 4_096
"""Room for what the input grows by on its way from state to state.

That is the round, attempts of more digits, and around an answer of AWS Lambda's its
headers.
"""
_LONGEST_CONTAINER_NAME: Final = "-" * 255


class EcsDispatcher(Dispatcher):
    """Starts an execution of the state machine that runs a task for each order.

    The execution is named after the run, or after the shard and its attempt where only
    some shards are ordered. AWS refuses a name for 90 days: the same orders start one
    execution, however often they are dispatched.
    """

    def __init__(self, aws: Aws, state_machine: str) -> None:
        self._aws = aws
        self._state_machine = state_machine

    def dispatch(self, orders: Sequence[Order]) -> None:
        run = run_of(orders)
        what = f"order {len(orders)} shards of run {run}"
        for order in orders:
            TASK_OVERRIDES.check(what, overrides_of(order, _LONGEST_CONTAINER_NAME))
        execution = input_of(orders)
        EXECUTION_INPUT.check(what, execution + ADDED)
        name = name_of(orders)
        EXECUTION_NAME.check(what, name)
        machine = self._state_machine
        with self._aws.translator.translated(
            f"{what}, state machine {machine}",
            right=f"states:StartExecution on {machine}",
            missing=f"deploy {machine}, or set state_machine_arn to the right one",
        ):
            try:
                answer = self._aws.state_machines.start_execution(
                    stateMachineArn=machine, name=name, input=execution
                )
                if "executionArn" not in answer:
                    raise ResponseParserError("the answer names no execution")
            except ClientError as error:
                # While it runs, the same input gets the same answer; any other, or
                # the same when it has ended, gets this.
                if code_of(error) != "ExecutionAlreadyExists":
                    raise


def name_of(orders: Sequence[Order]) -> str:
    """Return what the execution for ``orders`` is called."""
    first = orders[0]
    shards = {order.shard for order in orders if order.attempt == 1}
    if len(shards) == first.shards:
        return first.run_id
    return f"{first.run_id}-{first.shard}-{first.attempt}"


def input_of(orders: Sequence[Order]) -> str:
    """Return what the state machine is given for ``orders``, as JSON."""
    return written(
        {
            "run_id": run_of(orders),
            "shards": [order.shard for order in orders],
            "orders": [said_of(order) for order in orders],
        }
    )


def overrides_of(order: Order, container: str) -> str:
    """Return what the state machine changes of a task for an order, as JSON."""
    variable = {"Name": "BOTTLES_ORDER", "Value": encode_order(order)}
    changed = {"Name": container, "Environment": [variable]}
    return written({"ContainerOverrides": [changed]})
