"""A store as it would be with the ledger's objects of an export laid over it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from heapq import merge
from typing import NoReturn

from domain.bottle import Digest, ObjectKey
from domain.export import CONTENT, Piece
from ports.errors import RefusedError
from ports.export_archive import ExportReader
from ports.store import ObjectInfo, Store, StoredObject


class LaidOver(Store):
    """A store that is read through an export which has been checked, never written.

    Whoever reads a log in it reads what the log will be, and nothing is there yet.
    """

    def __init__(
        self, store: Store, export: ExportReader, pieces: Iterable[Piece]
    ) -> None:
        """Lay those of ``pieces`` over ``store`` that are objects of the ledger."""
        self._store = store
        self._export = export
        self._pieces = {
            ObjectKey(piece.name): piece
            for piece in pieces
            if not piece.name.startswith(CONTENT)
        }

    def get(self, key: ObjectKey) -> StoredObject:
        if key in self._pieces:
            return StoredObject(b"".join(self._export.read(key)), "")
        return self._store.get(key)

    def read(self, key: ObjectKey) -> Iterator[bytes]:
        if key in self._pieces:
            return self._export.read(key)
        return self._store.read(key)

    def info(self, key: ObjectKey) -> ObjectInfo | None:
        piece = self._pieces.get(key)
        if piece is not None:
            return ObjectInfo(key, piece.size, piece.digest)
        return self._store.info(key)

    def list(self, prefix: str, after: str = "") -> Iterator[ObjectInfo]:
        laid = (
            ObjectInfo(key, piece.size, piece.digest)
            for key, piece in sorted(self._pieces.items())
            if key.startswith(prefix) and key > after
        )
        below = (
            info
            for info in self._store.list(prefix, after)
            if info.key not in self._pieces
        )
        return merge(laid, below, key=lambda info: info.key)

    def create(self, key: ObjectKey, body: bytes) -> None:  # noqa: ARG002 - refused
        _refuse(key)

    def replace(
        self,
        key: ObjectKey,
        body: bytes,  # noqa: ARG002 - refused
        version: str,  # noqa: ARG002 - refused
    ) -> None:
        _refuse(key)

    def put(
        self,
        key: ObjectKey,
        digest: Digest,  # noqa: ARG002 - refused
        size: int,  # noqa: ARG002 - refused
        chunks: Iterator[bytes],  # noqa: ARG002 - refused
    ) -> None:
        _refuse(key)

    def rejects(
        self,
        key: ObjectKey,
        digest: Digest,  # noqa: ARG002 - refused
        body: bytes,  # noqa: ARG002 - refused
    ) -> bool:
        _refuse(key)

    def copy(
        self,
        source: ObjectKey,  # noqa: ARG002 - refused
        target: ObjectKey,
        digest: Digest,  # noqa: ARG002 - refused
    ) -> None:
        _refuse(target)

    def delete(self, key: ObjectKey) -> None:
        _refuse(key)


def _refuse(key: ObjectKey) -> NoReturn:
    raise RefusedError(key, "what is read through an export is not written to")
