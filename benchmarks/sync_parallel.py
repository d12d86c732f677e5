"""Large bottles, as many at once as there may be: what memory they take."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from benchmarks.syncing import Job, compare
from benchmarks.table import Table


def measure(place: Path) -> Table:
    # sync-large has too few bottles to be 32 at a time.
    job = Job(bottles=40, size=50_000_000, sample=32, jobs=32)
    table = compare("bottles sync of 40 bottles of 50 MB", job, place)
    return replace(table, notes=(*table.notes, "goal: a peak under 200 MB"))
