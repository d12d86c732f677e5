"""One real week: the bottles that were new in it, with sizes like the real ones.

Two catalogs that are a week apart, and a list of sizes, are not part of the project:
they are looked for in the folder that BOTTLES_TEST_DATA names.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from benchmarks.ground import Job
from benchmarks.plan import data_folder
from benchmarks.table import GB, NotMeasuredError
from tests.standin.catalog import Formula, bottles_of, load_catalog

_BEFORE, _AFTER = "2026-08-15", "2026-08-22"
_TAGS: Final = ("arm64_tahoe", "arm64_sequoia", "arm64_sonoma")
_TOTAL: Final = 2 * GB


def real_week() -> Job:
    """Return the bottles for the three newest macOS that were new in one week.

    Each has bytes of its own, also where the real ones share theirs: the program would
    copy those inside the store, and no peer does.

    Raises:
        NotMeasuredError: The real data is not there.
    """
    data = data_folder()
    known = {
        file["sha256"]
        for formula in load_catalog(_there(data / f"formula-{_BEFORE}.json.gz"))
        for _tag, file in bottles_of(formula)
    }
    real = _real_sizes(_there(data / f"bottles-{_AFTER}.csv.gz"))
    sizes: dict[str, int] = {}
    formulae = []
    for formula in load_catalog(_there(data / f"formula-{_AFTER}.json.gz")):
        files = {}
        for tag, file in _wanted(formula, known):
            own = hashlib.sha256(f"{formula['name']}:{tag}".encode()).hexdigest()
            sizes[own] = real[file["sha256"]]
            url = file["url"].replace(file["sha256"], own)
            files[tag] = {**file, "sha256": own, "url": url}
        if files:
            stable = {**formula["bottle"]["stable"], "files": files}
            formulae.append({**formula, "bottle": {"stable": stable}})
    scale = _TOTAL / sum(sizes.values())
    return Job(
        f"the {len(sizes):,} bottles of a real week, sizes scaled by {scale:.2f},",
        formulae,
        lambda digest: int(sizes[digest] * scale),
        ",".join(_TAGS),
    )


def _wanted(formula: Formula, known: set[str]) -> Iterator[tuple[str, Formula]]:
    for tag, file in bottles_of(formula):
        if tag in (*_TAGS, "all") and file["sha256"] not in known:
            yield tag, file


def _real_sizes(path: Path) -> dict[str, int]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        return {
            row["sha256"]: int(row["est_size_bytes"]) for row in csv.DictReader(lines)
        }


def _there(path: Path) -> Path:
    if not path.exists():
        raise NotMeasuredError(f"no {path.name} (BOTTLES_TEST_DATA)")
    return path
