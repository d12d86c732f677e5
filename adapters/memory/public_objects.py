"""What clients read of a store in memory, or of any that others stand in for."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

from domain.bottle import Digest, ObjectKey
from domain.errors import DigestMismatchError
from ports.errors import ConflictError, NotFoundError
from ports.public_objects import PublicObjects
from ports.store import Store


class MemoryPublicObjects(PublicObjects):
    """Objects of a store, written by its own methods alone.

    Attributes:
        media_types: What each was said to be, by its key.
        compressed: The keys of those that clients can have in gzip.
    """

    def __init__(self, store: Store) -> None:
        self.media_types: dict[ObjectKey, str] = {}
        self.compressed: set[ObjectKey] = set()
        self._store = store

    def write(
        self, key: ObjectKey, body: bytes, media_type: str, *, compressed: bool = False
    ) -> None:
        self._write(key, body)
        self.media_types[key] = media_type
        self.compressed.discard(key)
        if compressed:
            self.compressed.add(key)

    def read(self, key: ObjectKey) -> bytes:
        return self._store.get(key).body

    def pieces(self, key: ObjectKey) -> Iterator[bytes]:
        yield self.read(key)

    def expose(self, source: ObjectKey, target: ObjectKey, digest: Digest) -> None:
        if self._has(target, digest):
            return
        body = self._store.get(source).body
        found = Digest(sha256(body).hexdigest())
        if found != digest:
            raise DigestMismatchError(source, digest, found)
        self._write(target, body)

    def copy(self, source: ObjectKey, target: ObjectKey) -> None:
        self.write(
            target,
            self._store.get(source).body,
            self.media_types.get(source, ""),
            compressed=source in self.compressed,
        )

    def remove(self, key: ObjectKey) -> None:
        self._store.delete(key)

    def _has(self, key: ObjectKey, digest: Digest) -> bool:
        try:
            return sha256(self._store.get(key).body).hexdigest() == digest
        except NotFoundError:
            return False

    def _write(self, key: ObjectKey, body: bytes) -> None:
        while True:
            try:
                version = self._store.get(key).version
            except NotFoundError:
                version = None
            try:
                if version is None:
                    self._store.create(key, body)
                else:
                    self._store.replace(key, body, version)
            except ConflictError:
                continue
            return
