"""A mirror in the cloud, and all that may happen to its programs, in any order."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from domain.events import NotificationSent, SyncStarted
from domain.plan import make_plan
from domain.selection import choose
from domain.words import Route
from ports.errors import PortError, RefusedError, UnavailableError
from tests.support.cloud import COMPLETE, DEGRADED, FAILED
from tests.support.cloud_programs import CloudPrograms, Deed
from tests.support.machines import machine_settings
from tests.support.mirror import EVERYTHING, TAG
from tests.support.troubles import Trouble, troubles

NAMES = ("bat", "curl", "gtk+3", "jq", "node", "openssl@3", "wget", "zstd")
SECONDS = (1, 90, 5 * 60, 31 * 60)
ENDS = {COMPLETE, DEGRADED, FAILED}
DOWN = UnavailableError("slack", "no answer")

names = st.sampled_from(NAMES)
texts = st.sampled_from(("a", "bb", "ccc", "dddd"))
picks = st.integers(0, 20)
mishaps = st.none() | troubles()


class CloudMachine(RuleBasedStateMachine):
    """Triggers, orders and questions come, come again, come late; programs die."""

    def __init__(self) -> None:
        super().__init__()
        self.programs = CloudPrograms()
        self.mirror, self.cloud = self.programs.mirror, self.programs.cloud

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
            self.programs.witness.offered(offered)

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
        self.programs.trigger_anew(mishap, deed)

    @rule(pick=picks, mishap=mishaps, deed=st.sampled_from(Deed))
    def trigger_again(self, pick: int, mishap: Trouble | None, deed: Deed) -> None:
        """Have one of the last triggers come once more."""
        triggers = self.programs.triggers[-3:]
        self.programs.deliver_trigger(triggers[pick % len(triggers)], mishap, deed)

    @precondition(lambda self: self.programs.waiting())
    @rule(mishap=mishaps, deed=st.sampled_from(Deed), hurry=st.booleans())
    def work(self, mishap: Trouble | None, deed: Deed, *, hurry: bool) -> None:
        """Have a worker carry out the next order."""
        route = self.programs.waiting()[0]
        order = self.cloud.waiting[route].orders.popleft()
        self.programs.carry_out(order, route, mishap, deed, hurry=hurry)

    @rule(route=st.sampled_from(("lambda", "ecs")), pick=picks, mishap=mishaps)
    def work_again(self, route: Route, pick: int, mishap: Trouble | None) -> None:
        """Have an order delivered once more, however old it is."""
        handed = self.cloud.waiting[route].handed
        if handed:
            self.programs.carry_out(handed[pick % len(handed)], route, mishap)

    @rule(pick=picks)
    def tell_of_a_death(self, pick: int) -> None:
        """Tell that a worker has died, be it true or not."""
        handed = self.cloud.waiting["lambda"].handed
        if handed:
            self.programs.replace_worker(handed[pick % len(handed)])

    @precondition(lambda self: self.programs.undelivered)
    @rule()
    def deliver(self) -> None:
        """Deliver what was not."""
        self.programs.undelivered.popleft()()

    @rule(pick=picks, mishap=mishaps)
    def go_round(self, pick: int, mishap: Trouble | None) -> None:
        """Ask what is left of a run, and start a task for one shard of it."""
        for run in self.programs.known():
            left = self.cloud.shards(run)
            if left:
                self.programs.carry_out(left[pick % len(left)], "ecs", mishap)

    @rule(
        give_up=st.sets(st.integers(0, 3), max_size=2),
        mishap=mishaps,
        deed=st.sampled_from(Deed),
    )
    def close(self, give_up: set[int], mishap: Trouble | None, deed: Deed) -> None:
        """Ask for the end of every run that was asked for, or is open."""
        asked, self.cloud.closer.asked = self.cloud.closer.asked, []
        for run in dict.fromkeys([*asked, *self.programs.known()]):
            self.programs.close_run(run, give_up, mishap, deed)

    @rule(mishap=mishaps, deed=st.sampled_from(Deed))
    def sync(self, mishap: Trouble | None, deed: Deed) -> None:
        self.programs.sync(mishap, deed)

    @invariant()
    def what_must_hold_holds(self) -> None:
        self.programs.witness.check()
        open_runs = self.programs.witness.ledger.runs.values()
        assert sum(run.kind == "cloud" for run in open_runs) <= 1
        assert len(set(self.programs.known())) == len(self.programs.known())

    def teardown(self) -> None:
        """Whatever happened: let alone, it all comes to its end."""
        self.change_the_world(1, None, None, 1_000)
        self.programs.is_quiet = True
        self.programs.settle()
        for run in self.programs.known():
            for order in self.cloud.shards(run):
                self.programs.carry_out(order, "ecs")
            self.programs.close_run(run, set())
        # Runs of a command line that died are closed by the next that is heard of.
        self.mirror.clock.sleep(SECONDS[-1])
        self.programs.deliver_trigger("last-but-one")
        self.programs.settle()
        self.programs.deliver_trigger("last")
        assert not self.programs.waiting()
        self.mirror.process().verify(prune_orphans=True)
        self.mirror.sync()
        self.check_it_is_whole()
        self.check_people_know()

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
        if self.programs.is_certain:
            assert len(told) == len(begun)


TestCloud = CloudMachine.TestCase
TestCloud.settings = settings(machine_settings(), stateful_step_count=25)
