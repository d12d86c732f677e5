"""One process of the simulation: the program's own code, at the end of its own line."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from threading import Event as Flag

from adapters.ledger.documents import StoredDocuments
from adapters.ledger.event_log import StoredEventLog
from adapters.ledger.generations import StoredGenerations
from adapters.ledger.hash_file import StoredHashFile
from adapters.memory.progress import SilentProgress
from adapters.memory.public_objects import MemoryPublicObjects
from adapters.memory.spool import NoSpool
from adapters.retry import Backoff
from application.carry_out import CarryOut
from application.inspect_ledger import InspectLedger, RebuildHashFile
from application.journal import Journal
from application.opened_ledger import OpenedLedger, open_ledger
from application.run import Run, Runs
from application.transfer import Transfer
from application.verify_mirror import VerifyMirror
from domain.bottle import Bottle, Digest
from domain.tags import Tag
from domain.words import RunKind
from domain.work import GB
from ports.bottle_source import BottleSource, BottleStream, ReleaseIndex
from ports.clock import Clock
from ports.errors import MalformedError, NotFoundError, UnavailableError
from tests.simulation.client import open_store
from tests.simulation.faults import Weather
from tests.simulation.judged import JudgedBucket, JudgedHashFile, JudgedLog
from tests.simulation.line import Line
from tests.simulation.world import SimulatedClock, World
from tests.support.generations import long_ago
from tests.support.showing import showing


class Upstream:
    """What upstream offers: some formulae, each in a first and a second build."""

    def __init__(self, formulae: int) -> None:
        self.bottles: list[tuple[Bottle, Bottle]] = []
        self.contents: dict[Digest, bytes] = {}
        for number in range(formulae):
            self.bottles.append(
                (self._offer(number, "first"), self._offer(number, "second"))
            )

    def _offer(self, number: int, build: str) -> Bottle:
        # Every third has the bytes of its neighbour: those are copied.
        content = f"{number - (number % 3 == 1)} {build}".encode()
        digest = Digest(hashlib.sha256(content).hexdigest())
        self.contents[digest] = content
        return Bottle(f"formula{number}", "1.0", 0, Tag("arm64_tahoe"), digest)


class SlowSource(BottleSource):
    """A registry of which every bottle takes its seconds, and some never come."""

    def __init__(self, world: World, clock: Clock, upstream: Upstream) -> None:
        self._world = world
        self._clock = clock
        self._contents = upstream.contents
        self._fails = 0.05 * world.chance()

    @contextmanager
    def open(self, bottle: Bottle, start: int = 0) -> Iterator[BottleStream]:
        self._clock.sleep(12.0 * self._world.chance())
        if self._world.chance() < self._fails:
            raise UnavailableError(bottle.key, "the registry does not answer")
        content = self._contents[bottle.digest]
        yield BottleStream(len(content), iter((content[start:],)), start)

    def sizes(self, bottles: Iterable[Bottle]) -> Mapping[Digest, int]:
        return {b.digest: len(self._contents[b.digest]) for b in bottles}

    def index(self, release: Bottle) -> ReleaseIndex:
        raise NotFoundError(release.key, "no such index")

    def index_at_hand(self, release: Bottle) -> ReleaseIndex | None:
        raise NotFoundError(release.key, "no such index")

    def read_index(self, release: Bottle, body: bytes) -> ReleaseIndex:
        raise MalformedError(release.key, f"no index: {body!r}")


class Process:
    """The use cases over the ledger's adapters over the S3 adapter, all of them real.

    Attributes:
        founded: Whether there was a ledger when it began.
        stop: What the process is told to stop by.
    """

    def __init__(
        self,
        name: str,
        bucket: JudgedBucket,
        upstream: Upstream,
        weather: Weather,
        kind: RunKind,
    ) -> None:
        world = bucket.world
        self.name = name
        self.world = world
        self.judge = bucket.judge
        self.upstream = upstream
        self.founded = bucket.judge.identity is not None
        self.line = Line(name, world, weather)
        self.stop = Flag()
        store = open_store(self.line, bucket)
        skew = 1200.0 * (world.chance() - 0.5) if world.chance() < 0.5 else 0.0
        self.clock = SimulatedClock(world, skew)
        backoff = Backoff(attempts=world.random.choice((2, 4, 8)))
        parts = (store, self.clock, backoff, world.chance)
        self.log = JudgedLog(StoredEventLog(*parts, readers=1), self.line, self.judge)
        self.hash_file = JudgedHashFile(StoredHashFile(*parts), self.line, self.judge)
        self.runs = Runs(
            log=self.log,
            hash_file=self.hash_file,
            documents=StoredDocuments(*parts),
            clock=self.clock,
            new_id=world.new_id,
            kind=kind,
            size_threshold=20 * GB,
            require_fit=lambda: None,
        )
        progress = SilentProgress()
        source = SlowSource(world, self.clock, upstream)
        transfer = Transfer(
            source=source,
            store=store,
            clock=self.clock,
            progress=progress,
            attempts=3,
            chance=world.chance,
            stop=self.stop,
            spool=NoSpool(),
            expose=showing(store, source, progress, ()),
        )
        self.carry_out = CarryOut(transfer, self.clock, jobs=1)
        self.verify = VerifyMirror(
            store,
            self.carry_out,
            self.runs,
            progress,
            jobs=1,
            generations=StoredGenerations(store, MemoryPublicObjects(store), long_ago),
        )
        self.rebuild = RebuildHashFile(InspectLedger(self.log), self.hash_file)

    def open(self) -> OpenedLedger:
        """Open the ledger; it must be as late as the log was then."""
        head = len(self.judge.commits) - 1
        opened = open_ledger(self.log, self.hash_file)
        if opened.ledger.position.seq < head:
            self.judge.violated(
                f"{self.name} opened the ledger at {opened.ledger.position.seq}, and"
                f" the log went to {head}"
            )
        return opened

    def begin(self, opened: OpenedLedger, delivery: str | None) -> Run:
        """Begin a run.

        Args:
            opened: What is known of the ledger.
            delivery: The run's id, if somebody else has begun it already.
        """
        run = self.runs.begin(opened)
        if delivery is None:
            return run
        ledger, clock = run.journal.ledger, self.clock
        journal = Journal(self.log, clock, self.world.new_id, ledger, delivery)
        return Run(self.runs, delivery, run.day, journal, run.version)

    def publish(self, run: Run) -> None:
        """Publish what the run knows; it, or something later, must then be there."""
        if self.world.chance() < 0.4:
            # It is held up, and others publish meanwhile.
            self.world.sleep(15.0 * self.world.chance())
        run.publish()
        seq = run.journal.ledger.position.seq
        if not self.judge.has_published(seq):
            self.judge.violated(f"{self.name} published {seq}, and it is not there")
