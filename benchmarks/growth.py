"""What a bottle costs as there are more of them: processor time, and memory.

The catalog is the same however many are synced of it, as the real one is: it is read
whole, and so are the documents that are published with it. What is synced is named.
"""

from __future__ import annotations

from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.stores import STORES
from benchmarks.syncing import Synced, sync
from benchmarks.table import MB, Table
from benchmarks.upstream import Upstream, upstream
from tests.standin.recipes import MAIN_TAGS, ordinary_recipe

_TAGS: Final = MAIN_TAGS[:4]
_BOTTLES: Final = {1_000: 3, 5_000: 3, 20_000: 1}
"""How many bottles are synced, and how often."""
_OFFERED: Final = max(_BOTTLES)  # bottles in the catalog
_SIZE: Final = 10_000  # bytes of a bottle
_HEADING: Final = (
    "into",
    "bottles",
    "runs",
    "CPU ms/bottle",
    "peak MB",
    "over idle",
    "kB/bottle",
    "requests/bottle",
    "wall s",
)


def measure(place: Path, one_of: int = 1) -> Table:
    """Return what syncs of more and more bottles took.

    Args:
        one_of: By how much there are fewer.
    """
    rows: list[tuple[str, ...]] = [_HEADING]
    notes: list[str] = []
    offered = _OFFERED // one_of // len(_TAGS)
    with upstream(f"plain:{offered}:{','.join(_TAGS)}", _SIZE) as served:
        for store in STORES:
            more_rows, more_notes = _grown(served, place, store, one_of)
            rows += more_rows
            notes += more_notes
    return Table(
        f"bottles sync of more and more bottles of {_SIZE // 1000} kB,"
        f" {len(_TAGS)} of each formula",
        tuple(rows),
        (
            *notes,
            f"of a catalog of {offered * len(_TAGS):,} bottles, which is read whole",
            f"idle: a sync of {len(_TAGS)} bottles; CPU is told without it",
            "medians, where there are several runs",
            "goal: within 10%",
        ),
    )


def _grown(
    served: Upstream, place: Path, store: str, one_of: int
) -> tuple[list[tuple[str, ...]], list[str]]:
    """Return the rows of a store, and what is to be said of them."""
    rows: list[tuple[str, ...]] = []
    (idle,) = _synced(served, place, store, len(_TAGS), 1)
    grown = []
    for whole, runs in _BOTTLES.items():
        bottles = whole // one_of // len(_TAGS) * len(_TAGS)
        done = _synced(served, place, store, bottles, runs)
        cpu = median(one.measured.cpu for one in done) - idle.measured.cpu
        peak = median(one.measured.peak for one in done)
        over = peak - idle.measured.peak
        grown.append((cpu / bottles, peak))
        rows.append(
            (
                store,
                f"{bottles:,}",
                f"{runs}",
                f"{cpu / bottles * 1000:.2f}",
                f"{peak / MB:.0f}",
                f"{over / MB:.0f}",
                f"{over / bottles / 1000:.1f}",
                f"{median(one.store for one in done) / bottles:.2f}",
                f"{median(one.measured.wall for one in done):.1f}",
            )
        )
    (cpu, peak), (cpus, peaks) = grown[0], grown[-1]
    grew = f"{cpus / cpu - 1:+.0%} CPU a bottle, {peaks / peak - 1:+.0%} memory"
    took = f"{idle.measured.peak / MB:.0f} MB and {idle.measured.cpu:.2f} s of CPU"
    return rows, [
        f"{store}, from the fewest to the most: {grew}",
        f"{store}, idle: {took}",
    ]


def _synced(
    served: Upstream, place: Path, store: str, bottles: int, runs: int
) -> list[Synced]:
    """Sync so many bottles into a new store, so many times."""
    names = [ordinary_recipe(index).name for index in range(bottles // len(_TAGS))]
    done = []
    for _ in range(runs):
        with STORES[store](place) as target:
            one = sync(served, target, place, *names, tags=",".join(_TAGS))
        assert one.answer["mirrored"]["bottles"] == bottles
        done.append(one)
    return done
