"""The plan of the whole catalog, from file to answer in one process."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from benchmarks.program import ROOT, Measured, bottles, measured
from benchmarks.table import MB, Table
from tests.standin.catalog import plain_catalog
from tests.standin.recipes import MAIN_TAGS

_RUNS = 5
_FORMULAE = 8_560  # of homebrew/core in August 2026
_READ = "import gzip, json, sys; json.load(gzip.open(sys.argv[1]))"
# Every bottle of every formula, with its digest: what a script begins with.
_LISTED = r"""gzip -dc "$1" | jq -r '.[] | .name as $name
| (.bottle.stable.files // {}) | to_entries[]
| [$name, .key, .value.sha256] | @tsv' >/dev/null"""
_JQ_LACKS = "select, check, compare with what is held: it lists name, tag, digest"
_NOBODY = "http://127.0.0.1:9"


def measure(place: Path) -> Table:
    catalog, which = catalog_of(place)
    reading = (sys.executable, "-c", _READ, str(catalog))
    listing = ("/bin/sh", "-c", _LISTED, "sh", str(catalog))
    runs, read, listed = [], [], []
    for _ in range(_RUNS):
        runs.append(
            bottles(
                *("plan", "--catalog", str(catalog), "--registry", _NOBODY),
                *("--json", "--quiet"),
                cwd=place,
            )
        )
        read.append(measured(*reading, cwd=place))
        if shutil.which("jq"):
            listed.append(measured(*listing, cwd=place))
    answer = runs[0].answer
    rows = [
        (
            "bottles plan",
            f"{answer['catalog']['formulae']:,}",
            f"{answer['offered']['bottles']:,}",
            *_figures(runs),
            "",
        )
    ]
    if listed:
        rows.append(("jq", "-", "-", *_figures(listed), _JQ_LACKS))
    return Table(
        f"bottles plan of {which}, in turn, medians of {_RUNS}",
        (
            (
                *("by", "formulae", "bottles", "wall s", "CPU s", "peak MB"),
                "does not",
            ),
            *rows,
        ),
        (
            "the registry is out of reach: no size is known",
            (
                "limit: Python alone unpacks and parses the file in"
                f" {median(run.wall for run in read):.2f} s"
            ),
            "goal: at most 2.0 s, and 300 MB",
        ),
        worded=1,
    )


def _figures(runs: Sequence[Measured]) -> tuple[str, str, str]:
    return (
        f"{median(run.wall for run in runs):.2f}",
        f"{median(run.cpu for run in runs):.2f}",
        f"{max(run.peak for run in runs) / MB:.0f}",
    )


def catalog_of(place: Path) -> tuple[Path, str]:
    """Return the newest real catalog, or one that is as large."""
    real = sorted(data_folder().glob("formula-*.json.gz"))
    if real:
        return real[-1], f"the real catalog ({real[-1].name})"
    made = place / "formula.json.gz"
    text = json.dumps(plain_catalog(_FORMULAE, MAIN_TAGS))
    made.write_bytes(gzip.compress(text.encode(), compresslevel=6))
    return made, "an invented catalog (no real one: BOTTLES_TEST_DATA)"


def data_folder() -> Path:
    """Return where real catalogs are, if there are any."""
    told = os.environ.get("BOTTLES_TEST_DATA")
    return Path(told) if told else ROOT.parent / "shared" / "data"
