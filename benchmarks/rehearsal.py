"""A rehearsal: the whole mirror as it is deployed, filled, and renewed a week later.

Every program is a process of its own: the orchestrator and the workers in Lambda under
AWS's runtime client, the workers on ECS. S3 is SeaweedFS over TLS. The state machine is
the one that is deployed, run by an interpreter of the tests, in one process with the
stand-in upstream.
"""

from __future__ import annotations

import os
import sys
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from benchmarks.program import ROOT
from benchmarks.rehearsal_programs import Used
from benchmarks.rehearsal_week import Rehearsal, Week
from benchmarks.table import GB, MB, NotMeasuredError, Table
from tests.standin.catalog import Formula, load_catalog
from tests.standin.server import Upstream
from tests.standin.sizes import from_csv
from tests.support.ecs_deployment import deployed_with_ecs
from tests.support.runtime_api import why_no_runtime
from tests.support.seaweed import SeaweedS3, WeedMissingError, find_weed

_WEEKS: Final = ("2026-08-15", "2026-08-22")
_TITLE: Final = "a rehearsal: the whole mirror as it is deployed, and the week after"
_SMALLER: Final = 60
"""Times that a bottle is smaller than estimated: 2 GB of 119. Manifests tell the
estimates, so that plans, routes and shares are those of the real amounts."""
_SHARD_GB: Final = 15  # makes eight shares of the first week
_WORKERS: Final = 8
_UPSTREAM: Final = {
    "the catalog": ("catalog", "catalog_304", "document", "document_304"),
    "manifests": ("manifest", "child_manifest", "token"),
    "bottles": ("blob", "signed_get"),
}
_STORE: Final = ("PUT", "COPY", "GET", "LIST", "DELETE")
_PROGRAM: Final = (sys.executable, "-m", "benchmarks.rehearsal_programs")


def measure(place: Path, one_of: int = 1) -> Table:
    """Return what two weeks took.

    Args:
        one_of: Of so many formulae one is there, and claims to be as large as all.

    Raises:
        NotMeasuredError: Catalogs, store or runtime client are missing.
    """
    assert place.is_dir()
    told = os.environ.get("BOTTLES_TEST_DATA")
    data = Path(told) if told else ROOT.parent / "shared" / "data"
    if reason := _why_not(data):
        raise NotMeasuredError(reason)
    first, second = (_catalog(data, week, one_of) for week in _WEEKS)
    tables = (data / f"bottles-{week}.csv.gz" for week in _WEEKS)
    with (
        SeaweedS3() as s3,
        Upstream(
            first,
            sizes=from_csv(*tables, scale=1 / _SMALLER),
            magnified=_SMALLER * one_of,
        ) as upstream,
        deployed_with_ecs(
            s3,
            upstream,
            at_once=_WORKERS,
            worker=_PROGRAM,
            target_tags="latest:3",
            shard_gb=str(_SHARD_GB),
        ) as it,
    ):
        rehearsal = Rehearsal(it, s3, upstream)
        weeks = [rehearsal.week()]
        upstream.publish(second)
        weeks.append(rehearsal.week())
    figures = [dict(_figures(week)) for week in weeks]
    sample = "" if one_of == 1 else f" (one formula of {one_of})"
    return Table(
        f"{_TITLE}{sample}",
        (
            ("", *(f"formula-{week}" for week in _WEEKS)),
            *((name, *(each[name] for each in figures)) for name in figures[0]),
        ),
        (
            (
                f"set: target_tags = latest:3, shard_gb = {_SHARD_GB},"
                f" max_parallel_tasks = {_WORKERS}; all else is as it is by default"
            ),
            (
                f"bottles have 1/{_SMALLER} of their estimated sizes; manifests tell of"
                " them: plans, routes and shares are those of real amounts"
            ),
            (
                "stand-in: upstream, state machine and Lambda's API, a process of"
                " Python: one core is its limit"
            ),
        ),
    )


def _why_not(data: Path) -> str | None:
    """Return what is missing, if so."""
    names = [f"{what}-{week}" for week in _WEEKS for what in ("formula", "bottles")]
    ends = {"formula": ".json.gz", "bottles": ".csv.gz"}
    files = [f"{name}{ends[name.partition('-')[0]]}" for name in names]
    if not all((data / file).exists() for file in files):
        return f"no {', '.join(files)} (BOTTLES_TEST_DATA)"
    if find_weed() is None:
        return str(WeedMissingError())
    return why_no_runtime()


def _catalog(data: Path, week: str, one_of: int) -> Sequence[Formula]:
    """Return the catalog of a week, or the same part of it as of every other."""
    return [
        formula
        for formula in load_catalog(data / f"formula-{week}.json.gz")
        if zlib.crc32(formula["name"].encode()) % one_of == 0
    ]


def _figures(week: Week) -> Iterator[tuple[str, str]]:
    answer, asked, stored = week.answer, week.upstream.requests, week.store.requests
    bottles = answer["bottles"]
    seconds = max(1.0, week.mirrored - week.handed_out)
    of_workers = sum(used.cpu for used in week.workers)
    yield "bottles to mirror", f"{bottles:,}"
    yield "shared out", f"{answer['shards']} shards over {answer['route']}"
    yield "GB, by the manifests", f"{answer['bytes'] / GB:,.1f}"
    yield "MB that came", f"{week.upstream.bytes / MB:,.0f}"
    yield "s until handed out", f"{week.handed_out:,.1f}"
    yield "s until mirrored", f"{week.mirrored:,.0f}"
    yield "s until closed", f"{week.closed:,.1f}"
    yield "bottles a second", f"{bottles / seconds:,.0f}"
    yield "requests upstream", f"{asked.total():,}"
    for what, kinds in _UPSTREAM.items():
        yield f"  for {what}", f"{sum(asked[kind] for kind in kinds):,}"
    yield "requests to the store", f"{stored.total():,}"
    for kind in _STORE:
        yield f"  {kind}", f"{stored[kind]:,}"
    yield "  a bottle", f"{stored.total() / bottles:.1f}"
    yield "orchestrator, CPU s", f"{sum(used.cpu for used in week.orchestrator):.1f}"
    yield "orchestrator, peak MB", f"{_peak(week.orchestrator):,.0f}"
    yield "workers", f"{len(week.workers)}"
    yield "workers, CPU s", f"{of_workers:,.1f}"
    yield "workers, CPU ms a bottle", f"{of_workers / bottles * 1000:.2f}"
    yield "workers, peak MB", f"{_peak(week.workers):,.0f}"
    yield "stand-in, CPU s", f"{week.upstream.cpu:,.1f}"
    yield "SeaweedFS, CPU s", f"{week.store.cpu:,.1f}"
    yield "SeaweedFS, MB at the end", f"{week.store_memory / MB:,.0f}"
    yield "cores that were busy", f"{week.cpu / week.closed:.2f}"
    yield "commits", f"{week.commits:,}"
    yield "events a commit", f"{week.events / week.commits:.0f}"
    yield "conflicts", f"{week.conflicts:,}"
    yield "bottles held", f"{week.held:,}"
    yield "superseded", f"{week.superseded:,}"


def _peak(processes: Sequence[Used]) -> float:
    return max(used.peak for used in processes) / MB
