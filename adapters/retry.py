"""Trying again: how often, and how long to wait in between."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from ports.clock import Clock
from ports.errors import PortError, UnavailableError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential backoff with full jitter.

    A wait is drawn between nothing and a ceiling that doubles, so that callers
    who failed together do not come back together (AWS Architecture Blog,
    "Exponential Backoff And Jitter").

    Attributes:
        attempts: How often a call is made in all.
        base: The first ceiling, in seconds.
        ceiling: The highest ceiling, in seconds.
        longest: The longest wait that the other side may ask for, in seconds.
    """

    attempts: int = 5
    base: float = 0.5
    ceiling: float = 20.0
    longest: float = 120.0

    def wait(self, failed: int, told: float | None, chance: float) -> float:
        """Return the seconds to wait after ``failed`` attempts, which is 1 or more.

        Args:
            told: What the other side asked for: never shorter than that.
            chance: Between 0 and 1, drawn anew for each wait.
        """
        # 2.0 ** 1024 is not a float any more.
        doubled = self.base * 2.0 ** min(failed - 1, 64)
        return min(told or 0.0, self.longest) + chance * min(self.ceiling, doubled)


ONCE = Backoff(attempts=1)
"""One attempt, and its failure is the answer."""


def retrying(
    call: Callable[[], T],
    *,
    backoff: Backoff,
    clock: Clock,
    chance: Callable[[], float],
) -> T:
    """Return what ``call`` returns, calling again while there is no answer.

    Raises:
        UnavailableError: No answer to the last attempt; it tells how many. There is no
            other once ``clock`` lets nobody wait any more.
        PortError: An answer that another attempt would not change.
    """
    attempt = 1
    while True:
        try:
            return call()
        except UnavailableError as error:
            error.attempts = attempt
            if attempt >= backoff.attempts:
                raise
            failure = error
        except PortError as error:
            error.attempts = attempt
            raise
        try:
            clock.sleep(backoff.wait(attempt, failure.retry_after, chance()))
        except UnavailableError:
            raise failure from None
        attempt += 1
