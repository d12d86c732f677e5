"""An order: one shard of a run's plan, for one worker."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from domain.bottle import parse_digest
from domain.errors import InvalidValueError

# What AWS takes in a name, for an order's run names things there.
_RUN_ID = re.compile(r"[A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Order:
    """A worker's share of a run: the plan is a document, and an order names it.

    Attributes:
        plan_sha256: The SHA-256 of the plan's document, checked when it is read.
        shard: Which share it is, from 0.
        shards: Into how many shares the plan is divided.
        attempt: How often this shard was given to a worker, this time included.

    Raises:
        InvalidValueError: No run or plan is called so, or there is no such shard.
    """

    run_id: str
    plan_sha256: str
    shard: int
    shards: int
    attempt: int = 1

    def __post_init__(self) -> None:
        if not _RUN_ID.fullmatch(self.run_id):
            raise InvalidValueError(
                "run_id", self.run_id, "made of letters, digits, _ and -"
            )
        parse_digest(self.plan_sha256)
        for name, value in (("shards", self.shards), ("attempt", self.attempt)):
            if value < 1:
                raise InvalidValueError(name, value, "1 or more")
        if not 0 <= self.shard < self.shards:
            raise InvalidValueError(
                "shard", self.shard, f"one of 0 to {self.shards - 1}"
            )


def run_of(orders: Sequence[Order]) -> str:
    """Return the run that all of ``orders`` are of.

    Raises:
        InvalidValueError: There is no order, or they are of several runs.
    """
    runs = sorted({order.run_id for order in orders})
    if len(runs) != 1:
        raise InvalidValueError("orders", runs, "orders of one run")
    return runs[0]
