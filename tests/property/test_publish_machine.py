"""A mirror publishes, goes back and lets go, and clients look all the time."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from hashlib import sha256

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from application.collect_garbage import EvictionRefusedError
from application.publication import PublishRefusedError
from domain.api_documents import CATALOG
from domain.bottle import Bottle
from domain.exposure_config import ExposureConfig
from domain.views import api_key, blob_key, flat_key, index_key
from ports.errors import NotFoundError
from tests.support.machines import machine_settings
from tests.support.mirror import TAG, Process
from tests.support.shown_mirror import BOTH, DAY, ShownMirror, what_clients_miss
from tests.support.watched import Call, Killed, at_call, is_write

NAMES = ("bat", "gtk+3", "openssl@3")
GRACE = 14  # days
KEPT_FOR = 7  # days for which clients go on with a document

steps = st.integers(1, 14)


class Deed(Enum):
    """What changes what clients see."""

    PUBLISH = "a generation is published"
    BACK = "the one before is gone back to"
    COLLECT = "what is old goes"
    MIRROR = "upstream has changed, and is mirrored"


deeds = st.sampled_from(Deed)


@dataclass(frozen=True, slots=True)
class Seen:
    """A document that clients have.

    Attributes:
        at: When it was visible last, in seconds.
    """

    bottles: tuple[Bottle, ...]
    at: float


class PublishMachine(RuleBasedStateMachine):
    """Processes publish, go back and collect garbage; each may die at any write."""

    def __init__(self) -> None:
        super().__init__()
        exposure = ExposureConfig(
            views=("registry", "flat"),
            keep_generations=2,
            retention_days=GRACE,
            max_evict=100,
        )
        self.mirror = ShownMirror(exposure)
        self.named: dict[bytes, tuple[Bottle, ...]] = {}
        self.seen: dict[bytes, Seen] = {}
        self.latest: list[bytes] = []
        self.lagged: set[bytes] = set()
        self.version = 0

    @initialize()
    def begin(self) -> None:
        for name in NAMES:
            self.offer(name, "1.0", "a")
        self.catch_up()

    @rule(
        name=st.sampled_from(NAMES),
        version=st.sampled_from(("1.0", "1.1")),
        content=st.sampled_from("abc"),
    )
    def offer(self, name: str, version: str, content: str) -> None:
        """Offer another version, an old one again, or other bytes by the same name."""
        self.mirror.offer(name, version, contents={TAG: f"{name} {version} {content}"})
        self.named[self.mirror.catalog.body] = tuple(self.mirror.on_offer())

    @rule()
    def sync(self) -> None:
        """Mirror what is on offer, with its views."""
        process = self.watched()
        process.sync(BOTH)
        self.mirror.stage()

    @rule()
    def catch_up(self) -> None:
        """Mirror what is on offer, and publish it."""
        self.sync()
        self.do(Deed.PUBLISH, self.watched())
        self.look()

    @rule(days=st.sampled_from((1, KEPT_FOR, GRACE)))
    def wait(self, days: int) -> None:
        """Let days pass.

        If what is visible is older than what upstream had by then, its bottles lose
        their grace while they are still seen, and only what is kept needs them.
        """
        ledger = self.mirror.ledger()
        newest = max(ledger.generations)
        latest = ledger.catalog and ledger.catalog.documents
        if (
            not ledger.shown == ledger.published == newest
            or latest != ledger.generations[newest].documents
        ):
            self.lagged |= self.seen.keys()
        self.mirror.clock.sleep(days * DAY)

    @rule(deed=deeds)
    def act(self, deed: Deed) -> None:
        self.do(deed, self.watched())

    @rule(deed=deeds, step=steps, late=st.booleans())
    def die(self, deed: Deed, step: int, *, late: bool) -> None:
        """Do it, and die before or after a write."""
        process = self.watched()
        self.hook(process, at_call(step, process.watch.kill, is_write), late=late)
        with suppress(Killed):
            self.do(deed, process)

    @rule(
        deed=deeds,
        other=deeds,
        steps=st.tuples(steps, st.none() | steps),
    )
    def be_overtaken(
        self, deed: Deed, other: Deed, steps: tuple[int, int | None]
    ) -> None:
        """Do it, while another does something; die of it, perhaps, at a later write."""
        at, dies = steps
        process = self.watched()
        overtaken = at_call(at, lambda: self.do(other, self.watched()), is_write)
        killed = at_call(at + (dies or 0), process.watch.kill, is_write)

        def hook(call: Call) -> None:
            overtaken(call)
            if dies is not None:
                killed(call)

        self.hook(process, hook, late=False)
        with suppress(Killed):
            self.do(deed, process)

    @precondition(lambda self: self.mirror.ledger().shown is not None)
    @rule()
    def settle(self) -> None:
        """Whatever has happened: who comes next makes it right."""
        self.catch_up()
        ledger = self.mirror.ledger()
        assert ledger.published == ledger.shown == max(ledger.generations)
        (document,) = self.visible()
        assert document == self.mirror.catalog.body

    @invariant()
    def what_is_kept_can_be_gone_back_to(self) -> None:
        ledger = self.mirror.ledger()
        for number in ledger.generations:
            assert what_clients_miss(self.mirror, ledger, number) == []

    def do(self, deed: Deed, process: Process) -> None:
        """Do it, unless it is refused."""
        with suppress(PublishRefusedError, EvictionRefusedError):
            match deed:
                case Deed.PUBLISH:
                    self.mirror.publish(process)
                case Deed.BACK:
                    self.mirror.roll_back(process)
                case Deed.COLLECT:
                    self.mirror.collecting(process)(act=True)
                case Deed.MIRROR:
                    self.version += 1
                    self.offer(NAMES[0], f"2.{self.version}", "a")
                    self.sync()

    def watched(self) -> Process:
        """Return a process after each of whose writes clients look."""
        process = self.mirror.process()
        self.hook(process, lambda _: None, late=False)
        return process

    def hook(
        self, process: Process, hook: Callable[[Call], None], *, late: bool
    ) -> None:
        """Let clients look after each write, and ``hook`` be told before or after."""

        def after(call: Call) -> None:
            if is_write(call):
                self.look()
            if late:
                hook(call)

        process.watch.after = after
        if not late:
            process.watch.before = hook

    def visible(self) -> list[bytes]:
        """Return the document that clients get, if there is one."""
        with suppress(NotFoundError):
            return [self.mirror.disk.get(api_key(CATALOG)).body]
        return []

    def look(self) -> None:
        """Ask for all that the visible document names, and those that clients kept."""
        now = self.mirror.clock.monotonic()
        visible = self.visible()
        for document in visible:
            before = self.seen.get(document)
            if before is not None and document not in self.latest:
                # It was gone back to: its bottles had their grace before.
                self.lagged.add(document)
            self.seen[document] = Seen(self.named[document], now)
        self.latest = visible
        for document, seen in self.seen.items():
            if document not in visible and (
                document in self.lagged or now > seen.at + KEPT_FOR * DAY
            ):
                continue
            for bottle in seen.bottles:
                self.check(bottle)

    def check(self, bottle: Bottle) -> None:
        body = self.mirror.disk.get(blob_key(bottle)).body
        assert sha256(body).hexdigest() == bottle.digest
        self.mirror.disk.get(index_key(bottle.name, bottle.tagref))
        self.mirror.disk.get(flat_key(bottle))


TestPublishMachine = PublishMachine.TestCase
# Each step is some five runs, after each write of which all clients look.
TestPublishMachine.settings = settings(
    max_examples=machine_settings().max_examples // 4, stateful_step_count=20
)
