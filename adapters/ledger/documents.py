"""Documents in a store, each under the SHA-256 of its bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping

from adapters.ledger.findings_codec import encode_findings
from adapters.ledger.import_codec import decode_import, encode_import
from adapters.ledger.layout import DOCUMENTS, document_key, document_sha256
from adapters.ledger.settled import SettledWrites
from adapters.ledger.work_codec import decode_work, encode_work
from adapters.retry import Backoff
from domain.bottle import BottleKey, parse_digest
from domain.errors import InvalidValueError
from domain.records import Elsewhere
from domain.work import Work
from ports.clock import Clock
from ports.documents import Documents
from ports.errors import MalformedError, NotFoundError
from ports.store import ObjectInfo, Store


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
        return self._save(encode_work(work))

    def load_work(self, sha256: str) -> Work:
        return decode_work(f"document {sha256}", read_document(self._store, sha256))

    def sha256_of(self, work: Work) -> str:
        return hashlib.sha256(encode_work(work)).hexdigest()

    def works(self) -> Iterator[Work]:
        for info in self._store.list(DOCUMENTS):
            sha256 = document_sha256(info.key)
            if sha256 is not None:
                try:
                    yield self.load_work(sha256)
                except MalformedError:
                    # Another kind of document, or a damaged one.
                    continue

    def save_import(self, entries: Mapping[BottleKey, Elsewhere]) -> str:
        return self._save(encode_import(entries))

    def save_findings(self, found: Iterable[ObjectInfo]) -> str:
        return self._save(encode_findings(found))

    def _save(self, body: bytes) -> str:
        sha256 = hashlib.sha256(body).hexdigest()
        key = document_key(sha256)
        if self._writes.create(key, body) != body:
            # Its name says what it has to hold, and that is at hand.
            self._writes.replace(key, body, self._store.get(key).version)
        return sha256


def read_document(store: Store, sha256: str) -> bytes:
    """Return the bytes of a document.

    Raises:
        NotFoundError: No such document is kept.
        MalformedError: Its bytes are not those of its name.
    """
    try:
        key = document_key(parse_digest(sha256))
    except InvalidValueError as error:
        raise NotFoundError("document", str(error)) from error
    body = store.get(key).body
    found = hashlib.sha256(body).hexdigest()
    if found != sha256:
        raise MalformedError(key, f"its sha256 is {found}, not what its name says")
    return body


def read_import(store: Store, sha256: str) -> Mapping[BottleKey, Elsewhere]:
    """Return the entries that a document lists.

    Raises:
        NotFoundError: No such document is kept.
        MalformedError: The document is not what its name says.
    """
    return decode_import(f"document {sha256}", read_document(store, sha256))
