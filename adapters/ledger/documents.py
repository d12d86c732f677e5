"""Documents in a store, each under the SHA-256 of its bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from adapters.ledger.layout import document_key
from adapters.ledger.settled import SettledWrites
from adapters.ledger.work_codec import decode_work, encode_work
from adapters.retry import Backoff
from domain.bottle import parse_digest
from domain.errors import InvalidValueError
from domain.plan import Work
from ports.clock import Clock
from ports.documents import Documents
from ports.errors import MalformedError, NotFoundError
from ports.store import Store


class StoredDocuments(Documents):
    """Documents as objects of a store, whatever store it is."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        backoff: Backoff,
        chance: Callable[[], float],
    ) -> None:
        self._store = store
        self._writes = SettledWrites(store, clock, backoff, chance)

    def save_work(self, work: Work) -> str:
        body = encode_work(work)
        sha256 = hashlib.sha256(body).hexdigest()
        key = document_key(sha256)
        if self._writes.create(key, body) != body:
            raise MalformedError(key, "it holds other bytes than its name says")
        return sha256

    def load_work(self, sha256: str) -> Work:
        try:
            key = document_key(parse_digest(sha256))
        except InvalidValueError as error:
            raise NotFoundError("document", str(error)) from error
        body = self._store.get(key).body
        found = hashlib.sha256(body).hexdigest()
        if found != sha256:
            raise MalformedError(key, f"its sha256 is {found}, not what its name says")
        return decode_work(key, body)

    def sha256_of(self, work: Work) -> str:
        return hashlib.sha256(encode_work(work)).hexdigest()
