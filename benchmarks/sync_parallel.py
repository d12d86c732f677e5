"""Large bottles, as many at once as there may be: what memory they take."""

from __future__ import annotations

from pathlib import Path

from benchmarks.syncing import Job, compare
from benchmarks.table import Table


def measure(place: Path) -> Table:
    # As many bytes as sync-large has, in enough bottles to be 32 at a time.
    job = Job(bottles=40, size=100_000_000, sample=16, jobs=32)
    return compare("bottles sync of 40 bottles of 100 MB (200 MB at most)", job, place)
