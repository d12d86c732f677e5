"""What the ledger says is in the store, object by object."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from domain.bottle import BottleKey, Digest, ObjectKey
from domain.ledger import Ledger

_BOTTLE_OBJECT = re.compile(r"\d{4}-\d{2}-\d{2}/.+")


@dataclass(frozen=True, slots=True)
class Claim:
    """What the ledger says of one object of the store.

    Attributes:
        held: Whether it is the bottle's own object, not a superseded one.
    """

    key: BottleKey
    digest: Digest
    size: int
    object_key: ObjectKey
    held: bool


def claims_of(ledger: Ledger) -> Iterator[Claim]:
    """Yield what the ledger says is in the store, each object once."""
    for key, entry in ledger.held.items():
        yield Claim(key, entry.bottle.digest, entry.size, entry.object_key, held=True)
    held = {entry.object_key for entry in ledger.held.values()}
    for object_key, old in ledger.superseded.items():
        if object_key not in held:
            yield Claim(old.key, old.sha256, old.size, object_key, held=False)


def is_bottle_object(key: ObjectKey) -> bool:
    """Return whether ``key`` lies where bottles lie: below a day."""
    return _BOTTLE_OBJECT.fullmatch(key) is not None
