"""A bucket's keys in the order of their bytes, whatever the order they come in."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from operator import attrgetter

from ports.store import ObjectInfo

_KEY = attrgetter("key")


def start_after(prefix: str, after: str) -> str:
    """Return from where on to list, so that every key that follows ``after`` comes.

    AWS orders keys by their bytes. SeaweedFS orders them part by part, so that "a/b"
    comes before "a-b", and leaves out all in "a" when it is to start after "a". Cut
    before its first byte below "/", and by one more, ``after`` leaves out none in
    either order; a few that come too early are no harm.
    """
    rest = after[len(prefix) :]
    cut = next((at for at, letter in enumerate(rest) if letter < "/"), len(rest))
    shorter = rest[:cut].rstrip("/")[:-1]
    return prefix + shorter if shorter else ""


def in_order(prefix: str, found: Iterable[ObjectInfo]) -> Iterator[ObjectInfo]:
    """Yield what was found in the order of the keys' bytes.

    ``found`` comes in that order already, or part by part. In both, no later key comes
    before the part that follows ``prefix`` in the present one: what does can go. So at
    most one folder is held.
    """
    held: list[ObjectInfo] = []
    present = ""
    for each in found:
        part = prefix + each.key[len(prefix) :].partition("/")[0]
        if part != present:
            present = part
            held.sort(key=_KEY)
            ready = bisect_left(held, part, key=_KEY)
            yield from held[:ready]
            del held[:ready]
        held.append(each)
    held.sort(key=_KEY)
    yield from held
