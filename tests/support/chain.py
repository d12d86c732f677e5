"""Commits for a test, chained as a log would hold them."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from domain.bottle import Bottle, ObjectKey
from domain.events import (
    GENESIS,
    BottleFailed,
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
from domain.ledger import Ledger, replay
from domain.state_digest import StateDigest
from domain.words import Outcome, RunKind

LEDGER = "8c7dd922-ad47-494f-b02c-00d78eac9bf0"
DAY = date(2026, 8, 22)
START = datetime(2026, 8, 22, 3, 0, 0, tzinfo=UTC)


@dataclass(slots=True)
class Chain:
    """A log in a list: each commit follows the one before it, a minute later."""

    ledger: str = LEDGER
    commits: list[RecordedCommit] = field(default_factory=list)

    def add(
        self,
        *events: Event,
        run: str = "run-1",
        writer: str | None = None,
        wseq: int | None = None,
    ) -> RecordedCommit:
        """Append a commit; without ``wseq`` it is the writer's next."""
        last = self.commits[-1].position if self.commits else GENESIS
        writer = writer or f"{run}/0/process"
        seq = last.seq + 1
        commit = Commit(
            id=f"commit-{seq}",
            ledger=self.ledger,
            seq=seq,
            prev=last.sha256,
            at=START + timedelta(minutes=seq),
            run=run,
            writer=writer,
            wseq=wseq or self._last_wseq(writer) + 1,
            events=events,
        )
        recorded = RecordedCommit(
            commit, hashlib.sha256(repr(commit).encode()).hexdigest()
        )
        self.commits.append(recorded)
        return recorded

    def replay(self) -> Ledger:
        """Return the fold of every commit."""
        return replay(self.commits)

    def _last_wseq(self, writer: str) -> int:
        mine = (r.commit.wseq for r in self.commits if r.commit.writer == writer)
        return max(mine, default=0)


def mirrored(
    bottle: Bottle, size: int = 100, day: date = DAY, object_key: str | None = None
) -> BottleMirrored:
    """Return the event of a bottle that was fetched on ``day``."""
    key = bottle.object_key(day) if object_key is None else object_key
    return BottleMirrored(bottle, size, ObjectKey(key), "fetched")


def lost(bottle: Bottle, object_key: ObjectKey | None = None) -> BottleLost:
    """Return the event of a bottle that is not where it was said to be."""
    key = object_key or bottle.object_key(DAY)
    return BottleLost(bottle.key, bottle.digest, key, "nothing")


def superseded(bottle: Bottle, on: date = DAY) -> BottleSuperseded:
    """Return the event of a bottle that upstream offers no more."""
    return BottleSuperseded(bottle.key, bottle.digest, on)


def failed(bottle: Bottle, cause: str = "not_found") -> BottleFailed:
    """Return the event of a bottle that could not be mirrored."""
    return BottleFailed(bottle, cause, "there is no such blob", attempts=5)


def started(
    run: str = "run-1", kind: RunKind = "local", selection: str = "5e" * 32
) -> SyncStarted:
    """Return the event that opens a run."""
    return SyncStarted(
        run=run,
        kind=kind,
        plan="b1" * 32,
        selection=selection,
        day=DAY,
        shards=1,
        route="none",
        bottles=3,
        bytes=300,
    )


def completed(
    state: StateDigest,
    run: str = "run-1",
    outcome: Outcome = "complete",
    catalog: str | None = "ca" * 32,
) -> SyncCompleted:
    """Return the event that closes a run."""
    return SyncCompleted(run, outcome, catalog, {"mirrored": 1}, state)


def catalog_read(sha256: str = "ca" * 32, formulae: int = 8560) -> CatalogRead:
    """Return the event of a catalog that was read."""
    return CatalogRead(
        source="https://formulae.test/api/formula.jws.json",
        documents={"formula.jws.json": sha256},
        etag='"v1"',
        last_modified=None,
        formulae=formulae,
    )


def ledger_holding(bottles: Iterable[Bottle], size: int = 100) -> Ledger:
    """Return a ledger that holds ``bottles``."""
    chain = Chain()
    chain.add(*(mirrored(bottle, size) for bottle in bottles))
    return chain.replay()
