"""A cloud in memory: the orchestrator and its workers, over one mirror.

Nothing runs by itself: orders wait until a test has a worker carry them out.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence

from adapters.memory.dispatcher import MemoryCloser
from adapters.memory.metrics import MemoryMetrics
from adapters.memory.notifier import MemoryNotifier
from application.adopt import Adopt
from application.announce import Announce
from application.close_run import CloseRun, Closing
from application.hand_over_indexes import HandOverIndexes
from application.orchestrate import Orchestrate, Orchestration
from application.prepare_sync import PrepareSync
from application.redispatch import AskForShards, ReplaceWorker
from application.salvage import Salvage
from application.tell_of_ends import TellOfEnds
from application.tell_of_run import TellOfRun
from application.work_shard import ShardReport, WorkShard
from domain.messages import Message
from domain.order import Order
from domain.selection import Selection
from domain.words import Route
from ports.dispatcher import Dispatcher
from ports.errors import PortError
from tests.support.mirror import EVERYTHING, Mirror, Process

STARTED = "🚀 Homebrew Bottles Sync Started"
PROGRESS = "⏳ Homebrew Sync Progress"
COMPLETE = "✅ Homebrew Bottles Sync Complete"
DEGRADED = "❌ Homebrew Bottles Sync Degraded"
FAILED = "❌ Homebrew Bottles Sync Failed"

_LOGS = {route: f"/aws/{route}" for route in ("none", "lambda", "ecs")}


class Waiting(Dispatcher):
    """Orders that nobody has carried out yet.

    Attributes:
        orders: The waiting ones, in order.
        handed: Every order there ever was.
        refusal: What orders are refused with; None to take them.
        then: Called when orders have been taken, before that is answered.
    """

    def __init__(self) -> None:
        self.orders: deque[Order] = deque()
        self.handed: list[Order] = []
        self.refusal: PortError | None = None
        self.then: Callable[[], object] = lambda: None

    def dispatch(self, orders: Sequence[Order]) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.orders.extend(orders)
        self.handed.extend(orders)
        self.then()


class Slack(MemoryNotifier):
    """Where people are told.

    Attributes:
        before: Called before each message is taken.
    """

    def __init__(self) -> None:
        super().__init__()
        self.before: Callable[[], object] = lambda: None

    def send(self, message: Message) -> None:
        self.before()
        super().send(message)


class Cloud:
    """The programs in the cloud; each call is a process of its own.

    Attributes:
        shard_bytes: The share of a worker, whatever it runs on.
        size_threshold: From how many bytes on a run goes to ECS.
        unbegun: The runs that the orchestrator's process remembers to have told of as
            unable to begin; AWS tries a trigger again in the same one, as a rule.
    """

    def __init__(self, mirror: Mirror) -> None:
        self.mirror = mirror
        self.waiting: Mapping[Route, Waiting] = {"lambda": Waiting(), "ecs": Waiting()}
        self.closer = MemoryCloser()
        self.slack = Slack()
        self.metrics = MemoryMetrics()
        self.shard_bytes = 10
        self.size_threshold = 1_000
        self.unbegun: set[str] = set()

    @property
    def orders(self) -> deque[Order]:
        """The orders that wait for a worker in Lambda."""
        return self.waiting["lambda"].orders

    @property
    def titles(self) -> list[str]:
        """What people were told, by its title."""
        return [message.title for message in self.slack.messages]

    def process(self, *, jobs: int = 1) -> Process:
        """Return a new process of the cloud's."""
        process = self.mirror.process(jobs=jobs)
        process.runs = process.cloud_runs(self.size_threshold)
        return process

    def trigger(
        self,
        run_id: str = "run-1",
        selection: Selection = EVERYTHING,
        process: Process | None = None,
        max_bytes: int | None = None,
    ) -> Orchestration:
        """Have the orchestrator start a run."""
        process = process or self.process()
        orchestrate = Orchestrate(
            prepare=PrepareSync(
                plan_sync=process.plan_sync,
                adopt=Adopt(process.store),
                external=process.importing(self.mirror.external),
                runs=process.runs,
            ),
            runs=process.runs,
            close=self._closing(process),
            tell=self.telling(process),
            dispatchers=self.waiting,
            shards=lambda work: work.shards(self.shard_bytes),
            hand_over=HandOverIndexes(
                process.transfer.expose.keep_index,
                process.mirror.clock,
                process.progress,
                jobs=1,
            ),
            progress=process.progress,
        )
        return orchestrate(selection, run_id, max_bytes)

    def work(
        self,
        order: Order,
        route: Route = "lambda",
        seconds: float = math.inf,
        process: Process | None = None,
    ) -> ShardReport:
        """Have a worker carry out an order."""
        process = process or self.process()
        work_shard = WorkShard(
            carry_out=process.carry_out,
            salvage=Salvage(process.store),
            runs=process.runs,
            route=route,
            dispatchers=self.waiting if route == "lambda" else {},
            closer=self.closer if route == "lambda" else None,
            tell=self.telling(process),
            used=lambda: {"upstream": 0, "store": 0},
            metrics=self.metrics,
            progress=process.progress,
        )
        return work_shard(order, seconds)

    def work_all(self, route: Route = "lambda") -> list[ShardReport]:
        """Have workers carry out orders until none is waiting."""
        waiting, reports = self.waiting[route].orders, []
        while waiting:
            reports.append(self.work(waiting.popleft(), route))
        return reports

    def close(
        self,
        run_id: str = "run-1",
        give_up: Collection[int] = (),
        process: Process | None = None,
    ) -> Closing:
        """Have the orchestrator close a run."""
        return self._closing(process or self.process())(run_id, give_up)

    def shards(
        self, run_id: str = "run-1", among: Collection[int] | None = None
    ) -> tuple[Order, ...]:
        """Ask the orchestrator which shards have not ended."""
        return AskForShards(self.process().runs)(run_id, among)

    def worker_died(self, order: Order) -> Order | Closing:
        """Tell the orchestrator that a worker died without a word."""
        process = self.process()
        replace = ReplaceWorker(
            AskForShards(process.runs),
            self._closing(process),
            self.waiting,
            process.runs.clock,
            process.progress,
        )
        return replace(order)

    def _closing(self, process: Process) -> CloseRun:
        return CloseRun(
            process.runs,
            process.exposing(),
            TellOfEnds(process.runs, self.telling(process)),
            process.refreshing(),
            self.metrics,
            process.progress,
        )

    def telling(self, process: Process) -> TellOfRun:
        """Return what tells people of runs."""
        return TellOfRun(
            Announce([self.slack], self.metrics, process.progress),
            self.mirror.clock,
            "test",
            "s3://bottles",
            _LOGS,
            "retry",
            self.unbegun,
        )
