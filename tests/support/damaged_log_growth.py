"""Logs as several writers leave them, grown by chance: one seed, one log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from hashlib import sha256
from random import Random
from uuid import UUID

from adapters.ledger.codec import encode_commit
from adapters.ledger.findings_codec import encode_findings
from adapters.ledger.hash_codec import encode_hash_file
from adapters.ledger.identity import encode_identity
from adapters.ledger.import_codec import encode_import
from adapters.ledger.layout import HASH_FILE, IDENTITY, commit_key, document_key
from adapters.ledger.work_codec import encode_work
from domain.bottle import Bottle, Digest, ObjectKey
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
    Position,
    RecordedCommit,
    StoreReconciled,
    SyncCompleted,
    SyncStarted,
)
from domain.ledger import Ledger
from domain.records import Elsewhere
from domain.tags import Tag
from domain.work import Load, Work
from ports.store import ObjectInfo

DAY = date(2026, 11, 22)
_START = datetime(2026, 11, 22, 4, 11, tzinfo=UTC)
_NAMES = ("jq", "gtk+3", "libsigc++@2", "ntfs-3g", "llama.cpp")
_TAGS = (Tag("arm64_tahoe"), Tag("x86_64_linux"))
_NO_WORK = sha256(encode_work(Work())).hexdigest()


@dataclass(frozen=True, slots=True)
class GrownLog:
    """A log and what lies beside it; nobody has damaged it.

    Attributes:
        objects: Every object of the ledger.
        commits: The commits' bytes, by number.
        published: The number of the commit that the hash file was made from.
        documents: Every document that a commit names, and the first that does.
    """

    ledger: str
    objects: Mapping[ObjectKey, bytes]
    commits: tuple[bytes, ...]
    published: int
    documents: Mapping[str, int]

    @property
    def head(self) -> int:
        """The number of the last commit."""
        return len(self.commits) - 1

    def position(self, seq: int) -> Position:
        """Return where a commit stands: what somebody who saw it may have pinned."""
        return Position(seq, sha256(self.commits[seq]).hexdigest())


@cache
def grown_log(seed: int) -> GrownLog:
    """Return the log of a seed: 8 to 40 commits of several runs and writers."""
    chance = Random(seed)
    return _Growth(chance).grow(chance.randint(8, 40))


@cache
def small_log() -> GrownLog:
    """Return a log of three commits, about 3 KB in all."""
    growth = _Growth(Random(0))
    growth.begin()
    growth.work()
    growth.end()
    return growth.log(published=2)


@dataclass(slots=True)
class _Growth:
    chance: Random
    ledger: Ledger = field(default_factory=Ledger)
    commits: list[bytes] = field(default_factory=list)
    objects: dict[ObjectKey, bytes] = field(default_factory=dict)
    documents: dict[str, int] = field(default_factory=dict)
    _writers: dict[str, int] = field(default_factory=dict)
    _identity: str = ""
    _published: bytes = b""

    def __post_init__(self) -> None:
        self._identity = self._uuid()
        self.objects[IDENTITY] = encode_identity(self._identity, _START)

    def grow(self, commits: int) -> GrownLog:
        """Return a log of so many commits, published some commits ago or just now."""
        published = commits - 1 - self.chance.choice((0, 0, 1, 1, 2, 5))
        while len(self.commits) < commits:
            step = self.chance.random()
            if not self._writers or (step < 0.15 and len(self._writers) < 4):
                self.begin()
            elif step < 0.25:
                self.end()
            elif step < 0.32:
                self._learn()
            else:
                self.work()
            if len(self.commits) == published + 1:
                self._published = encode_hash_file(self.ledger)
        return self.log(published)

    def log(self, published: int) -> GrownLog:
        """Return what has grown so far."""
        self.objects[HASH_FILE] = self._published or encode_hash_file(self.ledger)
        for seq, body in enumerate(self.commits):
            self.objects[commit_key(seq)] = body
        return GrownLog(
            ledger=self._identity,
            objects=self.objects,
            commits=tuple(self.commits),
            published=published,
            documents=self.documents,
        )

    def begin(self) -> None:
        """Open a run, which has work to do, as the first one has, or has none."""
        run = self._uuid()
        plan = _NO_WORK
        if not self.commits or self.chance.random() < 0.7:
            bottle = self._bottle()
            load = Load(bottle.digest, 100, (bottle,), None)
            plan = self._document(encode_work(Work(loads=(load,))))
        catalog = CatalogRead(
            source="https://formulae.test/api/formula.jws.json",
            documents={"formula.jws.json": self._digest()},
            etag='"v1"',
            last_modified=None,
            formulae=self.chance.randint(1, 9000),
        )
        started = SyncStarted(
            run=run,
            kind="local",
            plan=plan,
            selection="5e" * 32,
            day=DAY,
            shards=1,
            route="none",
            bottles=1,
            bytes=100,
        )
        self._commit(self._writer(run), catalog, started)

    def work(self) -> None:
        """Let one of the writers record what became of bottles."""
        events = [self._of_a_bottle() for _ in range(self.chance.randint(2, 4))]
        self._commit(self._any_writer(), *events)

    def end(self) -> None:
        """Close one of the runs."""
        writer = self._any_writer()
        run = writer.partition("/")[0]
        counts = {"mirrored": self.chance.randint(0, 9), "bytes": 0, "failed": 0}
        state = self.ledger.state
        self._commit(writer, SyncCompleted(run, "complete", None, counts, state))
        for other in [one for one in self._writers if one.startswith(run)]:
            del self._writers[other]

    def _learn(self) -> None:
        """Record what comes with a document: an import, or what was found."""
        if self.chance.random() < 0.5:
            key = ObjectKey(f"{DAY}/{self.chance.randint(1, 99)}.tar.gz")
            found = self._document(encode_findings([ObjectInfo(key, 1)]))
            self._commit(self._any_writer(), StoreReconciled(found))
            return
        bottle = self._bottle()
        entries = {bottle.key: Elsewhere(bottle.digest, 100, DAY)}
        imported = HashFileImported(
            source="./bottles_hash.json",
            document=self._document(encode_import(entries)),
            count=len(entries),
            etag=None,
            entries=entries,
        )
        self._commit(self._any_writer(), imported)

    def _of_a_bottle(self) -> Event:
        held = sorted(self.ledger.held)
        step = self.chance.random()
        if held and step < 0.1:
            entry = self.ledger.held[self.chance.choice(held)]
            return BottleSuperseded(entry.bottle.key, entry.bottle.digest, DAY)
        if held and step < 0.15:
            bottle = (entry := self.ledger.held[self.chance.choice(held)]).bottle
            return BottleLost(bottle.key, bottle.digest, entry.object_key, "nothing")
        bottle = self._bottle()
        if step < 0.2:
            return BottleFailed(bottle, "not_found", "there is no such blob", 5)
        size = self.chance.randint(1, 10**6)
        return BottleMirrored(bottle, size, bottle.object_key(DAY), "fetched")

    def _bottle(self) -> Bottle:
        return Bottle(
            name=self.chance.choice(_NAMES),
            pkg_version=f"1.{self.chance.randint(0, 9)}",
            rebuild=0,
            tag=self.chance.choice(_TAGS),
            digest=Digest(self._digest()),
        )

    def _document(self, body: bytes) -> str:
        digest = sha256(body).hexdigest()
        self.objects[document_key(digest)] = body
        self.documents.setdefault(digest, len(self.commits))
        return digest

    def _writer(self, run: str) -> str:
        writer = f"{run}/0/{self._uuid()}"
        self._writers[writer] = 0
        return writer

    def _any_writer(self) -> str:
        if not self._writers:
            return self._writer(self._uuid())
        writer = self.chance.choice(sorted(self._writers))
        if self.chance.random() < 0.1:
            return self._writer(writer.partition("/")[0])
        return writer

    def _commit(self, writer: str, *events: Event) -> None:
        last = self.ledger.position if self.commits else GENESIS
        self._writers[writer] += 1
        commit = Commit(
            id=self._uuid(),
            ledger=self._identity,
            seq=last.seq + 1,
            prev=last.sha256,
            at=_START + timedelta(seconds=20 * len(self.commits)),
            run=writer.partition("/")[0],
            writer=writer,
            wseq=self._writers[writer],
            events=events,
        )
        body = encode_commit(commit)
        self.ledger.apply(RecordedCommit(commit, sha256(body).hexdigest()))
        self.commits.append(body)

    def _uuid(self) -> str:
        return str(UUID(int=self.chance.getrandbits(128), version=4))

    def _digest(self) -> str:
        return f"{self.chance.getrandbits(256):064x}"
