"""Bytes to store, and the names that they go by."""

import random
from collections.abc import Iterator
from hashlib import sha256

from domain.bottle import Digest, ObjectKey
from ports.store import Store

MIB = 1024 * 1024


def blob(size: int, seed: int = 0) -> bytes:
    """Return bytes that are the same for the same seed, and like no others."""
    return random.Random(seed).randbytes(size)


def digest_of(body: bytes) -> Digest:
    """Return the digest of some bytes."""
    return Digest(sha256(body).hexdigest())


def pieces(body: bytes, size: int = 256 * 1024) -> Iterator[bytes]:
    """Yield some bytes as a stream would bring them."""
    for start in range(0, len(body), size):
        yield body[start : start + size]


def put(store: Store, key: str, body: bytes) -> None:
    """Put some bytes under a key."""
    store.put(ObjectKey(key), digest_of(body), len(body), pieces(body))
