"""Damage of a ledger: what it is called, and what commits are that may be damaged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, get_args

DamageInTheLog = Literal[
    "gap",
    "delete marker",
    "head behind a pin",
    "truncated",
    "bit-flipped",
    "reordered",
    "duplicated",
    "foreign ledger",
    "rewritten commit",
    "rewritten suffix",
    "forged tail",
]
"""Damage after which a commit is not there as it was written."""

DamageClass = Literal[
    DamageInTheLog,
    "newer format",
    "second version",
    "bad key",
    "count of a writer",
    "state differs",
    "not reconciled",
    "document missing",
    "document changed",
    "identity damaged",
    "hash file damaged",
    "hash file lies",
]

IN_THE_LOG: Final[frozenset[DamageClass]] = frozenset(get_args(DamageInTheLog))

NO_COMMIT: Final = -1
"""The number in damage that concerns no commit."""


@dataclass(frozen=True, slots=True)
class Damage:
    """Something that is not as an undamaged ledger would have it.

    Attributes:
        first: The number of the first commit it concerns.
        last: The number of the last one.
        detail: What was found, and what to do if a repair of the log is not it.
        expected: The SHA-256 that the last commit must have, if that is known.
        sources: Where good copies are, if there are any.
        stops: Whether the log cannot be read past it, though its commits are good.
    """

    kind: DamageClass
    first: int
    last: int
    detail: str
    expected: str | None = None
    sources: tuple[str, ...] = ()
    stops: bool = False


@dataclass(frozen=True, slots=True)
class Flaw:
    """Why the bytes at one place are no commit that could stand there."""

    kind: DamageClass
    detail: str


@dataclass(frozen=True, slots=True)
class Specimen:
    """What was found in the place of one commit.

    Attributes:
        seq: The number of the place.
        prev: The SHA-256 of the commit before it, as it says; empty when it cannot
            be read.
        own_seq: The number that it says it has; -1 when it cannot be read.
        flaw: What is wrong with it, looked at alone.
    """

    seq: int
    sha256: str
    prev: str = ""
    own_seq: int = -1
    flaw: Flaw | None = None
