"""The past of a folder's files, of which there is none, and how to mend them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from adapters.folder.disk import make_folder, sync_folder
from adapters.folder.errors import translated
from adapters.folder.incoming import INCOMING, Incoming
from adapters.object_keys import check_key
from domain.bottle import ObjectKey
from ports.errors import NotFoundError, RefusedError
from ports.object_history import ObjectHistory, ObjectVersion


class FolderHistory(ObjectHistory):
    """A folder keeps no versions: there is what is there now, and no more."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._incoming = Incoming(root)

    def versions(self, prefix: str) -> Iterator[ObjectVersion]:  # noqa: ARG002
        return iter(())

    def read_version(self, key: ObjectKey, version: str) -> bytes:
        raise self._absent(key, version)

    def remove_marker(self, key: ObjectKey, version: str) -> None:
        raise self._absent(key, version)

    def restore(self, key: ObjectKey, body: bytes) -> None:
        path, what = self._path(key), f"restore {key} in {self._root}"
        with (
            self._incoming.file(what, (body,)) as new,
            # Not between the look and the write of one who replaces it.
            self._incoming.locked(what),
            translated(what),
        ):
            make_folder(path.parent)
            new.replace(path)
            sync_folder(path.parent)

    def _absent(self, key: ObjectKey, version: str) -> NotFoundError:
        return NotFoundError(
            f"version {version} of {self._path(key)}", "a folder keeps no versions"
        )

    def _path(self, key: ObjectKey) -> Path:
        check_key(key)
        if key.partition("/")[0] == INCOMING:
            raise RefusedError(f"object key {key!r}", f"{INCOMING} is the store's own")
        return self._root / key
