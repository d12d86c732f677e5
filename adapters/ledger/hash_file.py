"""The hash file in a store."""

from __future__ import annotations

from collections.abc import Callable

from adapters.ledger.hash_codec import decode_hash_file, encode_hash_file
from adapters.ledger.layout import HASH_FILE
from adapters.ledger.settled import SettledWrites
from adapters.retry import Backoff
from domain.ledger import Ledger
from ports.clock import Clock
from ports.errors import ConflictError, MalformedError, NotFoundError
from ports.hash_file import DamagedHashFile, HashFile, PublishedLedger
from ports.store import Store


class StoredHashFile(HashFile):
    """The hash file as an object of a store, whatever store it is."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        backoff: Backoff,
        chance: Callable[[], float],
    ) -> None:
        self._store = store
        self._writes = SettledWrites(store, clock, backoff, chance)

    def load(self) -> PublishedLedger | DamagedHashFile | None:
        try:
            stored = self._store.get(HASH_FILE)
        except NotFoundError:
            return None
        try:
            return PublishedLedger(decode_hash_file(stored.body), stored.version)
        except MalformedError as error:
            return DamagedHashFile(str(error), stored.version)

    def publish(self, ledger: Ledger, version: str | None) -> None:
        body = encode_hash_file(ledger)
        if version is not None:
            self._writes.replace(HASH_FILE, body, version)
        elif self._writes.create(HASH_FILE, body) != body:
            raise ConflictError(HASH_FILE, "another has published it; load it again")
