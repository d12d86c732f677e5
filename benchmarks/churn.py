"""The log of a mirror kept up for years: a sync a week, old bottles evicted."""

from __future__ import annotations

import hashlib
from collections import deque
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from pathlib import Path
from random import Random
from typing import Final
from uuid import UUID

from adapters.ledger.codec import encode_commit
from adapters.ledger.hash_codec import encode_hash_file
from adapters.ledger.identity import encode_identity
from adapters.ledger.layout import HASH_FILE, IDENTITY, commit_key, document_key
from adapters.ledger.work_codec import encode_work
from domain.bottle import Bottle, Digest, ObjectKey
from domain.events import (
    BottleLost,
    BottleMirrored,
    BottleSuperseded,
    CatalogRead,
    Commit,
    Event,
    RecordedCommit,
    SyncCompleted,
    SyncStarted,
)
from domain.ledger import Ledger
from domain.tags import Tag
from domain.work import Load, Work

EVENTS: Final = 1_000_000
IN_A_COMMIT: Final = 256
HELD: Final = 60_000

_FORMULAE: Final = 8_560  # of homebrew/core in August 2026
_TAGS: Final = tuple(
    Tag(name)
    for name in (
        *("arm64_tahoe", "arm64_sequoia", "arm64_sonoma"),
        *("sonoma", "x86_64_linux", "arm64_linux"),
    )
)
_CHANGED: Final = 360  # formulae a week
_GRACE: Final = 4  # weeks until what was superseded is evicted
_FIRST_DAY: Final = date(2026, 1, 4)
_LEDGER: Final = str(UUID(int=1, version=4))
_ABOUT_RUN: Final = 3  # its catalog, its start, its end

assert _FORMULAE * len(_TAGS) + _GRACE * _CHANGED * len(_TAGS) == HELD


class Churn:
    """The events of one sync after another, ``EVENTS`` in all."""

    def __init__(self) -> None:
        self._chance = Random(1)
        self._left = EVENTS
        self._week = 0
        self._offered: dict[tuple[int, Tag], BottleMirrored] = {}
        self._superseded: deque[list[BottleMirrored]] = deque()

    def __iter__(self) -> Iterator[tuple[str, date, Work, list[Event]]]:
        """Yield each run with its day, its work and all of its events but the last."""
        while self._left:
            run = str(UUID(int=(2 << 64) + self._week, version=4))
            day = _FIRST_DAY + timedelta(weeks=self._week)
            work, events = self._events(run, day)
            self._left -= len(events) + 1
            self._week += 1
            yield run, day, work, events

    def _events(self, run: str, day: date) -> tuple[Work, list[Event]]:
        expired: list[BottleMirrored] = []
        if len(self._superseded) == _GRACE:
            expired = self._superseded.popleft()
        changed = self._changed()
        spare = self._left - _ABOUT_RUN - len(changed) * (2 + bool(expired))
        reads = 1
        if self._week and spare < _ABOUT_RUN:
            # The last one: what it has not got room for stays as it was.
            room, over = divmod(self._left - _ABOUT_RUN, 3)
            changed, expired, reads = changed[:room], expired[:room], 1 + over
        mirrored = [self._mirrored(number, tag, day) for number, tag in changed]
        old = [self._offered[each] for each in changed if each in self._offered]
        self._superseded.append(old)
        if not self._week:
            self._superseded.clear()
        self._offered.update(zip(changed, mirrored, strict=True))
        work = Work(
            tuple(Load(e.bottle.digest, e.size, (e.bottle,)) for e in mirrored),
            tuple((e.bottle.key, e.bottle.digest) for e in old),
        )
        catalog = CatalogRead(
            "https://formulae.brew.sh/api/formula.jws.json",
            {"formula.jws.json": _digest(run)},
            None,
            None,
            _FORMULAE,
        )
        started = SyncStarted(
            run=run,
            kind="cloud",
            plan=hashlib.sha256(encode_work(work)).hexdigest(),
            selection=_digest("everything"),
            day=day,
            shards=1,
            route="ecs",
            bottles=len(mirrored),
            bytes=sum(event.size for event in mirrored),
        )
        return work, [
            *[catalog] * reads,
            started,
            *mirrored,
            *(BottleSuperseded(e.bottle.key, e.bottle.digest, day) for e in old),
            *(_lost(event) for event in expired),
        ]

    def _changed(self) -> list[tuple[int, Tag]]:
        numbers: Sequence[int] = range(_FORMULAE)
        if self._week:
            first = self._week * _CHANGED
            numbers = [n % _FORMULAE for n in range(first, first + _CHANGED)]
        changed = [(number, tag) for number in numbers for tag in _TAGS]
        # The biggest come first, so those of one release do not come together.
        self._chance.shuffle(changed)
        return changed

    def _mirrored(self, number: int, tag: Tag, day: date) -> BottleMirrored:
        name, version = f"formula-{number}", f"{number % 30}.{self._week}.0"
        bottle = Bottle(name, version, 0, tag, _digest(f"{name} {version} {tag}"))
        size = self._chance.randrange(10_000, 50_000_000)
        return BottleMirrored(bottle, size, bottle.object_key(day), "fetched")


def write_log(folder: Path, behind: int) -> Ledger:
    """Write the log into ``folder``, as the folder store has it.

    Args:
        behind: How many commits the hash file does not know yet.

    Returns:
        The ledger that it gives.
    """
    at = datetime.combine(_FIRST_DAY, time(), UTC)
    _write(folder, IDENTITY, encode_identity(_LEDGER, at))
    ledger = Ledger(id=_LEDGER)
    last: deque[RecordedCommit] = deque()
    # Folded twice: from zero up to the end, and up to where the hash file is.
    published = Ledger(id=_LEDGER)
    for recorded, body in _commits(folder, ledger):
        _write(folder, commit_key(recorded.commit.seq), body)
        last.append(recorded)
        if len(last) > behind:
            published.apply(last.popleft())
    _write(folder, HASH_FILE, encode_hash_file(published))
    return ledger


def _commits(folder: Path, ledger: Ledger) -> Iterator[tuple[RecordedCommit, bytes]]:
    for run, day, work, events in Churn():
        document = encode_work(work)
        _write(folder, document_key(hashlib.sha256(document).hexdigest()), document)
        ahead, wseq = iter(events), 0
        while batch := tuple(islice(ahead, IN_A_COMMIT)):
            wseq += 1
            yield _append(ledger, run, wseq, day, batch)
        end = SyncCompleted(
            run, "complete", _digest(run), {"mirrored": len(events)}, ledger.state
        )
        yield _append(ledger, run, wseq + 1, day, (end,))


def _append(
    ledger: Ledger, run: str, wseq: int, day: date, events: tuple[Event, ...]
) -> tuple[RecordedCommit, bytes]:
    position = ledger.position
    commit = Commit(
        id=str(UUID(int=position.seq + 1, version=4)),
        ledger=_LEDGER,
        seq=position.seq + 1,
        prev=position.sha256,
        at=datetime.combine(day, time(3), UTC),
        run=run,
        writer=f"{run}/0/process",
        wseq=wseq,
        events=events,
    )
    body = encode_commit(commit)
    recorded = RecordedCommit(commit, hashlib.sha256(body).hexdigest())
    ledger.apply(recorded)
    return recorded, body


def _write(folder: Path, key: ObjectKey, body: bytes) -> None:
    path = folder / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(body)


def _lost(event: BottleMirrored) -> BottleLost:
    bottle = event.bottle
    return BottleLost(bottle.key, bottle.digest, event.object_key, "nothing")


def _digest(text: str) -> Digest:
    return Digest(hashlib.sha256(text.encode()).hexdigest())
