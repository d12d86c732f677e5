"""The rows of the transfer benchmark: small bottles, and large ones."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from benchmarks.endpoints import SINK
from benchmarks.engines import BOTTLES, CURLS, IDIOM
from benchmarks.ground import Job
from benchmarks.table import Table
from benchmarks.transfers import compare
from benchmarks.upstream import TAG
from tests.standin.catalog import plain_catalog
from tests.standin.sizes import fixed

_SMALL = Job("2,000 bottles of 100 kB", plain_catalog(2_000), fixed(100_000), TAG)
_LARGE = Job("24 bottles of 64 MiB", plain_catalog(24), fixed(64 * 1024**2), TAG)


def engine_small(place: Path) -> Table:
    """What the machinery of a request costs, with a redirect and without."""
    redirected = [
        replace(engine, name=f"{engine.name}, redirected", redirected=True)
        for engine in (BOTTLES, IDIOM, CURLS[1])
    ]
    return compare(_SMALL, SINK, (BOTTLES, IDIOM, *CURLS, *redirected), place)


def engine_large(place: Path) -> Table:
    """What each byte costs."""
    return compare(_LARGE, SINK, (BOTTLES, IDIOM, *CURLS), place)
