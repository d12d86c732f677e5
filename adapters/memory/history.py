"""The past of a store in memory, of which there is none, and how to mend it."""

from __future__ import annotations

from collections.abc import Iterator

from adapters.memory.store import MemoryStore
from adapters.object_keys import check_key
from domain.bottle import ObjectKey
from ports.errors import ConflictError, NotFoundError
from ports.object_history import ObjectHistory, ObjectVersion


class MemoryHistory(ObjectHistory):
    """A store in memory keeps no versions: there is what is there now, and no more."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store

    def versions(self, prefix: str) -> Iterator[ObjectVersion]:  # noqa: ARG002
        return iter(())

    def read_version(self, key: ObjectKey, version: str) -> bytes:
        raise _absent(key, version)

    def remove_marker(self, key: ObjectKey, version: str) -> None:
        raise _absent(key, version)

    def restore(self, key: ObjectKey, body: bytes) -> None:
        while True:
            try:
                self._write(key, body)
            except ConflictError:
                # Another has written since we looked: it is overwritten, too.
                continue
            return

    def _write(self, key: ObjectKey, body: bytes) -> None:
        try:
            version = self._store.get(key).version
        except NotFoundError:
            self._store.create(key, body)
        else:
            self._store.replace(key, body, version)


def _absent(key: ObjectKey, version: str) -> NotFoundError:
    check_key(key)
    return NotFoundError(f"version {version} of {key}", "memory keeps no versions")
