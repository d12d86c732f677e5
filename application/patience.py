"""Patience: a store that does not answer for a minute is waited for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from ports.clock import Clock
from ports.errors import UnavailableError

T = TypeVar("T")

LONGEST: Final = 90.0
"""Seconds without an answer after which nobody is waited for any more."""

_PAUSE: Final = 3.0
"""Seconds between two calls; each has tried several times before it gives up."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Asks again whoever does not answer, while there is time.

    Attributes:
        left: Tells the seconds that whoever asks has left.
    """

    clock: Clock
    left: Callable[[], float]

    def __call__(self, call: Callable[[], T]) -> T:
        """Return what ``call`` returns, which may be made as often as one likes.

        Raises:
            UnavailableError: Nobody has answered for long, or there is no time left.
        """
        begun = self.clock.monotonic()
        while True:
            try:
                return call()
            except UnavailableError:
                waited = self.clock.monotonic() - begun
                if waited >= LONGEST or self.left() <= _PAUSE:
                    raise
            self.clock.sleep(_PAUSE)
