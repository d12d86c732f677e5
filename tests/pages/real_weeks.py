"""The ledger of a mirror of two years, while upstream changed as it does."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from domain.bottle import Bottle, Digest
from domain.events import (
    BottleMirrored,
    BottleSuperseded,
    CatalogRead,
    Commit,
    Event,
    RecordedCommit,
    SyncCompleted,
    SyncStarted,
)
from domain.generations import BottleEvicted
from domain.history import History
from domain.ledger import Ledger
from domain.tags import Tag
from tests.support.churn import TAGS, Churn, Day, Release

_WEEKS: Final = 104
_ID: Final = "8c7dd922-ad47-494f-b02c-00d78eac9bf0"
_FIRST: Final = datetime(2024, 12, 1, 3, tzinfo=UTC)
_CATALOG: Final = "a" * 64
_SELECTION: Final = "b" * 64


def kept_up(days: Sequence[Day]) -> tuple[Ledger, History, datetime]:
    """Return the ledger after a run a week, its history, and when the last one ended.

    Args:
        days: Of upstream; they come again until the weeks are over.
    """
    again = 1 + 7 * _WEEKS // len(days)
    churn = Churn([*days, *(day for _ in range(again) for day in days)][: 7 * _WEEKS])
    ledger, history, at = Ledger(), History(), _FIRST
    changed, gone = list(churn.formulae), list[Release]()
    for week in range(_WEEKS):
        at = _FIRST + timedelta(weeks=week)
        for recorded in _run(ledger, week, at, changed, gone):
            history.follow(ledger, recorded, ledger.position)
        changed, gone = churn.pass_days(7)
    return ledger, history, at + timedelta(minutes=9)


def _run(
    ledger: Ledger,
    week: int,
    at: datetime,
    changed: Sequence[Release],
    gone: Sequence[Release],
) -> Iterator[RecordedCommit]:
    """Yield the commits of a run that mirrors what changed and lets go what was."""
    run = f"run-{week}"
    came = [bottle for release in changed for bottle in _bottles(release)]
    names = {next(_bottles(release)).name for release in (*changed, *gone)}
    old = [
        entry
        for entry in ledger.held.values()
        if entry.bottle.name in names and entry.object_key not in ledger.superseded
    ]
    dropped = [
        BottleEvicted(entry.key, entry.sha256, object_key)
        for object_key, entry in ledger.superseded.items()
    ]
    read = CatalogRead("formula.jws.json", {}, None, None, len(changed))
    begun = SyncStarted(
        *(run, "local", "", _SELECTION, at.date(), 1, "none", len(came), 0)
    )
    mirrored = [
        BottleMirrored(bottle, _size(bottle), bottle.object_key(at.date()), "fetched")
        for bottle in came
    ]
    superseded = [
        BottleSuperseded(entry.bottle.key, entry.bottle.digest, at.date())
        for entry in old
    ]
    yield _recorded(ledger, run, 1, at, (read, begun, *superseded, *mirrored))
    done = SyncCompleted(run, "complete", _CATALOG, {}, ledger.state)
    yield _recorded(ledger, run, 2, at + timedelta(minutes=9), (done,))
    if dropped:
        yield _recorded(ledger, run, 3, at + timedelta(minutes=10), tuple(dropped))


def _recorded(
    ledger: Ledger, run: str, wseq: int, at: datetime, events: tuple[Event, ...]
) -> RecordedCommit:
    position = ledger.position
    commit = Commit(
        *(f"{run}-{wseq}", _ID, position.seq + 1, position.sha256, at),
        *(run, f"{run}/0/process", wseq, events),
    )
    return RecordedCommit(commit, hashlib.sha256(commit.id.encode()).hexdigest())


def _bottles(release: Release) -> Iterator[Bottle]:
    # As in homebrew/core, many formulae begin with some letters, and few with others.
    letter = "aabbccccddeffggghiijklllmmnnoppppqrrssssttuvwxyz"[
        int(release.name[1:]) % 48
    ]
    for tag in TAGS:
        name = f"{letter}-{release.name}"
        digest = hashlib.sha256(f"{name} {release.version} {tag}".encode()).hexdigest()
        yield Bottle(name, release.version, 0, Tag(tag), Digest(digest))


def _size(bottle: Bottle) -> int:
    """Return bytes as they are spread in reality: few are large."""
    return 20_000 + int(2.0 ** (int(bottle.digest[:4], 16) / 65536 * 12)) * 40_000
