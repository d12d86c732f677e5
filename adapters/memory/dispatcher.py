"""A dispatcher and a closer that remember what they were asked."""

from __future__ import annotations

from collections.abc import Sequence

from domain.order import Order, run_of
from ports.dispatcher import Closer, Dispatcher


class MemoryDispatcher(Dispatcher):
    """Hands orders to nobody, and remembers them.

    Attributes:
        orders: Every order that was handed out, in order, repeats included.
    """

    def __init__(self) -> None:
        self.orders: list[Order] = []

    def dispatch(self, orders: Sequence[Order]) -> None:
        run_of(orders)
        self.orders.extend(orders)


class MemoryCloser(Closer):
    """Closes nothing, and remembers what it should close.

    Attributes:
        asked: The run of every request, in order, repeats included.
    """

    def __init__(self) -> None:
        self.asked: list[str] = []

    def ask_to_close(self, run_id: str) -> None:
        self.asked.append(run_id)
