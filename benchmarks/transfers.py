"""The transfer benchmarks: bottles from an origin into a store, by engines in turn."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from operator import attrgetter
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.endpoints import Store
from benchmarks.engines import IDIOM, JOBS, Engine
from benchmarks.ground import Job, ground
from benchmarks.machine import file_system
from benchmarks.origin import Catalog
from benchmarks.rounds import ROUNDS, Runs, in_turn
from benchmarks.table import GB, MB, Table
from benchmarks.tools import version

_HEADING: Final = (
    *("engine", "MB/s", "from - to", "bottles/s", "x idiom", "begun", "of limit"),
    *("CPU s", "idle", "ms/bottle", "s/GB", "servers s", "cores"),
    *("peak MB", "idle"),
    *("upstream", "to the store", "does not"),
)
_IDLE_MEANS: Final = (
    "idle: the same process over one bottle of 64 bytes; ms/bottle and s/GB are the CPU"
    " over that, and begun is x idiom without the seconds that each takes for it"
)

_WALLS: Final[Callable[[Runs], list[float]]] = attrgetter("walls")
_BEGUN: Final[Callable[[Runs], list[float]]] = attrgetter("begun")


def compare(
    job: Job,
    store: Store,
    engines: Sequence[Engine],
    place: Path,
    *,
    idle: bool = True,
) -> Table:
    """Run the engines in turn, and set their figures beside each other."""
    tools = {tool: version(tool) for engine in engines for tool in engine.needs}
    engines = [engine for engine in engines if all(map(version, engine.needs))]
    before = os.getloadavg()[0]
    with ground(job, store, place) as where:
        whole, least = where.origin.whole, where.origin.idle
        found = in_turn(
            engines,
            lambda engine: where.run(engine, whole),
            (lambda engine: where.run(engine, least)) if idle else None,
        )
        files = file_system(where.place)
    rows = [_row(engine, engines, found, whole) for engine in engines]
    return Table(
        (
            f"{job.title} into {store.name}, {JOBS} at a time;"
            f" medians of {ROUNDS} rounds in turn"
        ),
        (_HEADING, *rows),
        (
            f"{len(whole.bottles):,} bottles, {whole.total / MB:,.0f} MB, on {files}",
            f"load {before:.1f} before, {os.getloadavg()[0]:.1f} after",
            *([_IDLE_MEANS] if idle else []),
            "upstream, to the store: requests a bottle, and all others",
            *_told_of_tools(tools),
        ),
        worded=1,
    )


def _row(
    engine: Engine,
    engines: Sequence[Engine],
    found: Mapping[str, Runs],
    catalog: Catalog,
) -> tuple[str, ...]:
    runs = found[engine.name]
    count, total = len(catalog.bottles), catalog.total
    wall = median(runs.walls)
    # What is redirected is compared with what is redirected.
    alike = [other for other in engines if other.redirected == engine.redirected]
    idiom = [found[other.name] for other in alike if other.command is IDIOM.command]
    limits = [found[other.name] for other in alike if other.is_limit]
    over = runs.cpu - runs.idle_cpu
    return (
        engine.name,
        f"{total / wall / MB:,.0f}",
        f"{total / max(runs.walls) / MB:,.0f} - {total / min(runs.walls) / MB:,.0f}",
        f"{count / wall:,.1f}",
        "" if engine.is_limit else _ratio(idiom, runs, _WALLS),
        "" if engine.is_limit or not runs.idle else _ratio(idiom, runs, _BEGUN),
        "" if engine.is_limit else _ratio(limits, runs, _WALLS),
        f"{runs.cpu:.2f}",
        *_idle(runs.idle_cpu, "{:.2f}", 1),
        f"{over / count * 1000:.2f}",
        f"{over / total * GB:.2f}",
        f"{runs.served:.2f}",
        f"{runs.cores:.1f}",
        f"{runs.peak / MB:.0f}",
        *_idle(runs.idle_peak, "{:.0f}", MB),
        *_requests(runs, count),
        engine.lacks,
    )


def _ratio(
    others: Sequence[Runs], runs: Runs, seconds: Callable[[Runs], list[float]]
) -> str:
    """Return how much quicker than the quickest of the others it was.

    Each round by itself: what else the machine did then, it did to both.
    """
    if not others:
        return "-"
    least = min(others, key=lambda other: median(other.walls))
    rounds = zip(seconds(least), seconds(runs), strict=True)
    return f"{median(theirs / ours for theirs, ours in rounds):.2f}"


def _idle(value: float, form: str, unit: int) -> Iterator[str]:
    yield form.format(value / unit) if value else "-"


def _requests(runs: Runs, count: int) -> Iterator[str]:
    last = runs.whole[-1]
    for asked in (last.upstream, last.store):
        yield f"{asked.bottles / count:.2f} + {asked.others:,}" if asked else "-"


def _told_of_tools(tools: Mapping[str, str | None]) -> Iterator[str]:
    there = [f"{tool} {number}" for tool, number in tools.items() if number]
    absent = [tool for tool, number in tools.items() if not number]
    yield f"nginx {version('nginx')}, {', '.join(there)}"
    if absent:
        yield f"absent, and so not measured: {', '.join(absent)}"
