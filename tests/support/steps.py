"""A sync in which every kind of work is met, to be cut at each of its steps."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import cache

from tests.support.catalogs import select
from tests.support.stricken_mirror import StrickenMirror
from tests.support.watched import Killed, at_call, is_a

BOTH = select("arm64_sonoma", "sonoma")


@dataclass(frozen=True, slots=True)
class Size:
    """How much of each kind there is.

    Attributes:
        left: Bottles that a dead run has stored and never recorded.
        beside: How many of these it had to store beside what was there.
        new: Formulae that nobody has asked for yet.
    """

    left: int
    beside: int
    new: int


PLAIN = Size(48, 34, 12)
SHOWN = Size(10, 5, 8)
"""Fewer, for each bottle has its views, which are steps as well."""


@cache
def before_the_sync(size: Size = PLAIN) -> StrickenMirror:
    """Return a mirror before a sync of more than 200 calls: only to branch from.

    It holds bottles that are offered still, that were replaced, that were rebuilt
    and that are gone; a dead run has left objects that nobody has recorded, many of
    them where strangers had been before; and of what is new, much is the same bytes
    under several names.
    """
    mirror = StrickenMirror()
    if size == SHOWN:
        mirror.views = ("registry", "flat")
    for number in range(6):
        mirror.offer(f"old-{number}", contents=_same(f"old {number}"))
    mirror.sync(BOTH)
    mirror.offer("old-1", "1.1", contents=_same("old 1.1"))
    mirror.offer("old-2", rebuild=1, contents=_same("old 2, rebuilt"))
    mirror.sync(BOTH)
    today = mirror.clock.now().date()
    for number in range(size.left):
        (bottle,) = mirror.offer(f"left-{number}")
        if number < size.beside:
            mirror.put_a_stranger(bottle.object_key(today))
    for number in range(size.new):
        mirror.offer(f"new-{number}", contents=_same(f"new {number}"))
    mirror.offer("old-1", "1.2", contents=_same("old 1.2"))
    # Other bytes of the very same bottle, and bytes that are held under a name.
    mirror.offer("old-2", rebuild=1, contents=_same("old 2, replaced"))
    mirror.offer("old-again", contents={"arm64_sonoma": "old 3", "sonoma": "old 4"})
    mirror.withdraw("old-5")
    dead = mirror.process()
    dead.watch.interfere(at_call(size.left, dead.watch.kill, is_a("put")), done=True)
    with suppress(Killed):
        dead.sync(BOTH)
    mirror.withdraw("old-4")
    return mirror


def _same(content: str) -> dict[str, str]:
    return dict.fromkeys(("arm64_sonoma", "sonoma"), content)
