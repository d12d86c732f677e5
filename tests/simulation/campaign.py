"""Many schedules, over several processes, and what came of them."""

from __future__ import annotations

import gc
import multiprocessing
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from time import monotonic

from tests.simulation.schedule import Outcome, simulate

_SHARE = 50  # schedules that a worker is given at a time


@dataclass(slots=True)
class Summary:
    """What came of many schedules.

    Attributes:
        schedules: How many; those of the first seeds, none left out.
        violations: What was found wrong, by seed.
        seconds: How long it took.
    """

    schedules: int = 0
    commits: int = 0
    requests: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    violations: dict[int, str] = field(default_factory=dict)
    seconds: float = 0.0

    def add(self, other: Summary) -> None:
        """Count what another has counted."""
        self.schedules += other.schedules
        self.commits += other.commits
        self.requests += other.requests
        self.faults += other.faults
        self.violations |= other.violations

    def __str__(self) -> str:
        faults = ", ".join(f"{n} x {name}" for name, n in sorted(self.faults.items()))
        rate = self.schedules / self.seconds if self.seconds else 0.0
        return (
            f"{self.schedules} schedules, {self.commits} commits, {self.requests}"
            f" requests; {faults}; {len(self.violations)} violations; {rate:.0f}"
            " schedules/s"
        )


def replay_command(seed: int) -> str:
    """Return what replays the schedule of a seed."""
    return f"python -m tests.simulation --seed {seed} --schedules 1 --trace"


def campaign(
    schedules: int,
    *,
    seed: int,
    jobs: int,
    progress: Callable[[Summary], None] = lambda _: None,
) -> Summary:
    """Let the schedules of ``schedules`` seeds from ``seed`` on happen.

    Args:
        schedules: How many.
        seed: The first.
        jobs: How many processes share them.
        progress: Told again and again how it goes, in the order of the seeds.
    """
    begun, whole = monotonic(), Summary()
    for part in _parts(range(seed, seed + schedules), jobs):
        whole.add(part)
        whole.seconds = monotonic() - begun
        progress(whole)
    return whole


def _parts(seeds: range, jobs: int) -> Iterator[Summary]:
    shares = [seeds[at : at + _SHARE] for at in range(0, len(seeds), _SHARE)]
    if jobs == 1:
        yield from map(_simulate, shares)
        return
    # Nothing of this process is to be known to the others: neither its patches nor
    # its hash seed.
    spawn = multiprocessing.get_context("spawn")
    with spawn.Pool(jobs, initializer=_settle_in) as pool:
        yield from pool.imap(_simulate, shares)


def _settle_in() -> None:
    # What is there before the first schedule is there after the last: nobody need look
    # through it for rubbish.
    gc.collect()
    gc.freeze()


def _simulate(seeds: range) -> Summary:
    summary = Summary()
    # What schedules leave behind is collected once, between two of them.
    gc.disable()
    try:
        for seed in seeds:
            _count(simulate(seed), summary)
    finally:
        gc.enable()
        gc.collect()
    return summary


def _count(outcome: Outcome, summary: Summary) -> None:
    summary.schedules += 1
    summary.commits += outcome.commits
    summary.requests += outcome.requests
    summary.faults += outcome.faults
    if outcome.violations:
        summary.violations[outcome.seed] = outcome.violations[0]
