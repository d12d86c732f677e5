"""How long ``bottles --help`` keeps somebody waiting."""

from __future__ import annotations

from pathlib import Path
from statistics import median

from benchmarks.program import bottles
from benchmarks.table import MB, Table

_RUNS = 10


def measure(place: Path) -> Table:
    bottles("--help", cwd=place)  # Python keeps what it has compiled
    runs = [bottles("--help", cwd=place) for _ in range(_RUNS)]
    return Table(
        f"bottles --help, median of {_RUNS}",
        (
            ("wall s", "CPU s", "peak MB"),
            (
                f"{median(run.wall for run in runs):.3f}",
                f"{median(run.cpu for run in runs):.3f}",
                f"{max(run.peak for run in runs) / MB:.0f}",
            ),
        ),
        ("goal: at most 0.2 s",),
    )
