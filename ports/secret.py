"""A secret: text that opens something, and that is shown to nobody."""

from __future__ import annotations

from abc import abstractmethod
from typing import Protocol


class Secret(Protocol):
    """Gives one secret.

    Every adapter promises that the secret is in none of its errors, and not in what
    it looks like when it is printed.
    """

    @abstractmethod
    def __call__(self, *, afresh: bool = False) -> str:
        """Return the secret.

        Args:
            afresh: What was given before does not open anything any more: ask whoever
                keeps the secret, for it may have been replaced.

        Raises:
            PortError: It cannot be read, or there is none.
        """
        raise NotImplementedError
