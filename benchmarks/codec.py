"""The ledger's written form: how quickly it is written, read and replayed."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from adapters.ledger.codec import decode_commit, encode_commit
from adapters.ledger.hash_codec import decode_hash_file, encode_hash_file
from benchmarks.table import MB, Table
from domain.bottle import Bottle, Digest
from domain.events import GENESIS, BottleMirrored, Commit, RecordedCommit
from domain.ledger import replay
from domain.tags import Tag

T = TypeVar("T")

_EVENTS = 100_000
_IN_A_COMMIT = 250
_DAY = date(2026, 8, 22)
_AT = datetime(2026, 8, 22, 3, tzinfo=UTC)


def measure(_place: Path) -> Table:
    events = [_mirrored(number) for number in range(_EVENTS)]
    commits, to_write = _timed(lambda: list(_commits(events)))
    bodies = [body for body, _ in commits]
    decoded, to_read = _timed(
        lambda: [decode_commit(body, seq) for seq, body in enumerate(bodies)]
    )
    assert decoded == [commit for _, commit in commits]
    recorded = [
        RecordedCommit(commit, hashlib.sha256(body).hexdigest())
        for body, commit in commits
    ]
    ledger, to_fold = _timed(lambda: replay(recorded))
    hash_file, to_publish = _timed(lambda: encode_hash_file(ledger))
    again, to_load = _timed(lambda: decode_hash_file(hash_file))
    assert again == ledger
    log_size = sum(map(len, bodies))
    return Table(
        f"the ledger's codec, one core, {_EVENTS:,} bottles",
        (
            ("", "bottles/s", "s", "MB"),
            _row("write commits, each checked by reading", to_write, log_size),
            _row("read commits", to_read, log_size),
            _row("read and fold commits (replay)", to_read + to_fold, log_size),
            _row("write the hash file", to_publish, len(hash_file)),
            _row("read the hash file", to_load, len(hash_file)),
        ),
    )


def _commits(events: Sequence[BottleMirrored]) -> Iterator[tuple[bytes, Commit]]:
    """Yield the log of a mirror that was filled: each commit and its bytes."""
    head = GENESIS.sha256
    run = str(UUID(int=2, version=4))
    for seq, first in enumerate(range(0, len(events), _IN_A_COMMIT)):
        commit = Commit(
            id=str(UUID(int=seq, version=4)),
            ledger=str(UUID(int=1, version=4)),
            seq=seq,
            prev=head,
            at=_AT,
            run=run,
            writer=f"{run}/0/process",
            wseq=seq + 1,
            events=tuple(events[first : first + _IN_A_COMMIT]),
        )
        body = encode_commit(commit)
        head = hashlib.sha256(body).hexdigest()
        yield body, commit


def _mirrored(number: int) -> BottleMirrored:
    digest = Digest(hashlib.sha256(b"%d" % number).hexdigest())
    bottle = Bottle(f"formula-{number}", "1.2.3_1", 0, Tag("arm64_sonoma"), digest)
    size = 100_000 + number
    return BottleMirrored(bottle, size, bottle.object_key(_DAY), "fetched")


def _timed(work: Callable[[], T]) -> tuple[T, float]:
    begun = time.perf_counter()
    done = work()
    return done, time.perf_counter() - begun


def _row(what: str, seconds: float, size: int) -> tuple[str, ...]:
    return what, f"{_EVENTS / seconds:,.0f}", f"{seconds:.2f}", f"{size / MB:.1f}"
