"""The programs of a cloud, each of which trouble may befall, and what AWS does then."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from enum import Enum

from adapters.ledger.layout import COMMITS
from domain.order import Order
from domain.words import Route
from ports.errors import PortError
from tests.support.cloud import Cloud
from tests.support.mirror import Mirror, Process
from tests.support.troubles import Trouble
from tests.support.watched import Call, Killed, is_a
from tests.support.witness import Witness


class Deed(Enum):
    """What another program does meanwhile."""

    TRIGGER = "a second trigger comes"
    AGAIN = "the last trigger comes again"
    WORK = "a worker carries out the next order"
    CLOSE = "somebody asks for the end"
    SYNC = "a person syncs"


class CloudPrograms:
    """Programs that come and go over one mirror, and die over it.

    Attributes:
        triggers: The runs that were asked for, in order.
        undelivered: What AWS delivers again, or to somebody else, since a function
            has failed.
        is_certain: Whether nobody who tells of an end has died over it, or was held up.
        is_quiet: Whether nothing may fail any more.
    """

    def __init__(self) -> None:
        self.mirror = Mirror()
        self.witness = Witness(self.mirror)
        self.cloud = Cloud(self.mirror)
        self.triggers: list[str] = []
        self.undelivered: deque[Callable[[], object]] = deque()
        self.is_certain = True
        self.is_quiet = False

    def trigger_anew(
        self, mishap: Trouble | None = None, deed: Deed = Deed.SYNC
    ) -> None:
        """Have a trigger come that never came before."""
        self.triggers.append(f"run-{len(self.triggers)}")
        self.deliver_trigger(self.triggers[-1], mishap, deed)

    def deliver_trigger(
        self, run: str, mishap: Trouble | None = None, deed: Deed = Deed.SYNC
    ) -> None:
        def again() -> None:
            self.deliver_trigger(run)

        self.is_certain &= mishap is None
        with self.befallen(mishap, deed, again) as process:
            self.cloud.trigger(run, process=process)

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
                slow = is_a("put")
                process.watch.after = lambda call: clock.sleep(3.0 * slow(call))
            self.cloud.work(order, route, seconds, process)

    def replace_worker(self, order: Order) -> None:
        with self.allowed(lambda: self.replace_worker(order)):
            self.cloud.worker_died(order)

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

    def sync(self, mishap: Trouble | None, deed: Deed) -> None:
        """Have a person sync."""
        with self.befallen(mishap, deed, lambda: None, self.mirror.process()) as local:
            local.sync()

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

    def waiting(self) -> list[Route]:
        """Return the routes by which orders wait for a worker."""
        routes = self.cloud.waiting.items()
        return [route for route, waiting in routes if waiting.orders]

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
        process.plan_sync = replace(process.plan_sync, sizes=self.mirror.upstream)
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
            if self.is_quiet:
                raise
            self.undelivered.append(then)

    def do(self, deed: Deed) -> None:
        """Do what another program does, untroubled."""
        match deed:
            case Deed.TRIGGER:
                self.trigger_anew()
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
