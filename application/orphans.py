"""What in a store is nobody's: bottles and views that the ledger does not know."""

from __future__ import annotations

import re

from application.claims import claims_of, is_bottle_object
from domain.bottle import ObjectKey
from domain.ledger import Ledger
from domain.views import (
    FLAT,
    REGISTRY,
    blob_key,
    flat_index_key,
    flat_key,
    index_key,
    kept_index_key,
)

_VIEW = re.compile(
    rf"{REGISTRY}.+/(blobs|manifests)/[^/]+|{FLAT}.+/manifests/[^/]+"
    rf"|{FLAT}[^/]+\.bottle(\.[0-9]+)?\.tar\.gz"
)
_BLOB = re.compile(rf"{REGISTRY}.+/blobs/sha256:([0-9a-f]{{64}})")
_KEPT_INDEX = re.compile(rf"({REGISTRY}.+/manifests/)sha256:[0-9a-f]{{64}}")


class Orphanage:
    """Tells the objects of no bottle from all others.

    A view is somebody's as long as its bottle is held, and a blob also while a
    superseded bottle has its digest: clients may know that still. All the indexes of
    an image stay while one of its bottles is held: which of them the generations that
    are kept need, their lists alone say.
    """

    def __init__(self, ledger: Ledger) -> None:
        self._objects = {claim.object_key for claim in claims_of(ledger)}
        self._digests = {old.sha256 for old in ledger.superseded.values()}
        self._views: set[ObjectKey] = set()
        self._images: set[str] = set()
        for entry in ledger.held.values():
            bottle = entry.bottle
            self._views |= {
                blob_key(bottle),
                flat_key(bottle),
                index_key(bottle.name, bottle.tagref),
                flat_index_key(bottle.name, bottle.tagref),
            }
            self._images.add(index_key(bottle.name, ""))
        self._views |= {
            kept_index_key(index.name, index.digest)
            for index in ledger.indexes.values()
        }

    def has(self, key: ObjectKey) -> bool:
        """Return whether an object is nobody's."""
        if is_bottle_object(key):
            return key not in self._objects
        if key in self._views or not _VIEW.fullmatch(key):
            return False
        if blob := _BLOB.fullmatch(key):
            return blob[1] not in self._digests
        if index := _KEPT_INDEX.fullmatch(key):
            return index[1] not in self._images
        return True
