"""The status page of a large mirror: how long it takes to make, and how large it is."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from adapters.folder.store import FolderStore
from adapters.retry import ONCE
from adapters.status_page.page import StoredStatusPage
from adapters.system_clock import SystemClock
from benchmarks.table import Table
from domain.bottle import Bottle, Digest
from domain.events import (
    BottleFailed,
    BottleMirrored,
    Commit,
    Event,
    RecordedCommit,
    SyncCompleted,
    SyncStarted,
)
from domain.history import History
from domain.ledger import Ledger
from domain.status import status_of
from domain.tags import Tag

_BOTTLES: Final = 60_000
RUNS: Final = 104
"""Two years, a run a week."""

_TAGS: Final = ("arm64_tahoe", "arm64_sequoia", "arm64_sonoma", "x86_64_linux")
_LEDGER: Final = "8c7dd922-ad47-494f-b02c-00d78eac9bf0"
_FIRST: Final = datetime(2024, 12, 1, 3, tzinfo=UTC)
_KB: Final = 1000


def measure(place: Path) -> Table:
    """Write the page of so many bottles, as weekly runs have brought them in."""
    ledger, history, at = grown(RUNS)
    folder = place / "status-page"
    store = FolderStore(folder)
    page = StoredStatusPage(store, store.public, SystemClock(), ONCE, lambda: 0.0)
    keys: dict[str, tuple[str, ...]] = {}
    rows: list[tuple[str, ...]] = [
        ("", "counted s", "rendered and written s", "CPU s", "objects")
    ]
    for name in ("the first time", "nothing is new"):
        begun, cpu = time.monotonic(), time.process_time()
        status = status_of(ledger, history, at)
        counted = time.monotonic()
        keys[name] = page.write(status, history, page.last(), anew=False)
        written = time.monotonic()
        took = (counted - begun, written - counted, time.process_time() - cpu)
        each = (f"{seconds:.2f}" for seconds in took)
        rows.append((name, *each, str(len(keys[name]))))
    sizes = {key: (folder / key).stat().st_size for key in keys["the first time"]}
    first, *letters, last = sizes
    shown = (first, max(letters, key=sizes.__getitem__), last)
    return Table(
        f"the status page of {_BOTTLES:,} bottles after {RUNS} runs, in a folder",
        tuple(rows),
        tuple(f"{key}: {sizes[key] / _KB:.0f} kB" for key in shown),
    )


def grown(runs: int) -> tuple[Ledger, History, datetime]:
    """Return a mirror as weekly runs have left it, and when that was."""
    ledger, history, at = Ledger(), History(), _FIRST
    for recorded in _log(ledger, runs):
        history.follow(ledger, recorded, ledger.position)
        at = recorded.commit.at
    return ledger, history, at


def _log(ledger: Ledger, runs: int) -> Iterator[RecordedCommit]:
    """Yield the commits of one run after another, as ``ledger`` grows by them."""
    share = _BOTTLES // RUNS + 1
    for week in range(runs):
        run, at = f"run-{week}", _FIRST + timedelta(weeks=week)
        came = [
            _mirrored(number, at)
            for number in range(week * share, min((week + 1) * share, _BOTTLES))
        ]
        lacking = BottleFailed(_bottle(week % 7, "2.0"), "not_found", "gone", 5)
        begun = SyncStarted(
            *(run, "local", "", "", at.date(), 1, "none", len(came) + 1, 0)
        )
        yield _recorded(ledger, run, 1, at, (begun, *came, lacking))
        outcome: Event = SyncCompleted(run, "degraded", None, {}, ledger.state)
        yield _recorded(ledger, run, 2, at + timedelta(minutes=9), (outcome,))


def _recorded(
    ledger: Ledger, run: str, wseq: int, at: datetime, events: tuple[Event, ...]
) -> RecordedCommit:
    position = ledger.position
    commit = Commit(
        *(f"{run}-{wseq}", _LEDGER, position.seq + 1, position.sha256, at),
        *(run, f"{run}/0/process", wseq, events),
    )
    return RecordedCommit(commit, hashlib.sha256(commit.id.encode()).hexdigest())


def _mirrored(number: int, at: datetime) -> BottleMirrored:
    bottle = _bottle(number, "1.0")
    size = 1_000 + number * 37
    return BottleMirrored(bottle, size, bottle.object_key(at.date()), "fetched")


def _bottle(number: int, version: str) -> Bottle:
    formula, tag = divmod(number, len(_TAGS))
    # Names begin with every letter alike, which those of homebrew/core do not.
    name = f"{chr(ord('a') + formula % 26)}-formula-{formula}"
    digest = hashlib.sha256(f"{number} {version}".encode()).hexdigest()
    return Bottle(name, version, 0, Tag(_TAGS[tag]), Digest(digest))
