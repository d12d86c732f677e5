"""How long AWS waits for a handler to be there, and what memory it then has."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.program import Measured, measured
from benchmarks.table import MB, Table

_RUNS: Final = 7
_HANDLERS: Final = (
    "entrypoints.lambda_orchestrator",
    "entrypoints.lambda_worker",
    "entrypoints.lambda_alarm",
    "entrypoints.ecs_worker",
)
# What the first invocation needs of the vendors, whenever it is imported.
_VENDORS: Final = "adapters.homebrew.bottles, adapters.s3.store"
_TIMED: Final = (
    "import time; wall, cpu = time.perf_counter(), time.process_time();"
    " import {modules};"
    " print(time.perf_counter() - wall, time.process_time() - cpu)"
)


def measure(place: Path) -> Table:
    handlers = [module for module in _HANDLERS if find_spec(module) is not None]
    return Table(
        f"import of each handler in a fresh process, median of {_RUNS}",
        (
            ("handler", "import s", "CPU s", "with vendors s", "CPU s", "peak MB"),
            *(_row(module, place) for module in handlers),
        ),
        (
            "vendors: boto3 and requests, which the first invocation needs, too",
            "goal: 0.6 s, and a peak of 120 MB with the vendors",
        ),
    )


def _row(module: str, place: Path) -> tuple[str, ...]:
    alone = _imported(module, place)
    whole = _imported(f"{module}, {_VENDORS}", place)
    return (
        module,
        *_seconds(alone),
        *_seconds(whole),
        f"{max(run.peak for run in whole) / MB:.0f}",
    )


def _seconds(runs: list[Measured]) -> Iterator[str]:
    for times in zip(*(map(float, run.stdout.split()) for run in runs), strict=True):
        yield f"{median(times):.3f}"


def _imported(modules: str, place: Path) -> list[Measured]:
    command = (sys.executable, "-c", _TIMED.format(modules=modules))
    measured(*command, cwd=place)  # Python keeps what it has compiled
    return [measured(*command, cwd=place) for _ in range(_RUNS)]
