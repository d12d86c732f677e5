"""Shards that are left: which there are, and handing them out again."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Final

from application.close_run import CloseRun, Closing, UnknownRunError
from application.opened_ledger import open_ledger
from application.run import Runs
from application.work_shard import MOST_ATTEMPTS
from domain.order import Order
from domain.words import Route
from ports.clock import Clock
from ports.dispatcher import Dispatcher
from ports.progress import Progress

LONGEST_PAUSE: Final = 60.0
"""Seconds at most before a shard is given to another worker."""


@dataclass(frozen=True, slots=True)
class AskForShards:
    """Tells which shards of a run have not ended. Nothing is written."""

    runs: Runs

    def __call__(
        self, run_id: str, among: Collection[int] | None = None
    ) -> tuple[Order, ...]:
        """Return the orders for shards that have not ended.

        Args:
            among: Only these; all of the run if None.

        Raises:
            UnknownRunError: There is no such run.
            PortError: The store or the log cannot be used.
            LedgerDamagedError: The log is damaged.
        """
        ledger = open_ledger(self.runs.log, self.runs.hash_file).ledger
        run = ledger.runs.get(run_id)
        if run is None or run.sharing is None:
            if run_id in ledger.ended:
                return ()
            raise UnknownRunError(f"run {run_id}: the ledger knows no such run")
        return tuple(
            Order(
                run_id,
                run.sharing.plan,
                shard,
                run.shards,
                attempt=run.sharing.shards[shard].attempt + 1
                if shard in run.sharing.shards
                else 1,
            )
            for shard in run.unfinished
            if among is None or shard in among
        )


@dataclass(frozen=True, slots=True)
class ReplaceWorker:
    """Gives a shard to another worker when one has died without a word.

    Not at once: what it died of may last, and the attempts are to outlast it. It is
    waited here, where a second costs a sixth of what it costs a worker.
    """

    ask: AskForShards
    close: CloseRun
    dispatchers: Mapping[Route, Dispatcher]
    clock: Clock
    progress: Progress

    def __call__(self, died: Order) -> Order | Closing:
        """Hand out a shard again, or close its run if that was the last thing to do.

        Returns:
            The new order; or what came of closing the run.

        Raises:
            UnknownRunError: There is no such run.
            PortError: The store, the log or the workers cannot be used.
            LedgerDamagedError: The log is damaged.
        """
        left = self.ask(died.run_id, [died.shard])
        if not left:
            # It had done its work, and died before it asked for this.
            return self.close(died.run_id)
        (order,) = left
        if order.attempt > died.attempt + 1:
            return Closing(died.run_id, None, (died.shard,))
        # One that never came to claim its shard counts as well, or it would for ever.
        order = replace(order, attempt=max(order.attempt, died.attempt + 1))
        route: Route = "lambda" if order.attempt <= MOST_ATTEMPTS else "ecs"
        pause = min(2.0**died.attempt, LONGEST_PAUSE)
        self.progress.note(
            f"the worker on shard {died.shard} of run {died.run_id} died in attempt"
            f" {died.attempt}; attempt {order.attempt} goes to {route} in {pause:g} s"
        )
        self.clock.sleep(pause)
        self.dispatchers[route].dispatch([order])
        return order
