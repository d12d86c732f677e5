"""Several engines in turn, so that what else the machine does meets them all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from benchmarks.engines import Engine
from benchmarks.nginx import Asked
from benchmarks.program import Measured

ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one engine.

    Attributes:
        upstream: What upstream was asked.
        store: What the store was asked, None when nobody counts.
        served: Seconds of CPU that origin and store took beside.
    """

    measured: Measured
    upstream: Asked
    store: Asked | None
    served: float


@dataclass(frozen=True, slots=True)
class Runs:
    """All runs of one engine over the same bottles.

    Attributes:
        idle: Those over one bottle of a few bytes.
    """

    whole: list[Run] = field(default_factory=list)
    idle: list[Run] = field(default_factory=list)

    @property
    def walls(self) -> list[float]:
        """Seconds of each run."""
        return [run.measured.wall for run in self.whole]

    @property
    def begun(self) -> list[float]:
        """Seconds of each run over those of the idle one before it."""
        return [
            run.measured.wall - idle.measured.wall
            for run, idle in zip(self.whole, self.idle, strict=True)
        ]

    @property
    def cpu(self) -> float:
        """Seconds of CPU."""
        return median(run.measured.cpu for run in self.whole)

    @property
    def served(self) -> float:
        """Seconds of CPU that origin and store took beside."""
        return median(run.served for run in self.whole)

    @property
    def cores(self) -> float:
        """How many cores were busy with it, those with origin and store included."""
        return median(
            (run.measured.cpu + run.served) / run.measured.wall for run in self.whole
        )

    @property
    def idle_cpu(self) -> float:
        """Seconds of CPU that are spent before there is anything to do."""
        return median(run.measured.cpu for run in self.idle) if self.idle else 0.0

    @property
    def peak(self) -> float:
        """Bytes of memory."""
        return median(run.measured.peak for run in self.whole)

    @property
    def idle_peak(self) -> float:
        """Bytes of memory that are taken when there is next to nothing to do."""
        return median(run.measured.peak for run in self.idle) if self.idle else 0.0


def in_turn(
    engines: Sequence[Engine],
    run: Callable[[Engine], Run],
    run_idle: Callable[[Engine], Run] | None = None,
) -> Mapping[str, Runs]:
    """Return the runs of each engine, by its name."""
    found = {engine.name: Runs() for engine in engines}
    for _ in range(ROUNDS):
        for engine in engines:
            if run_idle is not None:
                found[engine.name].idle.append(run_idle(engine))
            found[engine.name].whole.append(run(engine))
    return found
