"""What the orchestrator does before it hands out work, beside the limits of Lambda."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from application.orchestrate import TIME_FOR_SIZES
from benchmarks.plan import catalog_of
from benchmarks.program import Measured, measured
from benchmarks.stores import STORES
from benchmarks.table import MB, Table
from benchmarks.upstream import upstream
from tests.standin.recipes import MAIN_TAGS

_MEMORY: Final = 512  # MiB that the function has
_SECONDS: Final = 300  # that it may take
_SHARE: Final = _MEMORY / 1_769  # of a core (AWS Lambda developer guide)
_BODY: Final = 64  # bytes; nobody fetches any
_FORMULAE: Final = 8_000  # which makes 48,000 bottles


def measure(place: Path) -> Table:
    real, which = catalog_of(place)
    tags = ",".join(MAIN_TAGS)
    rows = [
        *_rows(place, which, str(real), "latest:3"),
        *_rows(place, "invented", f"plain:{_FORMULAE}:{tags}", tags),
    ]
    lambda_share = (
        f"{_MEMORY} MiB come with {_SHARE:.2f} of a core: what takes a second of CPU"
        f" here takes {1 / _SHARE:.1f} s there"
    )
    return Table(
        "the orchestrator, from the ledger to the orders for the workers",
        (
            (
                *("catalog", "ledger in", "held", "to mirror", "releases asked"),
                *("a second", "CPU s", "wall s", "peak MB", "document MB"),
            ),
            *rows,
        ),
        (
            f"limits: {_MEMORY * 1024**2 / MB:.0f} MB and {_SECONDS} s",
            f"sizes are asked for {TIME_FOR_SIZES:.0f} s, and guessed after that",
            lambda_share,
        ),
    )


def _rows(place: Path, name: str, catalog: str, tags: str) -> Iterator[tuple[str, ...]]:
    with upstream(catalog, _BODY) as served:
        for store, opened in STORES.items():
            with opened(place) as target:
                settings = {**served.settings, **target.settings}
                held = _work("hold", target.url, tags, settings, place)
                run = _work("start", target.url, tags, settings, place)
                weighed = _work("weigh", target.url, tags, settings, place)
            answer = run.answer
            assert weighed.answer["unknown"] == 0, answer["notes"]
            yield (
                name,
                store,
                f"{held.answer['held']:,}",
                f"{answer['bottles']:,}",
                f"{answer['asked']:,}",
                f"{answer['asked'] / answer['seconds']:.0f}",
                f"{run.cpu:.1f}",
                f"{run.wall:.1f}",
                f"{run.peak / MB:.0f}",
                f"{weighed.answer['bytes'] / MB:.1f}",
            )


def _work(
    name: str, url: str, tags: str, settings: Mapping[str, str], place: Path
) -> Measured:
    return measured(
        *(sys.executable, "-m", "benchmarks.orchestrate_work", name, url, tags),
        cwd=place,
        settings=settings,
    )
