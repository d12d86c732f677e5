"""How long writers of one log wait for each other.

``python -m tests.simulation.contention`` prints a row of the table.

The real journal and log over a simulated S3 in fair weather. Each writer records a
batch every 20 seconds, as a run does; what is measured is how long that takes.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

import adapters.ledger.ahead
from adapters.ledger.event_log import StoredEventLog
from adapters.retry import Backoff
from application.batch import FLUSH_SECONDS
from application.journal import Journal
from domain.bottle import Bottle, Digest
from domain.events import BottleFailed
from domain.ledger import Ledger
from domain.tags import Tag
from tests.fake_s3.bucket import Bucket
from tests.simulation.abreast import Abreast
from tests.simulation.client import open_store
from tests.simulation.faults import FAIR
from tests.simulation.judge import Judge
from tests.simulation.judged import JudgedBucket
from tests.simulation.line import Line
from tests.simulation.one_at_a_time import one_at_a_time
from tests.simulation.world import SimulatedClock, World

Phase = Literal["staggered", "together"]

_BATCHES = 12
_SETTLING = 2  # batches that are not counted: at first everyone is behind
_READERS = 16
_MOST_EVENTS = 10_000_000
_BOTTLE = Bottle("jq", "1.8.1", 0, Tag("arm64_tahoe"), Digest("ab" * 32))


@dataclass(frozen=True, slots=True)
class Waits:
    """How long writers waited for their commits, in simulated seconds.

    Attributes:
        seconds: One for each batch, sorted.
        puts_per_commit: How often a writer had to try.
    """

    writers: int
    phase: Phase
    seconds: tuple[float, ...]
    commits: int
    puts_per_commit: float

    def quantile(self, share: float) -> float:
        """Return the wait that ``share`` of all batches did not exceed."""
        return self.seconds[min(len(self.seconds) - 1, int(share * len(self.seconds)))]

    def __str__(self) -> str:
        p50, p99 = self.quantile(0.5), self.quantile(0.99)
        return (
            f"| {self.writers} writers, {self.phase} | {self.commits} commits |"
            f" {self.puts_per_commit:.2f} PUTs per commit | p50 {p50:.2f} s |"
            f" p99 {p99:.2f} s | max {self.seconds[-1]:.2f} s |"
        )


def measure(writers: int, phase: Phase, seed: int = 1) -> Waits:
    """Return how long writers wait who record a batch every 20 seconds.

    Args:
        writers: How many.
        phase: Whether they do it one after the other, or all at the same time.
        seed: Of the latencies; the same gives the same.
    """
    world = World(seed)
    bucket = Bucket(versioning=False)
    judge = Judge(world, bucket)
    crew = _Crew(world, JudgedBucket(world, bucket, judge))
    with one_at_a_time(), _threads_of(world):
        for number in range(writers):
            share = number / writers if phase == "staggered" else 0.0
            crew.send(number, FLUSH_SECONDS * share)
        assert world.run(_MOST_EVENTS), judge.violations
    return Waits(
        writers=writers,
        phase=phase,
        seconds=tuple(sorted(crew.waits)),
        commits=len(judge.commits),
        puts_per_commit=crew.puts / len(judge.commits),
    )


class _Crew:
    def __init__(self, world: World, bucket: JudgedBucket) -> None:
        self._world = world
        self._bucket = bucket
        self.waits: list[float] = []
        self.puts = 0

    def send(self, number: int, delay: float) -> None:
        """Send a writer."""
        self._world.after(delay, lambda: self._world.spawn(lambda: self._write(number)))

    def _write(self, number: int) -> None:
        world, line = self._world, Line(f"writer{number}", self._world, FAIR)
        clock, store = SimulatedClock(world), open_store(line, self._bucket)
        log = StoredEventLog(store, clock, Backoff(), world.chance, _READERS)
        ledger = Ledger(id=log.found(world.new_id()))
        journal = Journal(log, clock, world.new_id, ledger, f"run-{number}")
        begun = world.now
        for batch in range(_BATCHES):
            due = begun + batch * FLUSH_SECONDS
            world.sleep(max(0.0, due - world.now))
            asked, before = world.now, journal.ledger.position.seq
            bottle = replace(_BOTTLE, pkg_version=f"1.8.{batch}")
            journal.record([BottleFailed(bottle, "unavailable", f"{number}", 1)])
            assert journal.ledger.position.seq > before
            if batch >= _SETTLING:
                self.waits.append(world.now - asked)
        self.puts += line.methods["PUT"]


@contextmanager
def _threads_of(world: World) -> Iterator[None]:
    """Have commits read ahead by processes of the world."""
    module: Any = adapters.ledger.ahead
    real = module.ThreadPoolExecutor
    module.ThreadPoolExecutor = lambda workers, **_: Abreast(world, workers)
    try:
        yield
    finally:
        module.ThreadPoolExecutor = real


def main() -> None:
    """Print one row of the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.contention")
    parser.add_argument("--writers", type=int, default=50)
    parser.add_argument("--phase", choices=get_args(Phase), default="staggered")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    print(measure(asked.writers, asked.phase, asked.seed))


if __name__ == "__main__":
    main()
