"""One piece of work on a ledger in a folder, in a process of its own.

``python -m benchmarks.ledger_work WORK FOLDER`` prints what it took, as JSON.
"""

from __future__ import annotations

import gc
import hashlib
import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from random import random
from statistics import median
from typing import Final
from uuid import UUID

from adapters.folder.history import FolderHistory
from adapters.folder.store import FolderStore
from adapters.ledger.codec import encode_commit
from adapters.ledger.custody import StoredCustody
from adapters.ledger.event_log import StoredEventLog
from adapters.ledger.hash_file import StoredHashFile
from adapters.ledger.layout import COMMITS
from adapters.retry import Backoff
from adapters.system_clock import SystemClock
from application.opened_ledger import open_ledger
from benchmarks.churn import EVENTS, HELD, IN_A_COMMIT, write_log
from domain.events import GENESIS, BottleMirrored, Commit, RecordedCommit
from domain.ledger import Ledger

BEHIND: Final = 30
"""Commits that the hash file does not know yet."""

_APPENDED: Final = 60  # commits of each size


def write(folder: Path) -> dict[str, float]:
    """Write the log, and the hash file as it was some commits ago."""
    ledger = write_log(folder, BEHIND)
    assert len(ledger.held) == HELD
    assert ledger.state.bottles == HELD
    return {"commits": ledger.position.seq + 1}


def replay(folder: Path) -> dict[str, float]:
    """Fold the log from zero."""
    ledger = Ledger()
    events = 0
    for recorded in _log(folder).read(GENESIS):
        ledger.apply(recorded)
        events += len(recorded.commit.events)
    assert (events, len(ledger.held)) == (EVENTS, HELD)
    return {}


def check(folder: Path) -> dict[str, float]:
    """Look for damage in every byte, as ``ledger check --read`` does."""
    log, store = _log(folder), FolderStore(folder)
    custody = StoredCustody(store, FolderHistory(folder), log, readers=1)
    found = custody.examine((), read=True)
    assert (found.events, found.damage) == (EVENTS, ())
    return {}


def limit(folder: Path) -> dict[str, float]:
    """Hash the log and parse its JSON, with what Python brings along."""
    size = 0
    for path in sorted((folder / COMMITS).iterdir()):
        body = path.read_bytes()
        hashlib.sha256(body).digest()
        for line in body.splitlines():
            json.loads(line)
        size += len(body)
    return {"bytes": size}


def reopen(folder: Path) -> dict[str, float]:
    """Open the ledger from the hash file and the commits behind it."""
    wall, cpu = time.perf_counter(), time.process_time()
    opened = open_ledger(_log(folder), _hash_file(folder))
    took = time.perf_counter() - wall, time.process_time() - cpu
    assert not opened.notes
    assert len(opened.ledger.held) == HELD
    return {"wall": took[0], "cpu": took[1]}


def append(folder: Path) -> dict[str, float]:
    """Do all that an append takes but what the store does."""
    ledger = open_ledger(_log(folder), _hash_file(folder)).ledger
    entries = list(ledger.held.values())
    many, one = [], []
    for number in range(_APPENDED):
        entry = entries[number * IN_A_COMMIT : (number + 1) * IN_A_COMMIT]
        events = tuple(
            BottleMirrored(
                replace(each.bottle, pkg_version="2.0"), 1, each.object_key, "fetched"
            )
            for each in entry
        )
        many.append(_appended(ledger, events))
        one.append(_appended(ledger, events[:1]))
    return {"many": median(many), "one": median(one)}


def _appended(ledger: Ledger, events: tuple[BottleMirrored, ...]) -> float:
    begun = time.process_time()
    position = ledger.position
    run = str(UUID(int=position.seq, version=4))
    commit = Commit(
        id=run,
        ledger=ledger.id,
        seq=position.seq + 1,
        prev=position.sha256,
        at=SystemClock().now(),
        run=run,
        writer=f"{run}/0/process",
        wseq=1,
        events=events,
    )
    body = encode_commit(commit)
    ledger.apply(RecordedCommit(commit, hashlib.sha256(body).hexdigest()))
    return time.process_time() - begun


def _log(folder: Path) -> StoredEventLog:
    # As the command line has it for a folder: no threads.
    store = FolderStore(folder)
    return StoredEventLog(store, SystemClock(), Backoff(), random, readers=1)


def _hash_file(folder: Path) -> StoredHashFile:
    return StoredHashFile(FolderStore(folder), SystemClock(), Backoff(), random)


_WORK: Final[dict[str, Callable[[Path], dict[str, float]]]] = {
    work.__name__: work for work in (write, replay, check, limit, reopen, append)
}


def main() -> None:
    """Do the work that the arguments name."""
    gc.set_threshold(300_000, 20, 100)  # as entrypoints.cli.main does
    _, name, folder = sys.argv
    json.dump(_WORK[name](Path(folder)), sys.stdout)


if __name__ == "__main__":
    main()
