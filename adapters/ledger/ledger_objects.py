"""The objects of a ledger in a store, byte for byte."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from marshmallow import ValidationError

from adapters.ledger import fields as wire
from adapters.ledger.canonical_json import NotJsonError, parsed, written
from adapters.ledger.identity import decode_identity, encode_identity
from adapters.ledger.layout import (
    COMMITS,
    IDENTITY,
    IMPORTED,
    commit_key,
    commit_seq,
    document_key,
    document_sha256,
)
from adapters.ledger.schemas import Written
from adapters.ledger.settled import SettledWrites
from adapters.retry import Backoff
from domain.bottle import ObjectKey
from domain.events import Position
from ports.clock import Clock
from ports.errors import ConflictError, NotFoundError, NotOurStoreError
from ports.ledger_objects import Imported, LedgerObjects
from ports.store import ObjectInfo, Store


class ImportedSchema(Written):
    """How far a follower has come."""

    seq = wire.count(required=False)
    sha256 = wire.sha256(required=False)
    shown = wire.count(least=1, required=False)


_SCHEMA = ImportedSchema()


class StoredLedgerObjects(LedgerObjects):
    """The ledger as objects of a store, whatever store it is."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        backoff: Backoff,
        chance: Callable[[], float],
    ) -> None:
        self._store = store
        self._writes = SettledWrites(store, clock, backoff, chance)

    def identity(self) -> ObjectInfo:
        info = self._store.info(IDENTITY)
        if info is None:
            raise NotOurStoreError("the store", "there is no ledger in it")
        return info

    def created(self) -> datetime:
        return decode_identity(self._store.get(self.identity().key).body).created

    def commits(self, after: int, until: int) -> Iterator[ObjectInfo]:
        behind = commit_key(after) if after >= 0 else ""
        for info in self._store.list(COMMITS, behind):
            seq = commit_seq(info.key)
            if seq is None or seq > until:
                return
            yield info

    def commit(self, seq: int) -> str:
        return commit_key(seq)

    def document(self, sha256: str) -> ObjectInfo | None:
        return self._store.info(document_key(sha256))

    def digest_of_document(self, name: str) -> str | None:
        return document_sha256(ObjectKey(name))

    def follow(self, ledger: str, created: datetime, now: datetime) -> None:
        body = encode_identity(ledger, created, follows=now)
        there = decode_identity(self._writes.create(IDENTITY, body))
        if there.ledger != ledger or there.follows is None:
            raise ConflictError(
                IDENTITY, f"another program has founded ledger {there.ledger} meanwhile"
            )

    def lay(self, seq: int, body: bytes) -> None:
        key = commit_key(seq)
        if self._writes.create(key, body) != body:
            raise ConflictError(key, "another commit has its place")

    def imported(self) -> Imported:
        try:
            said = parsed(self._store.get(IMPORTED).body.decode())
            loaded: dict[str, Any] = _SCHEMA.load(said)  # type: ignore[arg-type]
        except (NotFoundError, UnicodeDecodeError, NotJsonError, ValidationError):
            # What is not known is looked at.
            return Imported()
        seq, sha256 = loaded["seq"], loaded["sha256"]
        finished = None if seq is None or sha256 is None else Position(seq, sha256)
        return Imported(finished, loaded["shown"])

    def note(self, imported: Imported) -> None:
        finished = imported.finished
        said = {
            "seq": finished.seq if finished else None,
            "sha256": finished.sha256 if finished else None,
            "shown": imported.shown,
        }
        body = f"{written(_SCHEMA.dump(said))}\n".encode()
        if self._writes.create(IMPORTED, body) != body:
            version = self._store.get(IMPORTED).version
            self._writes.replace(IMPORTED, body, version)
