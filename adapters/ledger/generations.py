"""Generations as objects of a store, whatever store it is."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Final

from adapters.ledger.listing_codec import decode_listing, encode_listing
from domain.bottle import ObjectKey
from domain.listing import Listing
from domain.views import generation_document_key
from ports.errors import ConflictError, MalformedError, OutcomeUnknownError
from ports.generations import Generations
from ports.public_objects import PublicObjects
from ports.store import Store

_ALL: Final = "generations/"
_STAGED: Final = f"{_ALL}staged/"
_TWIN: Final = ".gz"


class StoredGenerations(Generations):
    """Generations beside the bottles; what of them is text lies there compressed."""

    def __init__(
        self,
        store: Store,
        objects: PublicObjects,
        written_at: Callable[[ObjectKey], datetime | None],
    ) -> None:
        """Nothing is asked of the store yet.

        Args:
            written_at: Tells when an object was written; None when there is none.
        """
        self._store = store
        self._objects = objects
        self._written_at = written_at

    def stage(self, body: bytes, media_type: str) -> str:
        sha256 = hashlib.sha256(body).hexdigest()
        self._objects.write(_staged_key(sha256), body, media_type, compressed=True)
        return sha256

    def staged(self, sha256: str) -> bytes:
        key = _staged_key(sha256)
        return _checked(key, self._objects.read(key), sha256)

    def keep(self, number: int, documents: Mapping[str, str], listing: Listing) -> str:
        body = encode_listing(listing)
        key = _listing_key(number)
        try:
            self._store.create(key, body)
        except OutcomeUnknownError as error:
            # It may be another's: there are numbers enough.
            raise ConflictError(key, "nobody knows whose it is") from error
        for name, sha256 in documents.items():
            self._check_staged(sha256)
            kept = generation_document_key(number, name)
            self._objects.copy(_staged_key(sha256), kept)
        return hashlib.sha256(body).hexdigest()

    def _check_staged(self, sha256: str) -> None:
        """Check that what was staged, maybe hours ago, is still what it is called."""
        key, found = _staged_key(sha256), hashlib.sha256()
        for piece in self._objects.pieces(key):
            found.update(piece)
        _check(key, found.hexdigest(), sha256)

    def document(self, number: int, name: str, sha256: str) -> bytes:
        key = generation_document_key(number, name)
        return _checked(key, self._objects.read(key), sha256)

    def listing(self, number: int, sha256: str) -> Listing:
        key = _listing_key(number)
        body = self._store.get(key).body
        return decode_listing(key, _checked(key, body, sha256))

    def numbers(self) -> Collection[int]:
        keys = (info.key.split("/")[1] for info in self._store.list(_ALL))
        return {int(name) for name in keys if name.isascii() and name.isdecimal()}

    def drop(self, number: int) -> None:
        # Twins have keys of their own, and are listed as well. The list goes last:
        # as long as it is there, the number is taken.
        keys = [info.key for info in self._store.list(f"{_ALL}{number}/")]
        for key in sorted(keys, key=lambda key: key == _listing_key(number)):
            self._store.delete(key)

    def sweep(self, needed: Collection[str], before: datetime | None = None) -> None:
        kept = {_staged_key(sha256) for sha256 in needed}
        for info in tuple(self._store.list(_STAGED)):
            if info.key.removesuffix(_TWIN) in kept:
                continue
            if before is None or self._was_written(info.key, before):
                self._objects.remove(info.key)

    def _was_written(self, key: ObjectKey, before: datetime) -> bool:
        at = self._written_at(key)
        return at is not None and at < before


def _checked(key: ObjectKey, body: bytes, sha256: str) -> bytes:
    _check(key, hashlib.sha256(body).hexdigest(), sha256)
    return body


def _check(key: ObjectKey, found: str, sha256: str) -> None:
    if found != sha256:
        raise MalformedError(key, f"its sha256 is {found}, and was {sha256}")


def _staged_key(sha256: str) -> ObjectKey:
    return ObjectKey(f"{_STAGED}{sha256}")


def _listing_key(number: int) -> ObjectKey:
    return ObjectKey(f"{_ALL}{number}/listing.json")
