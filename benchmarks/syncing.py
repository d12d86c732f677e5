"""Syncs into both stores, beside what the machine gives at best."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import limits
from benchmarks.program import Measured, bottles
from benchmarks.stores import STORES, Target
from benchmarks.table import GB, MB, Table
from benchmarks.upstream import TAG, Upstream, upstream

DEFAULT_JOBS = min(32, 4 * (os.cpu_count() or 1))
"""What ``bottles`` takes of itself."""

_HEADING = (
    "into",
    "bottles/s",
    "MB/s",
    "of the limit",
    "CPU s/GB",
    "CPU ms/bottle",
    "peak MB",
    "wall s",
)


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be synced.

    Attributes:
        size: Of each bottle, in bytes.
        sample: With how many bottles the limits are measured.
        jobs: Transfers at a time.
    """

    bottles: int
    size: int
    sample: int
    jobs: int = DEFAULT_JOBS


@dataclass(frozen=True, slots=True)
class Synced:
    """A sync that was measured.

    Attributes:
        upstream: Requests for bottles, as the stand-in has counted them.
        catalog: Requests for the catalog.
        store: Requests to the store, as the program has counted them.
    """

    measured: Measured
    answer: dict[str, Any]
    upstream: int
    catalog: int
    store: int


def sync(
    served: Upstream,
    target: Target,
    place: Path,
    *names: str,
    tags: str = TAG,
    jobs: int = DEFAULT_JOBS,
    spool: Path | None = None,
) -> Synced:
    """Sync what is served for ``tags`` into ``target``.

    Args:
        names: The formulae to sync; none is all of them.
    """
    served.forget()
    settings = {} if spool is None else {"BOTTLES_SPOOL": str(spool)}
    measured = bottles(
        *("sync", *names, "--tag", tags, "--jobs", str(jobs), "--store", target.url),
        *("--json", "--quiet"),
        cwd=place,
        settings={**served.settings, **target.settings, **settings},
    )
    asked, catalog = served.counts()
    answer = measured.answer
    return Synced(measured, answer, asked, catalog, answer["requests"]["store"])


def compare(title: str, job: Job, place: Path) -> Table:
    """Sync into every store, and set it beside the slowest part of the work."""
    rows: list[tuple[str, ...]] = [_HEADING]
    limit_notes, request_notes = [], []
    with upstream(f"plain:{job.bottles}", job.size) as served:
        addresses = served.addresses(job.sample)
        read = limits.read_bottles(addresses, job.size, job.jobs)
        for name, store in STORES.items():
            with store(place) as target:
                write = target.write(job.sample, job.size, job.jobs)
            with store(place) as target:
                done = sync(served, target, place, jobs=job.jobs)
            assert done.answer["mirrored"]["bottles"] == job.bottles
            limit = min(read.bytes_per_second, write.bytes_per_second)
            rows.append((name, *_figures(job, done.measured, limit)))
            limit_notes.append(f"write to {name}: {write}")
            request_notes.append(
                f"requests, {name}: upstream {done.upstream / job.bottles:.2f} a bottle"
                f" and {done.catalog} for the catalog,"
                f" to the store 1 a bottle and {done.store - job.bottles} more"
            )
    return Table(
        f"{title}, {job.jobs} at a time",
        tuple(rows),
        (
            *request_notes,
            "limits, each part of the work alone, as many at a time:",
            f"  read from the stand-in: {read}",
            *(f"  {note}" for note in limit_notes),
            f"  SHA-256 on one core: {limits.hash_bytes()}",
        ),
    )


def _figures(job: Job, measured: Measured, limit: float) -> tuple[str, ...]:
    total = job.bottles * job.size
    rate = total / measured.wall
    return (
        f"{job.bottles / measured.wall:,.1f}",
        f"{rate / MB:,.1f}",
        f"{rate / limit:.0%}",
        f"{measured.cpu / total * GB:.2f}",
        f"{measured.cpu / job.bottles * 1000:.2f}",
        f"{measured.peak / MB:,.0f}",
        f"{measured.wall:.2f}",
    )
