"""The time, and waiting for it."""

from __future__ import annotations

from abc import abstractmethod
from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time, and lets it pass."""

    @abstractmethod
    def now(self) -> datetime:
        """Return the time in UTC, cut to whole seconds."""
        raise NotImplementedError

    @abstractmethod
    def monotonic(self) -> float:
        """Return seconds from an arbitrary moment, never going back."""
        raise NotImplementedError

    @abstractmethod
    def sleep(self, seconds: float) -> None:
        """Return after ``seconds``.

        Raises:
            UnavailableError: Nobody is to wait any more, where that can be said.
        """
        raise NotImplementedError
