"""What an order is worth by the ledger: whose run it is of, and whether it is free."""

from __future__ import annotations

from domain.errors import MirrorError
from domain.ledger import Ledger
from domain.order import Order
from domain.records import OpenRun
from domain.words import Route


class OrderError(MirrorError):
    """An order that no worker can follow: nothing was changed."""


def run_of(order: Order, ledger: Ledger) -> OpenRun | None:
    """Return the run that an order is of, None when it has ended.

    Raises:
        OrderError: There is no such run, or the order is not of its plan.
    """
    run = ledger.runs.get(order.run_id)
    if run is None and order.run_id in ledger.ended:
        return None
    if run is None or run.sharing is None:
        raise OrderError(
            f"order for run {order.run_id}: the ledger knows no such run that is shared"
            " out; is the store the one that the orchestrator uses?"
        )
    if (run.sharing.plan, run.shards) != (order.plan_sha256, order.shards):
        raise OrderError(
            f"order for run {order.run_id}: the run has plan {run.sharing.plan} in"
            f" {run.shards} shards, and the order says {order.plan_sha256} in"
            f" {order.shards}"
        )
    return run


def is_free(order: Order, ledger: Ledger, route: Route) -> bool:
    """Return whether the shard of an order may be claimed by a worker on ``route``."""
    run = ledger.runs.get(order.run_id)
    if run is None or run.sharing is None:
        return False
    shard = run.sharing.shards.get(order.shard)
    if shard is None:
        return True
    return shard.outcome is None and (route == "ecs" or shard.attempt < order.attempt)
