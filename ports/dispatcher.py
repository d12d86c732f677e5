"""Dispatching: to hand orders to workers, and to ask that a run be closed."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Protocol

from domain.order import Order


class Dispatcher(Protocol):
    """Hands orders to workers.

    Every adapter promises, and ``tests/contract`` holds it to:

    - All: when ``dispatch`` returns, every order is on its way to a worker, and
      nothing is waited for. Of a dispatch that failed some may be.
    - Harmless: the same orders may be dispatched again; at worst a worker finds in
      the ledger that its shard is another's.
    """

    @abstractmethod
    def dispatch(self, orders: Sequence[Order]) -> None:
        """Hand out ``orders``: one or more, all of one run.

        Raises:
            InvalidValueError: There is no order, or they are of several runs.
            UnavailableError: No answer, or "slow down"; try again later.
            RefusedError: It may not be done so (permission, no such worker, a
                payload over its limit), and what to do about it.
        """
        raise NotImplementedError


class Closer(Protocol):
    """Asks that runs be closed, by whoever may close them.

    Every adapter promises that asking for the same run again is harmless, and that
    nothing is waited for.
    """

    @abstractmethod
    def ask_to_close(self, run_id: str) -> None:
        """Ask that the run be closed.

        Raises:
            UnavailableError: No answer, or "slow down"; try again later.
            RefusedError: It may not be asked, and what to do about it.
        """
        raise NotImplementedError
