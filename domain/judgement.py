"""Judging a log: which commits are not as they were written, and how that shows.

A commit names the SHA-256 of the one before it, so each is vouched for by the one
behind it, and the last by a pin: a head that was seen, kept apart from the log.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from domain.damage import Damage, DamageClass, Specimen
from domain.events import GENESIS, Position

_WELL_FORMED: frozenset[DamageClass] = frozenset({"rewritten commit", "forged tail"})
"""What only the chain and pins can tell from a commit as it was written."""


def judge(
    specimens: Mapping[int, Specimen],
    pins: Mapping[int, str],
    marked: Mapping[int, str],
    given_up: Collection[int] = (),
) -> tuple[Damage, ...]:
    """Return the damage of a log, by number of commit.

    Args:
        specimens: What was found, by place.
        pins: SHA-256 of commits that were seen before, by number.
        marked: Delete markers that lie on top of a place, each its version.
        given_up: Places in declared gaps: what lies there proves nothing any more.
    """
    specimens = {seq: one for seq, one in specimens.items() if seq not in given_up}
    head = max(specimens, default=-1)
    found: list[Damage] = []
    expected: str | None = None
    proven = False
    for seq in range(head, -1, -1):
        # What follows from a pin further up outweighs a pin that contradicts it.
        wanted = expected if proven else pins.get(seq, expected)
        if seq in given_up:
            expected, proven = None, False
            continue
        specimen = specimens.get(seq)
        damage: Damage | None
        if specimen is None:
            damage = _absent(seq, seq, wanted, head, marked.get(seq))
        else:
            damage = _present(specimen, wanted, specimens, head)
        if damage is not None:
            found.append(damage)
        elif specimen is not None and expected not in {None, specimen.sha256}:
            found.append(_astray(seq + 1, head))
        good = specimen is not None and damage is None
        # Only what is good itself can tell what the one before it must be.
        expected = specimen.prev if specimen is not None and good else None
        proven = good and (proven or seq in pins)
    first = specimens.get(0)
    if expected not in (None, GENESIS.sha256) and first is not None:
        detail = "it follows another commit, and nothing comes before the first"
        found.append(Damage("rewritten commit", 0, 0, detail))
    beyond = _beyond(head, pins, marked, given_up)
    found = [*found[::-1], *beyond]
    return tuple(_joined(_with_suffix(found, specimens, pins, head)))


def judge_listing(
    present: Mapping[int, str | None],
    pins: Mapping[int, str],
    marked: Mapping[int, str],
    given_up: Collection[int] = (),
) -> tuple[Damage, ...]:
    """Return what a listing of a log tells of its damage.

    Args:
        present: The SHA-256 of every commit that is listed, where it is known.
    """
    head = max(present, default=-1)
    found = []
    for seq in range(head + 1):
        if seq in given_up:
            continue
        if seq not in present:
            found.append(_absent(seq, seq, pins.get(seq), head, marked.get(seq)))
        elif present[seq] is not None and present[seq] != pins.get(seq, present[seq]):
            detail = f"its sha256 is {present[seq]}, and was {pins[seq]}"
            found.append(Damage("rewritten commit", seq, seq, detail, pins[seq]))
    return tuple(_joined([*found, *_beyond(head, pins, marked, given_up)]))


def _beyond(
    head: int,
    pins: Mapping[int, str],
    marked: Mapping[int, str],
    given_up: Iterable[int],
) -> Iterator[Damage]:
    """Yield what is missing between the head of the log and the highest pin.

    A pin may name any number, so no place is looked at of which nothing is known.
    """
    end = max(pins, default=-1)
    first = head + 1
    gone = {seq for seq in given_up if head < seq <= end}
    for last in sorted({seq for seq in {*pins, *marked} if head < seq <= end} | gone):
        alone = last in gone or last in marked
        if alone and first < last:
            yield _absent(first, last - 1, None, head, None)
            first = last
        if last not in gone:
            yield _absent(first, last, pins.get(last), head, marked.get(last))
        first = last + 1


def _absent(
    first: int, last: int, wanted: str | None, head: int, marker: str | None
) -> Damage:
    if marker is not None:
        detail = f"it was deleted: delete marker {marker} lies on top of it"
        return Damage("delete marker", first, last, detail, wanted)
    if last > head:
        detail = f"it was seen before, and the log ends at {head}"
        return Damage("head behind a pin", first, last, detail, wanted)
    detail = "it is missing, and later ones are there"
    return Damage("gap", first, last, detail, wanted)


def _present(
    specimen: Specimen,
    wanted: str | None,
    specimens: Mapping[int, Specimen],
    head: int,
) -> Damage | None:
    seq = specimen.seq
    kind: DamageClass
    if specimen.flaw is not None:
        kind, detail = specimen.flaw.kind, specimen.flaw.detail
    elif specimen.own_seq != seq:
        kind, detail = _misplaced(specimen, specimens)
    elif wanted is not None and specimen.sha256 != wanted:
        kind = "forged tail" if seq == head else "rewritten commit"
        detail = f"its sha256 is {specimen.sha256}, and should be {wanted}"
    else:
        return None
    return Damage(kind, seq, seq, detail, wanted)


def _astray(seq: int, head: int) -> Damage:
    kind: DamageClass = "forged tail" if seq == head else "rewritten commit"
    detail = f"it does not follow commit {seq - 1}, which is what was seen before"
    return Damage(kind, seq, seq, detail)


def _misplaced(
    specimen: Specimen, specimens: Mapping[int, Specimen]
) -> tuple[DamageClass, str]:
    own = specimen.own_seq
    at_home = specimens.get(own)
    if at_home is not None and at_home.sha256 == specimen.sha256:
        return "duplicated", f"it is a second copy of commit {own}"
    if at_home is not None and at_home.own_seq == own:
        return "bit-flipped", f"it says that it is commit {own}, which is another"
    return "reordered", f"it holds commit {own}"


def _with_suffix(
    found: list[Damage],
    specimens: Mapping[int, Specimen],
    pins: Mapping[int, str],
    head: int,
) -> Iterator[Damage]:
    """Yield the damage, a tail that was rewritten with all of its links as one.

    Links that all hold up to the head, and pins that do not: then all behind the
    last pin that holds may have been rewritten.
    """
    linked = _linked_from(head, specimens)
    tail = [d for d in found if d.first >= linked and d.kind in _WELL_FORMED]
    held = [seq for seq in pins if tail and seq < tail[0].first]
    begin = max(linked, max(held, default=-1) + 1)
    if not tail or begin == head:
        yield from found
        return
    yield from (d for d in found if d.first < begin)
    # What comes behind the last pin has no copy that anybody could know again.
    pinned = tail[-1].last if tail[-1].expected is not None else head
    detail = (
        "every commit follows the one before it, and they do not follow what was"
        f" seen before; {tail[-1].detail}"
    )
    yield Damage("rewritten suffix", begin, pinned, detail, tail[-1].expected)
    if pinned < head:
        yield Damage("rewritten suffix", pinned + 1, head, detail)


def _linked_from(head: int, specimens: Mapping[int, Specimen]) -> int:
    """Return the first commit from which every one up to the head follows."""
    seq = head
    if head in specimens and specimens[head].flaw is not None:
        return head
    while (before := specimens.get(seq - 1)) is not None and (
        before.flaw is None
        and before.own_seq == seq - 1
        and before.sha256 == specimens[seq].prev
    ):
        seq -= 1
    return seq


def _joined(found: Iterable[Damage]) -> Iterator[Damage]:
    """Yield the damage, the same in neighbouring commits as one."""
    whole: Damage | None = None
    for damage in found:
        if whole is not None and whole.kind == damage.kind:
            alike = damage.kind in {"gap", "head behind a pin", "delete marker"}
            if damage.first == (whole.last + 1 if alike else whole.first):
                whole = replace(damage, first=whole.first, detail=whole.detail)
                continue
        if whole is not None:
            yield whole
        whole = damage
    if whole is not None:
        yield whole


def pins_of(positions: Iterable[Position]) -> dict[int, str]:
    """Return pins by the number of the commit; the beginning of a log is none."""
    return {pin.seq: pin.sha256 for pin in positions if pin != GENESIS}
