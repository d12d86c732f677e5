"""The status page of a large mirror: how long it takes to make, and how large it is."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final

from adapters.folder.store import FolderStore
from adapters.status_page.page import StoredStatusPage
from benchmarks.status_work import BOTTLES, RUNS, grown
from benchmarks.table import Table
from domain.status import status_of

_KB: Final = 1000


def measure(place: Path) -> Table:
    """Write the page of so many bottles and weekly runs."""
    ledger, history, at = grown()
    page = StoredStatusPage(FolderStore(place / "status").public)
    rows = [("", "ms")]
    for name in ("cold", "warm"):
        begun = time.monotonic()
        status = status_of(ledger, history, at)
        counted = time.monotonic()
        keys = page.write(replace(status, at=at + timedelta(0)), history)
        written = time.monotonic()
        rows.append((f"counted, {name}", f"{1000 * (counted - begun):.0f}"))
        rows.append((f"rendered and written, {name}", f"{1000 * (written - counted):.0f}"))
    sizes = {key: (place / "status" / key).stat().st_size for key in keys}
    largest = max(sizes, key=lambda key: sizes[key])
    return Table(
        f"the status page of {BOTTLES:,} bottles after {RUNS} weekly runs, in a folder",
        tuple(rows),
        tuple(
            f"{key}: {sizes[key] / _KB:.0f} kB"
            for key in dict.fromkeys((keys[0], keys[-1], largest))
        ),
    )
