"""Every call of a run that matters, and everything that may come of it: a table.

It is written out cell by cell: what happens, and what the process must say. What
cannot happen to a call has something in its place that can; the comment says what.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias

from adapters.ledger.layout import COMMITS, HASH_FILE
from domain.errors import LedgerDamagedError
from ports.errors import (
    MalformedError,
    RefusedError,
    StoreFullError,
    UnavailableError,
)
from tests.support import matrix_happenings as so
from tests.support.matrix_happenings import Happening
from tests.support.watched import Call, Killed, is_a


class Asked(Enum):
    """What is asked of the store."""

    COMMIT = "put-commit"
    GET = "get"
    LIST = "list"
    DOCUMENT = "put-document"
    HASH_FILE = "put-hash-file"
    BOTTLE = "put-bottle"
    DELETE = "delete-bottle"


class Outcome(Enum):
    """What comes of it."""

    LOST = "request-lost"
    LANDED = "answer-lost"
    LATE = "lands-late"
    ONCE = "unavailable-once"
    EVER = "unavailable-for-ever"
    OWN = "conflict-with-its-own"
    OTHERS = "conflict-with-anothers"
    REFUSED = "refused"
    FULL = "store-full"
    KILLED_BEFORE = "killed-before"
    KILLED_AFTER = "killed-after"
    GARBLED = "garbled"


Says: TypeAlias = str | type[BaseException]
"""The outcome that a run reports, or what it raises."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What becomes of one call, and what the process must say.

    Attributes:
        mentions: What it must say in words, in a note or in what it raises.
        tries: How often it asks for the very same, if that is a write.
        at: Which of the calls that are meant it is, the first being 1.
        meant: Which calls are; None for those of the column.
        lasting: Whether it happens to all that are meant from then on.
    """

    happening: Happening
    says: Says
    mentions: str = ""
    tries: int = 1
    at: int = 1
    meant: Callable[[Call], bool] | None = None
    lasting: bool = False


def _create(below: str) -> Callable[[Call], bool]:
    return lambda call: call.what == "create" and call.key.startswith(below)


def _get(below: str) -> Callable[[Call], bool]:
    return lambda call: call.what == "get" and call.key.startswith(below)


MEANT: Final[Mapping[Asked, Callable[[Call], bool]]] = {
    Asked.COMMIT: _create(COMMITS),
    Asked.GET: _get(HASH_FILE),
    Asked.LIST: is_a("list"),
    Asked.DOCUMENT: _create("ledger/v1/documents/"),
    Asked.HASH_FILE: is_a("replace"),
    Asked.BOTTLE: is_a("put"),
    Asked.DELETE: is_a("delete"),
}
_COMMITS_READ = _get(COMMITS)
_COMMITS_WRITTEN = _create(COMMITS)
# Of the commits of a run: it has started, this is superseded, those are mirrored.
_MIRRORED = 3
_UNKNOWN = "it is not known whether it was written"
_UNWRITTEN = "it was not written"

_COMMIT = {
    Outcome.LOST: Cell(so.lost, "complete", tries=2, at=_MIRRORED),
    Outcome.LANDED: Cell(so.landed, "complete", tries=2, at=_MIRRORED),
    Outcome.LATE: Cell(so.late, Killed, at=_MIRRORED),
    Outcome.ONCE: Cell(so.unavailable, "complete", tries=2, at=_MIRRORED),
    Outcome.EVER: Cell(
        so.unavailable, UnavailableError, _UNWRITTEN, 2, _MIRRORED, lasting=True
    ),
    Outcome.OWN: Cell(so.conflict_with_its_own, "complete", at=_MIRRORED),
    Outcome.OTHERS: Cell(so.another_first, "complete", at=_MIRRORED),
    Outcome.REFUSED: Cell(so.refused, RefusedError, at=_MIRRORED),
    Outcome.FULL: Cell(so.full, StoreFullError, at=_MIRRORED),
    Outcome.KILLED_BEFORE: Cell(so.killed_before, Killed, at=_MIRRORED),
    Outcome.KILLED_AFTER: Cell(so.killed_after, Killed, at=_MIRRORED),
    # Bytes that were damaged on the way are turned away: S3's BadDigest.
    Outcome.GARBLED: Cell(so.damaged_on_the_way, "complete", tries=2, at=_MIRRORED),
}
# Of the commits that are read, the first is the one that the hash file was made from.
_GET = {
    Outcome.LOST: Cell(so.lost, UnavailableError),
    Outcome.LANDED: Cell(so.landed, UnavailableError, at=3, meant=_COMMITS_READ),
    # A read changes nothing when it lands; but its answer may be old when it comes.
    Outcome.LATE: Cell(so.answered_before_another, "complete"),
    # The one that settles a write is asked again.
    Outcome.ONCE: Cell(
        so.own_conflict_and_no_answer, "complete", tries=2, meant=_COMMITS_WRITTEN
    ),
    Outcome.EVER: Cell(so.unavailable, UnavailableError, lasting=True),
    # An earlier attempt is under way still: turned away, and not there to be got.
    Outcome.OWN: Cell(
        so.conflict_with_nobody, "complete", tries=2, meant=_COMMITS_WRITTEN
    ),
    Outcome.OTHERS: Cell(so.of_another_ledger, "complete", "it is of ledger"),
    Outcome.REFUSED: Cell(so.refused, RefusedError),
    # To read takes no room; but what is listed may not be there to be got.
    Outcome.FULL: Cell(
        so.not_there, LedgerDamagedError, "it is missing", at=2, meant=_COMMITS_READ
    ),
    Outcome.KILLED_BEFORE: Cell(so.killed_before, Killed, at=2, meant=_COMMITS_READ),
    Outcome.KILLED_AFTER: Cell(so.killed_after, Killed, at=2, meant=_COMMITS_READ),
    Outcome.GARBLED: Cell(so.cut_short, "complete", "it is rebuilt from the log"),
}
_LIST = {
    Outcome.LOST: Cell(so.lost, UnavailableError),
    # Some of it has come.
    Outcome.LANDED: Cell(so.broken_off, UnavailableError),
    Outcome.LATE: Cell(so.answered_before_another, "complete"),
    # The one that reads on when another was first.
    Outcome.ONCE: Cell(
        so.another_first_and_no_list, UnavailableError, meant=_COMMITS_WRITTEN
    ),
    Outcome.EVER: Cell(so.unavailable, UnavailableError, lasting=True),
    # A list conflicts with nobody; but it may leave out what it lists around, and
    # may have in it what is nobody's commit.
    Outcome.OWN: Cell(so.one_left_out, "complete"),
    Outcome.OTHERS: Cell(
        so.a_stranger_listed, LedgerDamagedError, "where only commits may lie"
    ),
    Outcome.REFUSED: Cell(so.refused, RefusedError),
    # It takes no room; but it may end too early.
    Outcome.FULL: Cell(so.last_left_out, "complete"),
    Outcome.KILLED_BEFORE: Cell(so.killed_before, Killed),
    Outcome.KILLED_AFTER: Cell(so.killed_after, Killed),
    Outcome.GARBLED: Cell(so.not_understood, MalformedError),
}
_DOCUMENT = {
    Outcome.LOST: Cell(so.lost, "complete", tries=2),
    Outcome.LANDED: Cell(so.landed, "complete", tries=2),
    Outcome.LATE: Cell(so.late, Killed),
    Outcome.ONCE: Cell(so.unavailable, "complete", tries=2),
    Outcome.EVER: Cell(so.lost, UnavailableError, _UNKNOWN, 2, lasting=True),
    Outcome.OWN: Cell(so.conflict_with_its_own, "complete"),
    Outcome.OTHERS: Cell(so.another_first, "complete"),
    Outcome.REFUSED: Cell(so.refused, RefusedError),
    Outcome.FULL: Cell(so.full, StoreFullError),
    Outcome.KILLED_BEFORE: Cell(so.killed_before, Killed),
    Outcome.KILLED_AFTER: Cell(so.killed_after, Killed),
    Outcome.GARBLED: Cell(so.damaged_on_the_way, "complete", tries=2),
}
_HASH_FILE = {
    Outcome.LOST: Cell(so.lost, "complete", tries=2),
    Outcome.LANDED: Cell(so.landed, "complete", tries=2),
    Outcome.LATE: Cell(so.late, Killed),
    Outcome.ONCE: Cell(so.unavailable, "complete", tries=2),
    Outcome.EVER: Cell(so.unavailable, UnavailableError, _UNWRITTEN, 2, lasting=True),
    Outcome.OWN: Cell(so.conflict_with_its_own, "complete"),
    Outcome.OTHERS: Cell(so.another_first, "complete"),
    Outcome.REFUSED: Cell(so.refused, RefusedError),
    Outcome.FULL: Cell(so.full, StoreFullError),
    Outcome.KILLED_BEFORE: Cell(so.killed_before, Killed),
    Outcome.KILLED_AFTER: Cell(so.killed_after, Killed),
    Outcome.GARBLED: Cell(so.damaged_on_the_way, "complete", tries=2),
}
_BOTTLE = {
    Outcome.LOST: Cell(so.lost, "complete", tries=2),
    # Its place is looked at, and it is there.
    Outcome.LANDED: Cell(so.landed, "complete"),
    Outcome.LATE: Cell(so.late, Killed),
    Outcome.ONCE: Cell(so.unavailable, "complete", tries=2),
    Outcome.EVER: Cell(so.unavailable, "degraded", tries=2, lasting=True),
    Outcome.OWN: Cell(so.conflict_with_its_own, "complete"),
    # Bytes that nobody knows: it goes beside them.
    # The second: the first lies beside another's bytes already, where nobody can come.
    Outcome.OTHERS: Cell(so.conflict_with_a_stranger, "complete", at=2),
    Outcome.REFUSED: Cell(so.refused, "degraded"),
    Outcome.FULL: Cell(so.full, "failed"),
    Outcome.KILLED_BEFORE: Cell(so.killed_before, Killed),
    Outcome.KILLED_AFTER: Cell(so.killed_after, Killed),
    Outcome.GARBLED: Cell(so.other_bytes, "complete", tries=2),
}
# A repair, which says that two bottles are lost, removes both and fetches both.
_DELETE = {
    Outcome.LOST: Cell(so.lost, UnavailableError),
    Outcome.LANDED: Cell(so.landed, UnavailableError),
    # When the next one has fetched it, and has not yet stored it.
    Outcome.LATE: Cell(so.late, Killed),
    Outcome.ONCE: Cell(so.unavailable, UnavailableError, at=2),
    Outcome.EVER: Cell(so.unavailable, UnavailableError, lasting=True),
    # A delete conflicts with nobody: what is gone is gone, and what another has
    # stored beside it meanwhile is not meant.
    Outcome.OWN: Cell(so.done_before, "complete"),
    Outcome.OTHERS: Cell(so.another_first, "complete"),
    Outcome.REFUSED: Cell(so.refused, RefusedError),
    # Some file systems need room to note that something is gone.
    Outcome.FULL: Cell(so.full, StoreFullError),
    Outcome.KILLED_BEFORE: Cell(so.killed_before, Killed),
    Outcome.KILLED_AFTER: Cell(so.killed_after, Killed),
    # It was done; and the answer is not one that a store gives.
    Outcome.GARBLED: Cell(so.done_and_not_understood, MalformedError),
}

TABLE: Final[Mapping[Asked, Mapping[Outcome, Cell]]] = {
    Asked.COMMIT: _COMMIT,
    Asked.GET: _GET,
    Asked.LIST: _LIST,
    Asked.DOCUMENT: _DOCUMENT,
    Asked.HASH_FILE: _HASH_FILE,
    Asked.BOTTLE: _BOTTLE,
    Asked.DELETE: _DELETE,
}
