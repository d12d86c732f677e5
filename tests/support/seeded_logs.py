"""Logs that are the same everywhere, and one digest of all that they give.

``python -m tests.support.seeded_logs`` prints it. It needs nothing that only tests
have, so that any Python may be asked; of chance it uses ``random()`` only, which alone
is the same in every version.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import TypeVar
from uuid import UUID

from adapters.ledger.codec import decode_commit, encode_commit
from adapters.ledger.event_log import StoredEventLog
from adapters.ledger.hash_codec import encode_hash_file
from adapters.memory.clock import ManualClock
from adapters.memory.store import MemoryStore
from adapters.retry import ONCE
from domain.bottle import Bottle, BottleKey, Digest, ObjectKey
from domain.events import (
    GENESIS,
    BottleFailed,
    BottleLost,
    BottleMirrored,
    BottleSuperseded,
    CatalogRead,
    Commit,
    Event,
    HashFileImported,
    LedgerRepaired,
    RecordedCommit,
    StoreReconciled,
    SyncCompleted,
    SyncStarted,
)
from domain.generations import (
    BottleEvicted,
    GenerationDropped,
    GenerationPublished,
    GenerationRolledBack,
    GenerationShown,
    GraceRenewed,
    IndexMirrored,
    KeptIndex,
)
from domain.ledger import Ledger, replay
from domain.records import Elsewhere, Repair
from domain.state_digest import StateDigest
from domain.tags import Tag
from domain.words import How, Outcome, RunKind

LOGS = 200
RUN = "run-0"
"""The run that writes every log; others open and end in it as well."""

_GOLDEN = Path(__file__).resolve().parent.parent / "golden"
_LEDGER = "5f0c9a3e-7b1d-4c8e-9a55-0d2f6f0f7a11"
_BEGUN = datetime(2026, 11, 22, 4, 11, tzinfo=UTC)
_DAYS = tuple(date(2026, 11, day) for day in (21, 22, 23))
_NAMES = ("jq", "gtk+3", "openssl@3", "x264-r3222")
_TEXTS = ("", "plain", "\u201cquoted\u201d", "half a pair: \ud800", "\n\t\0")
_HOWS: tuple[How, ...] = ("fetched", "copied", "found")
_OUTCOMES: tuple[Outcome, ...] = ("complete", "complete", "degraded", "interrupted")
_KINDS: tuple[RunKind, ...] = ("local", "cloud")
_T = TypeVar("_T")


class Chance:
    """Chance that falls the same everywhere."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed).random

    def below(self, number: int) -> int:
        """Return a number from 0."""
        return int(self._random() * number)

    def one_of(self, several: Sequence[_T]) -> _T:
        """Return one of several."""
        return several[self.below(len(several))]


def events_of(seed: int) -> tuple[Event, ...]:
    """Return what a log tells, from its beginning."""
    chance = Chance(seed)
    return tuple(chance.one_of(_EVENTS)(chance) for _ in range(5 + chance.below(30)))


def commits_of(events: Sequence[Event], seed: int) -> tuple[RecordedCommit, ...]:
    """Return events in commits, cut as ``seed`` says, read back from their bytes.

    Whatever they assert of the state is right where it stands.
    """
    chance, ledger, rest = Chance(seed), Ledger(), list(events)
    recorded: list[RecordedCommit] = []
    while rest:
        size = 1 + chance.below(4)
        told, rest = rest[:size], rest[size:]
        position = ledger.position
        commit = Commit(
            id=str(UUID(int=seed << 32 | position.seq + 1, version=4)),
            ledger=_LEDGER,
            seq=position.seq + 1,
            prev=position.sha256,
            at=_BEGUN + timedelta(hours=5 * len(recorded)),
            run=RUN,
            writer=f"{RUN}/0/process",
            wseq=len(recorded) + 1,
            events=tuple(_asserting(event, ledger.state) for event in told),
        )
        body = encode_commit(commit)
        # Whoever reads the log gets the entries of an import from its document.
        read = replace(decode_commit(body, commit.seq), events=commit.events)
        recorded.append(RecordedCommit(read, sha256(body).hexdigest()))
        ledger.apply(recorded[-1])
    return tuple(recorded)


def golden_hash_file() -> bytes:
    """Return the hash file that the golden log gives."""
    store = MemoryStore()
    for path in _GOLDEN.rglob("*"):
        if path.is_file():
            key = ObjectKey(path.relative_to(_GOLDEN).as_posix())
            store.create(key, path.read_bytes())
    log = StoredEventLog(store, ManualClock(), ONCE, chance=lambda: 0.5)
    return encode_hash_file(replay(log.read(GENESIS)))


def hash_files() -> Iterator[bytes]:
    """Yield the hash file of every log, the golden one's first."""
    yield golden_hash_file()
    for seed in range(LOGS):
        yield encode_hash_file(replay(commits_of(events_of(seed), seed)))


def digest() -> str:
    """Return the SHA-256 over all hash files."""
    whole = sha256()
    for body in hash_files():
        whole.update(body)
    return whole.hexdigest()


def _asserting(event: Event, state: StateDigest) -> Event:
    return replace(event, state=state) if isinstance(event, SyncCompleted) else event


def _started(chance: Chance) -> SyncStarted:
    run, selection = _run(chance), _digest(chance)
    kind, day = chance.one_of(_KINDS), chance.one_of(_DAYS)
    size = chance.below(9)
    return SyncStarted(run, kind, "b1" * 32, selection, day, 1, "none", 2, size)


def _completed(chance: Chance) -> SyncCompleted:
    run, outcome = _run(chance), chance.one_of(_OUTCOMES)
    catalog = chance.one_of((None, _digest(chance)))
    counts = {"mirrored": chance.below(9), "failed": 0}
    return SyncCompleted(run, outcome, catalog, counts, StateDigest())


def _read(chance: Chance) -> CatalogRead:
    documents = {name: _digest(chance) for name in ("a.json", "\u00e9.json")}
    etag = chance.one_of((None, *_TEXTS))
    return CatalogRead("./formula.json", documents, etag, None, chance.below(9))


def _failed(chance: Chance) -> BottleFailed:
    return BottleFailed(_bottle(chance), "refused", chance.one_of(_TEXTS), 5)


def _repaired(chance: Chance) -> LedgerRepaired:
    source = chance.one_of(_TEXTS)
    return LedgerRepaired(Repair(0, chance.below(3), "truncated", source))


def _reconciled(chance: Chance) -> StoreReconciled:
    return StoreReconciled(_digest(chance))


def _superseded(chance: Chance) -> BottleSuperseded:
    bottle = _bottle(chance)
    return BottleSuperseded(bottle.key, bottle.digest, chance.one_of(_DAYS))


def _lost(chance: Chance) -> BottleLost:
    bottle = _bottle(chance)
    place = bottle.object_key(chance.one_of(_DAYS))
    return BottleLost(bottle.key, bottle.digest, place, "nothing")


def _mirrored(chance: Chance) -> BottleMirrored:
    bottle = _bottle(chance)
    place = bottle.object_key(chance.one_of(_DAYS))
    place = chance.one_of((place, bottle.beside(place)))
    size, how = chance.below(10**9), chance.one_of(_HOWS)
    return BottleMirrored(bottle, size, place, how)


def _evicted(chance: Chance) -> BottleEvicted:
    lost = _lost(chance)
    return BottleEvicted(lost.key, lost.sha256, lost.object_key)


def _renewed(chance: Chance) -> GraceRenewed:
    lost, day = _lost(chance), chance.one_of(_DAYS)
    return GraceRenewed(lost.key, lost.sha256, lost.object_key, day)


def _index(chance: Chance) -> IndexMirrored:
    bottle = _bottle(chance)
    bottles = {bottle.tag: bottle.digest}
    digest, size = _digest(chance), chance.below(99)
    return IndexMirrored(KeptIndex(bottle.name, bottle.tagref, digest, size, bottles))


def _published(chance: Chance) -> GenerationPublished:
    number, documents = 1 + chance.below(4), {"a.json": _digest(chance)}
    listing, views = _digest(chance), {"registry": chance.below(9)}
    return GenerationPublished(number, documents, listing, 2, 0, views)


def _of_generations(chance: Chance) -> Event:
    number = 1 + chance.below(4)
    match chance.below(3):
        case 0:
            return GenerationRolledBack(number)
        case 1:
            return GenerationShown(number)
    return GenerationDropped(number)


def _imported(chance: Chance) -> HashFileImported:
    entries: dict[BottleKey, Elsewhere] = {}
    for _ in range(chance.below(4)):
        known = Elsewhere(_digest(chance), chance.below(99), chance.one_of(_DAYS))
        entries[_bottle(chance).key] = known
    document, etag = _digest(chance), chance.one_of((None, *_TEXTS))
    return HashFileImported("./old.json", document, len(entries), etag, entries)


def _bottle(chance: Chance) -> Bottle:
    tag = Tag(chance.one_of(("arm64_tahoe", "all")))
    return Bottle(chance.one_of(_NAMES), "1.0", chance.below(2), tag, _digest(chance))


def _run(chance: Chance) -> str:
    return f"run-{chance.below(4)}"


def _digest(chance: Chance) -> Digest:
    return Digest(sha256(bytes([chance.below(4)])).hexdigest())


_EVENTS: tuple[Callable[[Chance], Event], ...] = (
    *(_started, _started, _completed, _read, _failed, _imported),
    *(_repaired, _reconciled, _superseded, _lost),
    *(_evicted, _renewed, _index, _published, _of_generations),
    *(_mirrored,) * 6,
)


if __name__ == "__main__":
    print(digest())
