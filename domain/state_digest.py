"""The state digest: what is held in three numbers, kept up in constant time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from domain.records import HashEntry

_MODULUS = 1 << 256


@dataclass(frozen=True, slots=True)
class StateDigest:
    """A digest of what the ledger holds.

    Attributes:
        bottles: How many bottles are held.
        bytes: The sum of their sizes.
        sum: The sum modulo 2**256 of the SHA-256 of ``key NUL sha256 NUL
            object_key`` over all of them.
    """

    bottles: int = 0
    bytes: int = 0
    sum: int = 0

    def plus(self, entry: HashEntry) -> StateDigest:
        """Return the digest with one more entry held."""
        return StateDigest(
            self.bottles + 1,
            self.bytes + entry.size,
            (self.sum + _term(entry)) % _MODULUS,
        )

    def minus(self, entry: HashEntry) -> StateDigest:
        """Return the digest with an entry held no more."""
        return StateDigest(
            self.bottles - 1,
            self.bytes - entry.size,
            (self.sum - _term(entry)) % _MODULUS,
        )


def digest_of(held: Iterable[HashEntry]) -> StateDigest:
    """Return the state digest of a ledger that holds ``held``."""
    entries = tuple(held)
    return StateDigest(
        bottles=len(entries),
        bytes=sum(entry.size for entry in entries),
        sum=sum(map(_term, entries)) % _MODULUS,
    )


def _term(entry: HashEntry) -> int:
    fact = f"{entry.bottle.key}\0{entry.bottle.digest}\0{entry.object_key}"
    return int.from_bytes(hashlib.sha256(fact.encode()).digest())
