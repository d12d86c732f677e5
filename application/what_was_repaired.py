"""What a repair says of damage that asked for no commit to be put back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from domain.damage import Damage
from domain.records import Repair

_DOCUMENTS: Final = {"document missing", "document changed"}


def accepted(damage: Iterable[Damage], restored: Sequence[Repair]) -> list[Repair]:
    """Return commits that were written again and are, for all that, as they were.

    A successor or a pin vouches for each. At an unpinned head nobody does.
    """
    return [
        Repair(each.first, each.last, each.kind, "looked at, left as it is")
        for each in damage
        if each.kind == "second version"
        and each.expected is not None
        and not within(each.first, restored)
    ]


def gone_for_good(damage: Iterable[Damage]) -> list[Repair]:
    """Return commits that name documents that are gone and that nothing needs."""
    return [
        Repair(seq, seq, kind, "none is left, and nothing needs it")
        for seq, kind in dict.fromkeys(
            (each.first, each.kind)
            for each in damage
            if each.kind in _DOCUMENTS and not each.stops
        )
    ]


def others_restored(before: Iterable[Damage], after: Iterable[Damage]) -> Iterator[str]:
    """Yield what is no damage of a document or of the identity any more."""
    still = {(each.kind, each.expected) for each in after}
    for each in before:
        if each.sources and (each.kind, each.expected) not in still:
            what = None
            if each.kind in _DOCUMENTS:
                what = f"document {each.expected}"
            elif each.kind == "identity damaged":
                what = "the ledger's identity"
            if what is not None:
                yield f"{what} restored from {', '.join(each.sources)}"


def within(seq: int, repairs: Iterable[Repair]) -> bool:
    """Return whether a commit is among those that were repaired."""
    return any(repair.first <= seq <= repair.last for repair in repairs)
