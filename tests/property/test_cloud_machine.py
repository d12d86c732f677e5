"""A mirror in the cloud, and all that may happen to its programs, in any order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from enum import Enum

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from adapters.ledger.layout import COMMITS
from application.close_run import Closing
from domain.events import NotificationSent, SyncStarted
from domain.order import Order
from domain.plan import make_plan
from domain.selection import choose
from domain.words import Route
from ports.errors import PortError, RefusedError, UnavailableError
from tests.support.cloud import COMPLETE, DEGRADED, FAILED, Cloud
from tests.support.machines import machine_settings
from tests.support.mirror import EVERYTHING, TAG, Mirror, Process
from tests.support.troubles import Trouble, troubles
from tests.support.watched import Call, Killed
from tests.support.witness import Witness

NAMES = ("bat", "curl", "gtk+3", "jq", "node", "openssl@3", "wget", "zstd")
SECONDS = (1, 90, 5 * 60, 31 * 60)
ENDS = {COMPLETE, DEGRADED, FAILED}
DOWN = UnavailableError("slack", "no answer")

names = st.sampled_from(NAMES)
texts = st.sampled_from(("a", "bb", "ccc", "dddd"))
picks = st.integers(0, 20)
mishaps = st.none() | troubles()


class Deed(Enum):
    """What another program does meanwhile."""

    TRIGGER = "a second trigger comes"
    AGAIN = "the last trigger comes again"
    WORK = "a worker carries out the next order"
    CLOSE = "somebody asks for the end"
    SYNC = "a person syncs"


class CloudMachine(RuleBasedStateMachine):
    """Triggers, orders and questions come, come again, come late; programs die."""

    def __init__(self) -> None:
        super().__init__()
        self.mirror = Mirror()
        self.witness = Witness(self.mirror)
        self.cloud = Cloud(self.mirror)
        self.triggers: list[str] = []
        # What AWS delivers again, or to somebody else, when a function has failed.
        self.undelivered: deque[Callable[[], object]] = deque()
        # Whether nobody who tells of an end has died over it, or was held up.
        self.is_certain = True

    @initialize(
        given=st.lists(texts, min_size=len(NAMES), max_size=len(NAMES)),
        shard_bytes=st.sampled_from((4, 8, 100)),
        size_threshold=st.sampled_from((1, 1_000)),
    )
    def begin_with(
        self, given: list[str], shard_bytes: int, size_threshold: int
    ) -> None:
        self.cloud.shard_bytes = shard_bytes
        self.cloud.size_threshold = size_threshold
        self.offer(dict(zip(NAMES, given, strict=True)), "1.0")
        self.trigger(None, Deed.SYNC)

    @rule(
        offers=st.dictionaries(names, texts, min_size=1),
        version=st.sampled_from(("1.0", "1.1")),
    )
    def offer(self, offers: dict[str, str], version: str) -> None:
        """Offer new versions, or replace bottles' bytes."""
        for name, text in offers.items():
            offered = self.mirror.offer(name, version, contents={TAG: text})
            self.witness.offered(offered)

    @rule(name=names)
    def withdraw(self, name: str) -> None:
        self.mirror.withdraw(name)

    @rule(
        seconds=st.sampled_from(SECONDS),
        slack=st.sampled_from((None, DOWN)),
        start=st.sampled_from((None, None, UnavailableError, RefusedError)),
        size_threshold=st.sampled_from((1, 1_000)),
    )
    def change_the_world(
        self,
        seconds: int,
        slack: PortError | None,
        start: type[PortError] | None,
        size_threshold: int,
    ) -> None:
        """Let time pass, and others be there or not."""
        self.mirror.clock.sleep(seconds)
        self.cloud.slack.refusal = slack
        self.cloud.size_threshold = size_threshold
        for waiting in self.cloud.waiting.values():
            waiting.refusal = start("start", "it cannot be") if start else None

    @rule(mishap=mishaps, deed=st.sampled_from(Deed))
    def trigger(self, mishap: Trouble | None, deed: Deed) -> None:
        self.triggers.append(f"run-{len(self.triggers)}")
        self.deliver_trigger(self.triggers[-1], mishap, deed)

    @precondition(lambda self: self.triggers)
    @rule(pick=picks, mishap=mishaps, deed=st.sampled_from(Deed))
    def trigger_again(self, pick: int, mishap: Trouble | None, deed: Deed) -> None:
        run = self.triggers[-1 - pick % min(3, len(self.triggers))]
        self.deliver_trigger(run, mishap, deed)

    def deliver_trigger(
        self, run: str, mishap: Trouble | None = None, deed: Deed = Deed.SYNC
    ) -> None:
        def again() -> None:
            self.deliver_trigger(run)

        self.is_certain &= mishap is None
        with self.befallen(mishap, deed, again) as process:
            self.cloud.trigger(run, process=process)

    @precondition(lambda self: self.waiting())
    @rule(mishap=mishaps, deed=st.sampled_from(Deed), hurry=st.booleans())
    def work(self, mishap: Trouble | None, deed: Deed, *, hurry: bool) -> None:
        """Have a worker carry out the next order."""
        route = self.waiting()[0]
        order = self.cloud.waiting[route].orders.popleft()
        self.carry_out(order, route, mishap, deed, hurry=hurry)

    @rule(route=st.sampled_from(("lambda", "ecs")), pick=picks, mishap=mishaps)
    def work_again(self, route: Route, pick: int, mishap: Trouble | None) -> None:
        """Have an order delivered once more, however old it is."""
        handed = self.cloud.waiting[route].handed
        if handed:
            self.carry_out(handed[pick % len(handed)], route, mishap)

    def carry_out(
        self,
        order: Order,
        route: Route,
        mishap: Trouble | None = None,
        deed: Deed = Deed.SYNC,
        *,
        hurry: bool = False,
    ) -> None:
        def tell_of_it() -> None:
            if route == "lambda":
                self.replace_worker(order)

        with self.befallen(mishap, deed, tell_of_it) as process:
            seconds = 1e9
            if hurry and mishap is None:
                # Each bottle takes three of its ten seconds, of which it keeps two.
                seconds, clock = 10.0, self.mirror.clock
                process.watch.after = lambda call: clock.sleep(
                    3.0 * (call.what == "put")
                )
            self.cloud.work(order, route, seconds, process)

    @rule(pick=picks)
    def tell_of_a_death(self, pick: int) -> None:
        """Tell that a worker has died, be it true or not."""
        handed = self.cloud.waiting["lambda"].handed
        if handed:
            self.replace_worker(handed[pick % len(handed)])

    def replace_worker(self, order: Order) -> None:
        with self.allowed(lambda: self.replace_worker(order)):
            answer = self.cloud.worker_died(order)
            assert isinstance(answer, Order | Closing)

    @precondition(lambda self: self.undelivered)
    @rule()
    def deliver(self) -> None:
        """Deliver what was not."""
        self.undelivered.popleft()()

    @rule(pick=picks, mishap=mishaps)
    def go_round(self, pick: int, mishap: Trouble | None) -> None:
        """Ask what is left of a run, and start a task for one shard of it."""
        for run in self.known():
            left = self.cloud.shards(run)
            if left:
                self.carry_out(left[pick % len(left)], "ecs", mishap)

    @rule(
        give_up=st.sets(st.integers(0, 3), max_size=2),
        mishap=mishaps,
        deed=st.sampled_from(Deed),
    )
    def close(self, give_up: set[int], mishap: Trouble | None, deed: Deed) -> None:
        """Ask for the end of every run that was asked for, or is open."""
        asked, self.cloud.closer.asked = self.cloud.closer.asked, []
        for run in dict.fromkeys([*asked, *self.known()]):
            self.close_run(run, give_up, mishap, deed)

    def close_run(
        self,
        run: str,
        give_up: set[int],
        mishap: Trouble | None = None,
        deed: Deed = Deed.SYNC,
    ) -> None:
        def again() -> None:
            self.close_run(run, give_up)

        self.is_certain &= mishap is None
        with self.befallen(mishap, deed, again) as process:
            self.cloud.close(run, give_up, process)

    @rule(mishap=mishaps, deed=st.sampled_from(Deed))
    def sync(self, mishap: Trouble | None, deed: Deed) -> None:
        """Sync from a command line."""
        with self.befallen(mishap, deed, lambda: None, self.mirror.process()) as local:
            local.sync()

    @invariant()
    def what_must_hold_holds(self) -> None:
        self.witness.check()
        open_runs = self.witness.ledger.runs.values()
        assert sum(run.kind == "cloud" for run in open_runs) <= 1
        assert len(set(self.known())) == len(self.known())

    def teardown(self) -> None:
        """Whatever happened: let alone, it all comes to its end."""
        self.change_the_world(1, None, None, 1_000)
        self.settle()
        for run in self.known():
            for order in self.cloud.shards(run):
                self.carry_out(order, "ecs")
            self.close_run(run, set())
        # Runs of a command line that died are closed by the next that is heard of.
        self.mirror.clock.sleep(SECONDS[-1])
        self.deliver_trigger("last-but-one")
        self.settle()
        self.deliver_trigger("last")
        assert not self.waiting()
        self.mirror.process().verify(prune_orphans=True)
        self.mirror.sync()
        self.check_it_is_whole()
        self.check_people_know()

    def settle(self) -> None:
        """Let everything that waits be done, and what comes of it."""
        while True:
            for route in self.waiting():
                self.carry_out(self.cloud.waiting[route].orders.popleft(), route)
            asked, self.cloud.closer.asked = self.cloud.closer.asked, []
            for run in asked:
                self.close_run(run, set())
            if self.undelivered:
                self.undelivered.popleft()()
            elif not self.waiting() and not asked:
                return

    def check_it_is_whole(self) -> None:
        ledger = self.mirror.ledger()
        assert not ledger.runs
        catalog = self.mirror.catalog.fetch()
        assert catalog is not None
        plan = make_plan(choose(catalog, EVERYTHING), ledger, {})
        assert (plan.work.loads, plan.work.superseded) == ((), ())
        assert ledger.ended["last"].closed.outcome == "complete"
        self.mirror.check()

    def check_people_know(self) -> None:
        told = [
            event.run
            for event in self.mirror.recorded(NotificationSent)
            if event.about == "ended"
        ]
        starts = self.mirror.recorded(SyncStarted)
        begun = [event.run for event in starts if event.kind == "cloud"]
        assert len(set(begun)) == len(begun)
        assert set(told) == set(begun) <= self.mirror.ledger().ended.keys()
        ends = [title for title in self.cloud.titles if title in ENDS]
        assert len(ends) >= len(begun)
        if self.is_certain:
            assert len(told) == len(begun)

    def waiting(self) -> list[Route]:
        """Return the routes by which orders wait for a worker."""
        return [
            route for route, waiting in self.cloud.waiting.items() if waiting.orders
        ]

    def known(self) -> list[str]:
        """Return the cloud run that is open."""
        runs = self.mirror.ledger().runs.items()
        return [name for name, run in runs if run.kind == "cloud"]

    @contextmanager
    def befallen(
        self,
        mishap: Trouble | None,
        deed: Deed,
        then: Callable[[], None],
        process: Process | None = None,
    ) -> Iterator[Process]:
        """Yield a process that trouble befalls, and let it end as it may.

        Args:
            deed: What another program does, if that is the trouble.
            then: What AWS does when it has failed.
        """
        process = process or self.cloud.process()
        # Its threads are not to die alone.
        sizes = replace(process.plan_sync, sizes=self.mirror.upstream)
        process.plan_sync = sizes
        if mishap is not None:
            # If another came first every time, nobody would ever be done.
            times = iter(range(2))

            def overtake() -> None:
                if next(times, None) is not None:
                    self.do(deed)

            mishap.befall(process, overtake)
        then_after = process.watch.after

        def after(call: Call) -> None:
            if call.what == "create" and call.key.startswith(COMMITS):
                self.witness.acknowledged(call.key)
            then_after(call)

        process.watch.after = after
        with self.allowed(then):
            yield process

    @contextmanager
    def allowed(self, then: Callable[[], None]) -> Iterator[None]:
        try:
            yield
        except (PortError, Killed):
            self.undelivered.append(then)

    def do(self, deed: Deed) -> None:
        """Do what another program does, untroubled."""
        match deed:
            case Deed.TRIGGER:
                self.triggers.append(f"run-{len(self.triggers)}")
                self.deliver_trigger(self.triggers[-1])
            case Deed.AGAIN:
                if self.triggers:
                    self.deliver_trigger(self.triggers[-1])
            case Deed.WORK:
                for route in self.waiting():
                    self.carry_out(self.cloud.waiting[route].orders.popleft(), route)
            case Deed.CLOSE:
                for run in self.known():
                    self.close_run(run, set())
            case Deed.SYNC:
                self.mirror.sync()


TestCloud = CloudMachine.TestCase
TestCloud.settings = settings(machine_settings(), stateful_step_count=25)
