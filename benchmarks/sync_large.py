"""Large bottles: what each of their bytes costs."""

from __future__ import annotations

from pathlib import Path

from benchmarks.syncing import Job, compare
from benchmarks.table import Table


def measure(place: Path) -> Table:
    job = Job(bottles=20, size=200_000_000, sample=8)
    return compare("bottles sync of 20 bottles of 200 MB", job, place)
