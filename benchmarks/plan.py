"""The plan of the whole catalog, from file to answer in one process."""

from __future__ import annotations

import gzip
import json
import os
import sys
from pathlib import Path
from statistics import median

from benchmarks.program import ROOT, bottles, measured
from benchmarks.table import MB, Table
from tests.standin.catalog import plain_catalog
from tests.standin.recipes import MAIN_TAGS

_RUNS = 5
_FORMULAE = 8_560  # of homebrew/core in August 2026
_READ = "import gzip, json, sys; json.load(gzip.open(sys.argv[1]))"
_NOBODY = "http://127.0.0.1:9"


def measure(place: Path) -> Table:
    catalog, which = catalog_of(place)
    runs = [
        bottles(
            *("plan", "--catalog", str(catalog), "--registry", _NOBODY),
            *("--json", "--quiet"),
            cwd=place,
        )
        for _ in range(_RUNS)
    ]
    reading = [
        measured(sys.executable, "-c", _READ, str(catalog), cwd=place)
        for _ in range(_RUNS)
    ]
    answer = runs[0].answer
    return Table(
        f"bottles plan of {which}, median of {_RUNS}",
        (
            ("formulae", "bottles", "wall s", "CPU s", "peak MB"),
            (
                f"{answer['catalog']['formulae']:,}",
                f"{answer['offered']['bottles']:,}",
                f"{median(run.wall for run in runs):.2f}",
                f"{median(run.cpu for run in runs):.2f}",
                f"{max(run.peak for run in runs) / MB:.0f}",
            ),
        ),
        (
            "the registry is out of reach: no size is known",
            (
                "limit: Python alone unpacks and parses the file in"
                f" {median(run.wall for run in reading):.2f} s"
            ),
            "goal: at most 2.0 s, and 300 MB",
        ),
    )


def catalog_of(place: Path) -> tuple[Path, str]:
    """Return the newest real catalog, or one that is as large."""
    told = os.environ.get("BOTTLES_TEST_DATA")
    data = Path(told) if told else ROOT.parent / "shared" / "data"
    real = sorted(data.glob("formula-*.json.gz"))
    if real:
        return real[-1], f"the real catalog ({real[-1].name})"
    made = place / "formula.json.gz"
    text = json.dumps(plain_catalog(_FORMULAE, MAIN_TAGS))
    made.write_bytes(gzip.compress(text.encode(), compresslevel=6))
    return made, "an invented catalog (no real one: BOTTLES_TEST_DATA)"
