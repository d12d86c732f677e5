"""Bottles of more than 1 GB: what it costs to keep them in a spool on their way."""

from __future__ import annotations

from pathlib import Path

from benchmarks.stores import STORES
from benchmarks.syncing import sync
from benchmarks.table import GB, MB, Table
from benchmarks.upstream import upstream

_BOTTLES = 2
_SIZE = 1_100_000_000  # bytes


def measure(place: Path) -> Table:
    rows = [("into", "spool", "MB/s", "CPU s/GB", "peak MB", "wall s")]
    total = _BOTTLES * _SIZE
    with upstream(f"plain:{_BOTTLES}", _SIZE) as served:
        for name, store in STORES.items():
            for spool in (None, place / "spool"):
                with store(place) as target:
                    done = sync(served, target, place, spool=spool).measured
                rows.append(
                    (
                        name,
                        "none" if spool is None else "on the same disk",
                        f"{total / done.wall / MB:,.1f}",
                        f"{done.cpu / total * GB:.2f}",
                        f"{done.peak / MB:,.0f}",
                        f"{done.wall:.2f}",
                    )
                )
    return Table(f"bottles sync of {_BOTTLES} bottles of 1.1 GB", tuple(rows), ())
