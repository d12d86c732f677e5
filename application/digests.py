"""The digests of what the store has, hashed here only where it keeps none."""

from __future__ import annotations

import hashlib

from domain.bottle import Digest, ObjectKey
from ports.store import ObjectInfo, Store


def stored_digest(store: Store, key: ObjectKey) -> Digest | None:
    """Return the digest of what lies at ``key``, None when nothing does."""
    info = store.info(key)
    return None if info is None else digest_of(store, info)


def digest_of(store: Store, info: ObjectInfo) -> Digest:
    """Return the digest that the store has checked, else that of the bytes."""
    if info.sha256 is not None:
        return info.sha256
    sha256 = hashlib.sha256()
    for chunk in store.read(info.key):
        sha256.update(chunk)
    return Digest(sha256.hexdigest())
