"""What a bottle costs as there are more of them: processor time, and memory."""

from __future__ import annotations

from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.stores import STORES
from benchmarks.syncing import Synced, sync
from benchmarks.table import MB, Table
from benchmarks.upstream import upstream
from tests.standin.recipes import MAIN_TAGS

_TAGS: Final = MAIN_TAGS[:4]
_BOTTLES: Final = {1_000: 3, 5_000: 3, 20_000: 1}
"""How many bottles are synced, and how often."""
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
    notes = []
    for store in STORES:
        (idle,) = _synced(place, store, len(_TAGS), 1)
        grown = []
        for whole, runs in _BOTTLES.items():
            bottles = whole // one_of // len(_TAGS) * len(_TAGS)
            done = _synced(place, store, bottles, runs)
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
        notes.append(
            f"{store}, from the fewest to the most: {cpus / cpu - 1:+.0%} CPU a bottle,"
            f" {peaks / peak - 1:+.0%} memory"
        )
        notes.append(
            f"{store}, idle: {idle.measured.peak / MB:.0f} MB and"
            f" {idle.measured.cpu:.2f} s of CPU"
        )
    return Table(
        f"bottles sync of more and more bottles of {_SIZE // 1000} kB,"
        f" {len(_TAGS)} of each formula",
        tuple(rows),
        (
            *notes,
            f"idle: a sync of {len(_TAGS)} bottles; CPU is told without it",
            "medians, where there are several runs",
            "goal: within 10%",
        ),
    )


def _synced(place: Path, store: str, bottles: int, runs: int) -> list[Synced]:
    """Sync so many bottles into a new store, so many times."""
    tags = ",".join(_TAGS)
    done = []
    with upstream(f"plain:{bottles // len(_TAGS)}:{tags}", _SIZE) as served:
        for _ in range(runs):
            with STORES[store](place) as target:
                one = sync(served, target, place, tags=tags)
            assert one.answer["mirrored"]["bottles"] == bottles
            done.append(one)
    return done
