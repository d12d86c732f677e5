"""The rows of the transfer benchmark: small bottles, and large ones."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from benchmarks.endpoints import SEAWEED, SINK
from benchmarks.engines import (
    BARE,
    BOTTLES,
    BOTTLES_WITH_VIEW,
    CURLS,
    IDIOM,
    PIPED,
    PUTS,
)
from benchmarks.ground import Job
from benchmarks.peers import PEERS
from benchmarks.table import Table
from benchmarks.transfers import compare
from benchmarks.upstream import TAG
from benchmarks.week import real_week
from tests.standin.catalog import plain_catalog
from tests.standin.sizes import fixed


def _small(count: int = 2_000) -> Job:
    name = f"{count:,} bottles of 100 kB"
    return Job(name, plain_catalog(count), fixed(100_000), TAG)


def _large() -> Job:
    return Job("24 bottles of 64 MiB", plain_catalog(24), fixed(64 * 1024**2), TAG)


def engine_small(place: Path) -> Table:
    """What the machinery of a request costs, with a redirect and without."""
    redirected = [
        replace(engine, name=f"{engine.name}, redirected", redirected=True)
        for engine in (BOTTLES, IDIOM, CURLS[1])
    ]
    return compare(_small(), SINK, (BOTTLES, IDIOM, BARE, *CURLS, *redirected), place)


def engine_many(place: Path) -> Table:
    """The same with so many that the start of a program hardly counts."""
    return compare(_small(10_000), SINK, (BOTTLES, IDIOM, BARE), place)


def engine_large(place: Path) -> Table:
    """What each byte costs."""
    return compare(_large(), SINK, (BOTTLES, IDIOM, BARE, PIPED, *CURLS), place)


def peers_small(place: Path) -> Table:
    """What people use instead, with small bottles."""
    return _into_the_sink(_small(), place)


def peers_large(place: Path) -> Table:
    """What people use instead, with large bottles."""
    return _into_the_sink(_large(), place)


def peers_week(place: Path) -> Table:
    """What people use instead, with the bottles of a real week."""
    return _into_the_sink(real_week(), place)


def stored_small(place: Path) -> Table:
    """Small bottles into a real store, beside what it takes at best."""
    return _into_seaweed(_small(), place, idle=True)


def stored_many(place: Path) -> Table:
    """So many small ones into a real store that a start hardly counts."""
    engines = (BOTTLES, IDIOM, PEERS[0], *PUTS)
    return compare(_small(10_000), SEAWEED, engines, place)


def stored_large(place: Path) -> Table:
    """Large bottles into a real store, beside what it takes at best."""
    return _into_seaweed(_large(), place)


def stored_week(place: Path) -> Table:
    """The bottles of a real week into a real store, beside what it takes at best."""
    return _into_seaweed(real_week(), place)


def _into_the_sink(job: Job, place: Path) -> Table:
    engines = (BOTTLES, IDIOM, *PEERS, *CURLS)
    return compare(job, SINK, engines, place)


def _into_seaweed(job: Job, place: Path, *, idle: bool = False) -> Table:
    engines = (BOTTLES, BOTTLES_WITH_VIEW, IDIOM, *PEERS, *PUTS)
    return compare(job, SEAWEED, engines, place, idle=idle)
