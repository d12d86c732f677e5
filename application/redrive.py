"""Dead letters: which there are, and starting them again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ports.dead_letters import DeadLetter, DeadLetters
from ports.errors import PortError

Fate = Literal["started", "not_removed", "kept", "not_understood", "failed"]


@dataclass(frozen=True, slots=True)
class Redriven:
    """What became of a letter.

    Attributes:
        fate: ``started``: handed out and removed; ``not_removed``: handed out, and it
            stays; ``kept``: only looked at; ``not_understood``: it makes no sense, and
            stays; ``failed``: it could not be handed out, and stays.
        error: Why it was not removed or handed out; why nobody else can read it for a
            while.
    """

    letter: DeadLetter
    fate: Fate
    error: PortError | None = None


@dataclass(frozen=True, slots=True)
class Redrive:
    """Starts again what came to nothing.

    All of it may be done twice: the ledger says what is over, and a run that has ended
    is not begun again.
    """

    letters: DeadLetters

    def __call__(self, *, dry_run: bool = False) -> tuple[Redriven, ...]:
        """Return what became of each letter.

        Args:
            dry_run: Only look.

        Raises:
            PortError: The queues cannot be read.
        """
        # All are read before any is put back, or it would be read again.
        found = tuple(self.letters.read())
        return tuple(self._redriven(letter, dry_run=dry_run) for letter in found)

    def _redriven(self, letter: DeadLetter, *, dry_run: bool) -> Redriven:
        if letter.payload is None or dry_run:
            fate: Fate = "kept" if letter.payload else "not_understood"
            return Redriven(letter, fate, _failure(self.letters.put_back, letter))
        refused = _failure(self.letters.start_again, letter)
        if refused is not None:
            return Redriven(letter, "failed", refused)
        stays = _failure(self.letters.remove, letter)
        return Redriven(letter, "not_removed" if stays else "started", stays)


def _failure(do: Callable[[DeadLetter], None], letter: DeadLetter) -> PortError | None:
    """Return what doing something with a letter fails of: it hinders no other."""
    try:
        do(letter)
    except PortError as error:
        return error
    return None
