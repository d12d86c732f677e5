"""The state digest: what is held in three numbers, kept up as entries come and go."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256

from domain.records import HashEntry

_MODULUS = 1 << 256


@dataclass(slots=True)
class Turnover:
    """What came to be held and what went, each as often as it did.

    It is gathered, and a digest made of it once: one for every event would take longer
    than all else that is done with it.
    """

    came: list[HashEntry] = field(default_factory=list)
    gone: list[HashEntry] = field(default_factory=list)


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

    def after(self, turnover: Turnover) -> StateDigest:
        """Return the digest of what is held after ``turnover``."""
        came, gone = turnover.came, turnover.gone
        if not came and not gone:
            return self
        return StateDigest(
            self.bottles + len(came) - len(gone),
            self.bytes + _size(came) - _size(gone),
            (self.sum + _sum(_facts(came)) - _sum(_facts(gone))) % _MODULUS,
        )


def digest_of(held: Iterable[HashEntry]) -> StateDigest:
    """Return the state digest of a ledger that holds ``held``."""
    return StateDigest().after(Turnover(came=list(held)))


def digest_of_facts(facts: Iterable[str], count: int, size: int) -> StateDigest:
    """Return the state digest of a ledger that holds what ``facts`` say.

    Args:
        facts: Of each bottle ``key NUL sha256 NUL object_key``.
        count: How many bottles there are.
        size: Of all of them.
    """
    return StateDigest(count, size, _sum(facts) % _MODULUS)


def _size(entries: Iterable[HashEntry]) -> int:
    return sum([entry.size for entry in entries])


def _facts(entries: Iterable[HashEntry]) -> list[str]:
    return [
        f"{(bottle := entry.bottle).key}\0{bottle.digest}\0{entry.object_key}"
        for entry in entries
    ]


def _sum(facts: Iterable[str]) -> int:
    total = 0
    for fact in facts:
        total += int.from_bytes(sha256(fact.encode()).digest())
    return total
