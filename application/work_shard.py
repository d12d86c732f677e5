"""Working on one shard of a run, as an order says: in Lambda, or on ECS."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Final, Literal

from application.carry_out import CarryOut
from application.follow_order import is_free, run_of
from application.journal import Journal
from application.opened_ledger import open_to_record
from application.patience import Patience
from application.run import Runs
from application.salvage import Salvage
from application.shard_foreman import ShardForeman, ShardLostError, TimeBudget
from application.tally import Tally
from application.tell_of_run import TellOfRun
from domain.events import Event, ShardCompleted, ShardPaused, ShardStarted
from domain.ledger import Ledger
from domain.order import Order
from domain.words import Outcome, Route
from domain.work import Load, left_of, split
from ports.dispatcher import Closer, Dispatcher
from ports.errors import OutcomeUnknownError, UnavailableError
from ports.metrics import Metrics
from ports.progress import Progress

MOST_ATTEMPTS: Final = 8
"""After so many Lambda workers a shard goes to ECS; AWS stops a function that calls
itself about sixteen times. Source: docs.aws.amazon.com/lambda, recursive loops."""

PAUSES: Final = (5.0, 20.0, 60.0)
"""Seconds before what got no answer is tried again: whoever is away for a minute is
waited for."""

_NO_ANSWER: Final = frozenset({UnavailableError.cause, OutcomeUnknownError.cause})

Ending = Literal["completed", "handed_on", "stopped", "left_alone"]


@dataclass(frozen=True, slots=True)
class ShardReport:
    """How a worker left its shard.

    Attributes:
        ending: ``completed``: the shard has ended; ``handed_on``: another worker was
            given the rest; ``stopped``: told to leave, the rest is for the next;
            ``left_alone``: it is another's, has ended, or its run has.
        reason: Why, in a sentence.
        left: Loads that are still to be done.
    """

    order: Order
    ending: Ending
    reason: str
    tally: Tally
    left: int = 0


@dataclass(frozen=True, slots=True)
class WorkShard:
    """Carries out one shard, and records what became of it.

    What the ledger has is not done again, whoever did it. Of several workers with the
    same attempt the first one in the log has the shard.

    Attributes:
        route: What this worker runs on.
        dispatchers: Who is handed the rest when the time is up, by route.
        closer: Who is asked to close the run; None where somebody else asks.
        used: Tells what was used so far, by name, to be counted with the run.
    """

    carry_out: CarryOut
    salvage: Salvage
    runs: Runs
    route: Route
    dispatchers: Mapping[Route, Dispatcher]
    closer: Closer | None
    tell: TellOfRun
    used: Callable[[], Mapping[str, int]]
    metrics: Metrics
    progress: Progress

    def __call__(self, order: Order, seconds: float = math.inf) -> ShardReport:
        """Follow an order.

        Args:
            seconds: How long this worker may take in all.

        Raises:
            OrderError: There is no such run, or its plan is another.
            PortError: The store or the log cannot be used, or so many bottles in a row
                failed that the rest was left.
            LedgerDamagedError: The log is damaged; nothing was changed.
        """
        runs = self.runs
        begun, used = runs.clock.monotonic(), self.used()
        budget = TimeBudget(runs.clock, begun, seconds, self.carry_out.jobs)
        patience = Patience(runs.clock, partial(self._seconds_left, budget))
        opened = patience(partial(open_to_record, runs.log, runs.hash_file))
        for note in opened.notes:
            self.progress.note(note)
        run = run_of(order, opened.ledger)
        if run is None:
            return _left_alone(order, f"run {order.run_id} has ended")
        # Read before the shard is claimed: an order that is wrong claims nothing.
        loads = patience(partial(runs.documents.load_work, order.plan_sha256)).loads
        journal = Journal(
            runs.log,
            runs.clock,
            runs.new_id,
            opened.ledger,
            order.run_id,
            order.shard,
            order.shards,
            patience,
        )
        claimed = self._claim(order, journal)
        if claimed is None:
            return _left_alone(order, "it has ended, or another worker has it")
        share = self._share(claimed, journal, loads, run.day, patience)
        foreman = ShardForeman(
            claimed,
            journal.writer,
            budget,
            partial(self._tell_progress, journal, order.run_id),
        )
        try:
            tally = self._carry_out(share, journal, run.day, foreman)
        except ShardLostError as error:
            return _left_alone(order, str(error))
        spent = {
            **tally.counts,
            "seconds": math.ceil(runs.clock.monotonic() - begun),
            **{name: n - used.get(name, 0) for name, n in self.used().items()},
        }
        return self._leave(claimed, journal, tally, share, spent, budget)

    def _seconds_left(self, budget: TimeBudget) -> float:
        """Return the seconds for which this worker may wait for a store."""
        if self.carry_out.transfer.stop.is_set():
            return 0.0
        return budget.seconds_left()

    def _carry_out(
        self,
        share: tuple[Load, ...],
        journal: Journal,
        day: date,
        foreman: ShardForeman,
    ) -> Tally:
        """Carry out ``share``, and what got no answer of it again, some time later."""
        tally = self.carry_out(share, journal, day, foreman)
        for pause in PAUSES:
            unanswered = {
                failure.bottle.key
                for failure in tally.failures
                if failure.cause in _NO_ANSWER
            }
            if not unanswered or tally.outcome != "degraded":
                break
            if 2 * pause > foreman.seconds_left():
                break
            self.progress.note(
                f"{len(unanswered)} bottles got no answer, and are tried again in"
                f" {pause:g} s"
            )
            # By a clock that a stop ends: what is tried again then is left.
            with suppress(UnavailableError):
                self.carry_out.transfer.clock.sleep(pause)
            again = [
                load
                for load in left_of(share, journal.ledger)
                if not unanswered.isdisjoint(bottle.key for bottle in load.bottles)
            ]
            tally.add_second_try(self.carry_out(again, journal, day, foreman), again)
        return tally

    def _share(
        self,
        order: Order,
        journal: Journal,
        loads: tuple[Load, ...],
        day: date,
        patience: Patience,
    ) -> tuple[Load, ...]:
        """Return what is to be done of the shard, others' work taken over first."""
        share = left_of(split(loads, order.shards)[order.shard], journal.ledger)
        if order.attempt == 1:
            return share
        stored = partial(self.salvage, share, journal.ledger, day)
        salvaged = patience(lambda: tuple(stored()))
        transfer = self.carry_out.transfer
        shown = transfer.expose.all(salvaged, journal.ledger, self.carry_out.jobs)
        journal.record(shown)
        transfer.spool.forget({event.bottle.digest for event in salvaged})
        return left_of(share, journal.ledger)

    def _claim(self, order: Order, journal: Journal) -> Order | None:
        """Claim the shard in the log.

        Returns:
            The order with the attempt that it was claimed for, None if it is not this
            worker's.
        """
        claimed = order

        def decide(ledger: Ledger) -> tuple[Event, ...] | None:
            nonlocal claimed
            if not is_free(order, ledger, self.route):
                return None
            run = ledger.runs.get(order.run_id)
            shard = run and run.sharing and run.sharing.shards.get(order.shard)
            if self.route == "ecs" and shard:
                # Whoever starts tasks has seen the one before come to its end.
                attempt = max(order.attempt, shard.attempt + 1)
                claimed = replace(order, attempt=attempt)
            return (
                ShardStarted(order.run_id, order.shard, claimed.attempt, self.route),
            )

        journal.follow()
        return claimed if journal.record_as(decide) else None

    def _tell_progress(self, journal: Journal, run_id: str) -> None:
        run = journal.ledger.runs[run_id]
        self.metrics.add("SyncProgress", 100 * run.mirrored // run.bottles)
        self.metrics.flush()
        self.tell.progress(journal, run_id)

    def _leave(
        self,
        order: Order,
        journal: Journal,
        tally: Tally,
        share: tuple[Load, ...],
        spent: Mapping[str, int],
        budget: TimeBudget,
    ) -> ShardReport:
        failed = {failure.bottle.key for failure in tally.failures}
        left = [
            load
            for load in left_of(share, journal.ledger)
            if not failed.issuperset(bottle.key for bottle in load.bottles)
        ]
        if left or tally.gave_up is not None:
            pause = ShardPaused(order.run_id, order.shard, order.attempt, spent)
            journal.record([pause])
            if tally.gave_up is not None:
                raise tally.gave_up
            return self._hand_on(order, tally, left, budget)
        outcome: Outcome = "degraded" if failed else "complete"
        ended = ShardCompleted(order.run_id, order.shard, outcome, spent)
        journal.record([ended])
        run = journal.ledger.runs.get(order.run_id)
        if self.closer is not None and run is not None and not run.unfinished:
            self.closer.ask_to_close(order.run_id)
        return ShardReport(order, "completed", outcome, tally)

    def _hand_on(
        self, order: Order, tally: Tally, left: list[Load], budget: TimeBudget
    ) -> ShardReport:
        count = len(left)
        if not self.dispatchers:
            reason = "told to leave; whoever started this worker starts another"
            return ShardReport(order, "stopped", reason, tally, count)
        too_long = tally.interrupted or not all(map(budget.would_ever_fit, left))
        fits = not too_long and order.attempt < MOST_ATTEMPTS
        route: Route = "lambda" if fits else "ecs"
        further = replace(order, attempt=order.attempt + 1)
        self.dispatchers[route].dispatch([further])
        reason = f"the time is up; attempt {further.attempt} goes to {route}"
        return ShardReport(order, "handed_on", reason, tally, count)


def _left_alone(order: Order, why: str) -> ShardReport:
    return ShardReport(order, "left_alone", why, Tally())
