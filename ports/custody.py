"""The custody of a log: looking for damage in all that is stored of it, mending it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from domain.damage import Damage
from domain.events import Position
from domain.records import Repair


@dataclass(frozen=True, slots=True)
class Examination:
    """What was found of a ledger.

    Attributes:
        head: The last commit of the log; None when there is none.
        commits: How many there are.
        events: How many events they hold; None when they were not read.
        damage: By number of commit; what concerns none of them has -1 and comes last.
        gaps: What is gone and was declared to be, and is no damage any more.
    """

    head: Position | None
    commits: int
    events: int | None
    damage: tuple[Damage, ...]
    gaps: tuple[Repair, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing was found."""
        return not self.damage


class Custody(Protocol):
    """What keeps a log, its documents and its hash file, and any copies of the log.

    Any method may raise ``UnavailableError`` and ``RefusedError``, as a store's.
    """

    @abstractmethod
    def examine(self, pins: Sequence[Position], *, read: bool) -> Examination:
        """Look for damage. Nothing is written.

        Args:
            pins: Heads that were seen before; the hash file's own is known.
            read: Read every commit and document, where otherwise listings are enough.

        Raises:
            NotOurStoreError: There is no ledger, nor anything left of one.
        """
        raise NotImplementedError

    @abstractmethod
    def restore(self, damage: Iterable[Damage]) -> tuple[Repair, ...]:
        """Put back every commit of which a good copy is found.

        The chain decides which copy is good, not the order of the sources: a commit
        is put back if it is the one that its successor follows, or a pin names.
        Behind all that anybody has seen it is enough that a copy follows the commit
        before it, as long as no other copy does. Documents go by their digest, and
        the identity by what the commits say.

        Returns:
            What became of each damaged range; a part of one that stays damaged is a
            repair without a source.
        """
        raise NotImplementedError

    @abstractmethod
    def give_up(self, gaps: Iterable[Repair]) -> None:
        """See to it that nobody reads on into what is to be a declared gap.

        A commit that can be read, and is not the one that was written, is kept as a
        document from then on, and no longer in its place.
        """
        raise NotImplementedError
