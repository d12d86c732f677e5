"""The same sync again: what it costs to learn that there is nothing to do."""

from __future__ import annotations

from pathlib import Path

from benchmarks.stores import STORES
from benchmarks.syncing import sync
from benchmarks.table import MB, Table
from benchmarks.upstream import upstream

_BOTTLES = 2_000
_SIZE = 1_000  # bytes


def measure(place: Path) -> Table:
    rows = [("store", "wall s", "CPU s", "peak MB", "upstream", "to it", "in all")]
    with upstream(f"plain:{_BOTTLES}", _SIZE) as served:
        for name, store in STORES.items():
            with store(place) as target:
                sync(served, target, place)
                done = sync(served, target, place)
            assert done.answer["mirrored"]["bottles"] == 0
            asked = done.upstream + done.catalog
            rows.append(
                (
                    name,
                    f"{done.measured.wall:.2f}",
                    f"{done.measured.cpu:.2f}",
                    f"{done.measured.peak / MB:.0f}",
                    f"{asked:,}",
                    f"{done.store:,}",
                    f"{asked + done.store:,}",
                )
            )
    return Table(
        f"bottles sync once more, with {_BOTTLES:,} bottles and nothing to do",
        tuple(rows),
        ("goal: 7 requests in all; 0.6 s on a folder, 0.8 s on S3",),
    )
