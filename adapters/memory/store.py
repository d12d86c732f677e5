"""A store in memory: for tests and dry runs, and what the others are measured by."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from threading import Lock

from adapters.object_keys import check_key
from adapters.verified import verified
from domain.bottle import Digest, ObjectKey
from domain.errors import DigestMismatchError
from ports.errors import ConflictError, NotFoundError
from ports.store import ObjectInfo, Store, StoredObject

_PIECE = 1024 * 1024  # bytes


class MemoryStore(Store):
    """Objects in a dictionary. Threads may share it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._objects: dict[ObjectKey, StoredObject] = {}
        self._writes = 0

    def get(self, key: ObjectKey) -> StoredObject:
        check_key(key)
        return self._get(key)

    def create(self, key: ObjectKey, body: bytes) -> None:
        check_key(key)
        with self._lock:
            self._create(key, body)

    def replace(self, key: ObjectKey, body: bytes, version: str) -> None:
        check_key(key)
        with self._lock:
            found = self._objects.get(key)
            if found is None or found.version != version:
                raise ConflictError(
                    f"replace {key}", "it has changed since it was read"
                )
            self._write(key, body)

    def put(
        self, key: ObjectKey, digest: Digest, size: int, chunks: Iterator[bytes]
    ) -> None:
        check_key(key)
        if key in self._objects:
            raise _exists(key)
        body = b"".join(verified(key, digest, size, chunks))
        with self._lock:
            self._create(key, body)

    def rejects(self, key: ObjectKey, digest: Digest, body: bytes) -> bool:
        try:
            self.put(key, digest, len(body), iter((body,)))
        except DigestMismatchError:
            return True
        return False

    def copy(self, source: ObjectKey, target: ObjectKey, digest: Digest) -> None:
        check_key(source)
        check_key(target)
        body = self._get(source).body
        if _digest_of(body) != digest:
            raise DigestMismatchError(source, digest, _digest_of(body))
        with self._lock:
            found = self._objects.get(target)
            if found is None:
                self._create(target, body)
            elif found.body != body:
                raise ConflictError(f"copy to {target}", "it holds other bytes already")

    def info(self, key: ObjectKey) -> ObjectInfo | None:
        check_key(key)
        found = self._objects.get(key)
        return None if found is None else _info(key, found.body)

    def read(self, key: ObjectKey) -> Iterator[bytes]:
        check_key(key)
        body = memoryview(self._get(key).body)
        for start in range(0, len(body), _PIECE):
            yield bytes(body[start : start + _PIECE])

    def list(self, prefix: str, after: str = "") -> Iterator[ObjectInfo]:
        with self._lock:
            # The order of code points is that of their UTF-8 bytes.
            keys = sorted(
                key for key in self._objects if key.startswith(prefix) and key > after
            )
        for key in keys:
            # One that has been deleted since is not there to be listed.
            if found := self._objects.get(key):
                yield ObjectInfo(key, len(found.body))

    def delete(self, key: ObjectKey) -> None:
        check_key(key)
        with self._lock:
            self._objects.pop(key, None)

    def _get(self, key: ObjectKey) -> StoredObject:
        found = self._objects.get(key)
        if found is None:
            raise NotFoundError(f"read {key}", "there is no such object")
        return found

    def _create(self, key: ObjectKey, body: bytes) -> None:
        if key in self._objects:
            raise _exists(key)
        self._write(key, body)

    def _write(self, key: ObjectKey, body: bytes) -> None:
        self._writes += 1
        self._objects[key] = StoredObject(bytes(body), version=str(self._writes))


def _exists(key: ObjectKey) -> ConflictError:
    return ConflictError(f"write {key}", "there is an object already")


def _digest_of(body: bytes) -> Digest:
    return Digest(sha256(body).hexdigest())


def _info(key: ObjectKey, body: bytes) -> ObjectInfo:
    return ObjectInfo(key, len(body), _digest_of(body))
