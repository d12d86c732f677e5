"""Many small bottles: what each of them costs."""

from __future__ import annotations

from pathlib import Path

from benchmarks.syncing import Job, compare
from benchmarks.table import Table


def measure(place: Path) -> Table:
    job = Job(bottles=2_000, size=100_000, sample=2_000)
    return compare("bottles sync of 2,000 bottles of 100 kB", job, place)
