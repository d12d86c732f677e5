"""A log, its writers and readers, and everything that may happen between them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import count
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from adapters.ledger.event_log import StoredEventLog
from adapters.ledger.hash_codec import encode_hash_file
from adapters.ledger.hash_file import StoredHashFile
from adapters.ledger.layout import HASH_FILE
from adapters.memory.clock import ManualClock
from adapters.memory.store import MemoryStore
from adapters.retry import Backoff
from application.inspect_ledger import InspectLedger, RebuildHashFile
from application.journal import Journal
from application.opened_ledger import OpenedLedger, open_ledger
from application.run import publish
from domain.events import GENESIS, Event, Position, SyncStarted
from ports.errors import NotFoundError, UnavailableError
from ports.store import Store
from tests.fake_s3.bucket import Bucket
from tests.fake_s3.store import FakeStore
from tests.support.log_lines import (
    NO_TROUBLE,
    FakeLine,
    FlakyLine,
    Harm,
    Line,
    Trouble,
)
from tests.support.log_model import LogModel
from tests.support.log_writing import AT, mirrored
from tests.support.machines import machine_settings

ATTEMPTS = 3
WRITERS = 3


READING_HARMS = (Harm.NONE, Harm.AWAY)

troubles = st.builds(
    Trouble,
    st.lists(st.sampled_from(Harm), max_size=ATTEMPTS + 1).map(tuple),
    st.lists(st.sampled_from(READING_HARMS), max_size=ATTEMPTS).map(tuple),
    st.integers(0, 2),
)
numbers = st.integers(0, 10**6)
writers = st.integers(0, WRITERS - 1)


class Process:
    """One process that writes, reads and publishes, until it is in doubt or killed."""

    def __init__(self, line: Line, name: str, ids: Iterable[str]) -> None:
        self.line = line
        self.name = name
        self._ids = iter(ids)
        clock, backoff = ManualClock(), Backoff(ATTEMPTS)
        self.log = StoredEventLog(line, clock, backoff, chance=lambda: 0.5, readers=1)
        self.hash_file = StoredHashFile(line, clock, backoff, chance=lambda: 0.5)
        self._clock = clock
        self.opened: OpenedLedger | None = None
        self.journal: Journal | None = None

    def open(self) -> OpenedLedger:
        """Open the ledger."""
        return open_ledger(self.log, self.hash_file)

    def write(self) -> Journal:
        """Return its hand in the log."""
        if self.journal is None:
            self.opened = self.open()
            self.journal = Journal(
                self.log,
                self._clock,
                lambda: next(self._ids),
                self.opened.ledger.fork(),
                self.name,
            )
        return self.journal

    def publish(self) -> None:
        """Publish what it knows, over what it found when it began."""
        journal = self.write()
        assert self.opened is not None
        publish(self.hash_file, journal.ledger, self.opened.version)

    def rebuild(self) -> None:
        """Publish what the log gives from zero."""
        RebuildHashFile(InspectLedger(self.log), self.hash_file)()


class LogMachine(RuleBasedStateMachine):
    """Processes come and go, requests are lost or come late, and people do harm."""

    def __init__(self) -> None:
        super().__init__()
        self.disk = self.new_store()
        self.model = LogModel()
        self._names = (f"run-{number}" for number in count())
        self._ids = (str(UUID(int=number, version=4)) for number in count())
        self._facts = count(1)
        self.ghosts: list[Line] = []
        self.processes = [self.new_process() for _ in range(WRITERS)]

    def new_store(self) -> Store:
        return MemoryStore()

    def new_line(self) -> Line:
        return FlakyLine(self.disk)

    def new_process(self) -> Process:
        return Process(self.new_line(), next(self._names), self._ids)

    @rule(number=writers, trouble=troubles)
    def found(self, number: int, trouble: Trouble) -> None:
        """Somebody founds the ledger, or is told that another has."""
        process = self.processes[number]
        process.line.strike(trouble, lambda: None)
        with suppress(UnavailableError):
            self.model.founded(process.log.found(next(self._ids)))

    @precondition(lambda self: self.model.ledger)
    @rule(
        number=writers,
        several=st.integers(1, 3),
        begins=st.booleans(),
        trouble=troubles,
    )
    def append(
        self, number: int, several: int, trouble: Trouble, *, begins: bool
    ) -> None:
        process = self.processes[number]
        process.line.strike(NO_TROUBLE, lambda: None)
        process.write()
        process.line.strike(trouble, self.overtaking(number, trouble.overtaken))
        try:
            self.record(process, several, begins=begins)
        except UnavailableError:
            # It cannot know, and so it may not append any more.
            self.kill(number)

    def record(self, process: Process, several: int, *, begins: bool = False) -> None:
        """Let a process append facts that nobody else has."""
        journal = process.write()
        facts = [mirrored(next(self._facts)) for _ in range(several)]
        keys = [fact.bottle.key for fact in facts]
        told: list[Event] = [*facts]
        if begins:
            started = SyncStarted(
                *(process.name, "cloud", "b1" * 32, "5e" * 32, AT.date()),
                *(1, "none", 3, 300),
            )
            told.insert(0, started)
        begun = self.model.begun(keys)
        journal.record(told)
        self.model.acknowledged(keys, journal.ledger.position.seq, begun)

    def overtaking(self, number: int, times: int) -> Callable[[], None]:
        """Return what another writer does before each request of this one."""
        left = iter(range(times))

        def overtake() -> None:
            if next(left, None) is not None:
                other = self.processes[(number + 1) % WRITERS]
                other.line.strike(NO_TROUBLE, lambda: None)
                self.record(other, 1)

        return overtake

    @rule(number=writers)
    def kill(self, number: int) -> None:
        """A process is gone, and what it sent may still be under way."""
        self.ghosts.append(self.processes[number].line)
        self.processes[number] = self.new_process()

    @precondition(lambda self: self.ghosts)
    @rule(number=numbers)
    def land(self, number: int) -> None:
        """What a process sent lands when nobody thinks of it any more."""
        self.ghosts.pop(number % len(self.ghosts)).settle()

    @precondition(lambda self: self.model.ledger)
    @rule(number=writers, after=numbers, trouble=troubles)
    def read(self, number: int, after: int, trouble: Trouble) -> None:
        links, process = self.model.links, self.processes[number]
        seq = after % (len(links) + 1) - 1
        begin = Position(seq, links[seq]) if seq >= 0 else GENESIS
        reach = self.model.reach
        process.line.strike(trouble, self.overtaking(number, trouble.overtaken))
        try:
            found = [(at.commit.seq, at.sha256) for at in process.log.read(begin)]
        except UnavailableError:
            return
        self.look()
        self.model.read(seq, reach, found)

    @precondition(lambda self: self.model.ledger)
    @rule(number=writers, trouble=troubles)
    def open(self, number: int, trouble: Trouble) -> None:
        """The hash file is a short cut, and leads to where the long way leads."""
        process, reach = self.processes[number], self.model.reach
        process.line.strike(trouble, self.overtaking(number, trouble.overtaken))
        try:
            ledger = process.open().ledger
        except UnavailableError:
            return
        self.look()
        seq = ledger.position.seq
        assert seq >= reach
        if seq >= 0:
            assert encode_hash_file(ledger) == self.model.files[seq]

    @precondition(lambda self: self.model.links)
    @rule(number=writers, trouble=troubles, anew=st.booleans())
    def publish(self, number: int, trouble: Trouble, *, anew: bool) -> None:
        process = self.processes[number]
        process.line.strike(NO_TROUBLE, lambda: None)
        journal = process.write()
        if journal.ledger.position == GENESIS:
            journal.follow()
        process.line.strike(trouble, self.overtaking(number, trouble.overtaken))
        with suppress(UnavailableError):
            (process.rebuild if anew else process.publish)()

    @precondition(lambda self: self.model.ledger)
    @rule(earlier=st.none() | numbers, body=st.sampled_from((None, b"", b"{}\n")))
    def harm_the_hash_file(self, earlier: int | None, body: bytes | None) -> None:
        """Somebody deletes it, damages it, or puts an earlier one in its place."""
        if earlier is not None and self.model.files:
            body = self.model.files[earlier % len(self.model.files)]
        self.disk.delete(HASH_FILE)
        if body is not None:
            self.disk.create(HASH_FILE, body)
        self.model.harmed(body)

    @invariant()
    def look(self) -> None:
        objects = {}
        for info in self.disk.list(""):
            with suppress(NotFoundError):
                objects[str(info.key)] = self.disk.get(info.key).body
        self.model.observe(objects)

    def teardown(self) -> None:
        """Whatever happened: who comes after finds all that was acknowledged."""
        for line in (*self.ghosts, *(process.line for process in self.processes)):
            line.settle()
        self.look()
        process = self.new_process()
        self.model.founded(process.log.found(next(self._ids)))
        self.record(process, 1)
        self.look()
        process.publish()
        self.look()
        assert self.disk.get(HASH_FILE).body == self.model.files[-1]


class FakeLogMachine(LogMachine):
    """The same over S3 as we know it: pages, versions, ETags, its own errors."""

    def new_store(self) -> Store:
        return FakeStore(Bucket(page_size=3))

    def new_line(self) -> Line:
        assert isinstance(self.disk, FakeStore)
        return FakeLine(self.disk.bucket)


TestLog = LogMachine.TestCase
TestLog.settings = machine_settings()
TestFakeLog = FakeLogMachine.TestCase
TestFakeLog.settings = machine_settings()
