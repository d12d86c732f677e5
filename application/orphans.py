"""What in a store is nobody's: bottles and views that the ledger does not know."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from application.claims import claims_of, is_bottle_object
from domain.bottle import Bottle, ObjectKey
from domain.generations import KeptIndex
from domain.ledger import Ledger
from domain.listing import Listing
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
_REBUILD = re.compile(r"[1-9][0-9]{0,3}")
_BLOB = re.compile(rf"{REGISTRY}.+/blobs/sha256:([0-9a-f]{{64}})")
_KEPT_INDEX = re.compile(rf"({REGISTRY}.+/manifests/)sha256:[0-9a-f]{{64}}")


class Orphanage:
    """Tells the objects of no bottle from all others.

    A view is somebody's as long as its bottle is held, and a blob also while a
    superseded bottle, or a generation that is kept, has its digest: clients may know
    that still. All the indexes of an image stay while one of its bottles is held.
    """

    def __init__(self, ledger: Ledger, listings: Collection[Listing] | None) -> None:
        """Tell what is whose.

        Args:
            listings: Of the generations that are kept; if nobody knows them, no view
                is taken for an orphan.
        """
        self._knows_views = listings is not None
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

        for listing in listings or ():
            self._digests |= set(listing.bottles.values())
            for index in listing.indexes.values():
                self._views |= {
                    kept_index_key(index.name, index.digest),
                    index_key(index.name, index.tagref),
                    flat_index_key(index.name, index.tagref),
                    *_flat_names(index),
                }

    def has(self, key: ObjectKey) -> bool:
        """Return whether an object is nobody's."""
        if is_bottle_object(key):
            return key not in self._objects
        if not self._knows_views or key in self._views or not _VIEW.fullmatch(key):
            return False
        if blob := _BLOB.fullmatch(key):
            return blob[1] not in self._digests
        if index := _KEPT_INDEX.fullmatch(key):
            return index[1] not in self._images
        return True


def _flat_names(index: KeptIndex) -> Iterator[ObjectKey]:
    """Yield the names that the bottles of an index have in the flat view.

    A tagref that ends in a number may be a version that does, or a rebuild: of the two
    names that it may be, one protects nothing.
    """
    for tag, digest in index.bottles.items():
        yield flat_key(Bottle(index.name, index.tagref, 0, tag, digest))
        version, _, rebuild = index.tagref.rpartition("-")
        if version and _REBUILD.fullmatch(rebuild):
            yield flat_key(Bottle(index.name, version, int(rebuild), tag, digest))
