"""The status page: what people see of the mirror without asking its ledger."""

from __future__ import annotations

from abc import abstractmethod
from typing import Protocol

from domain.history import History
from domain.status import Status


class StatusPage(Protocol):
    """A page about the mirror, which is replaced as a whole and may be lost.

    What is written for the same status is the same, byte for byte. Any method may raise
    ``UnavailableError`` and ``RefusedError``; ``write`` also ``StoreFullError``.
    """

    @abstractmethod
    def history(self) -> History | None:
        """Return the history that was last written.

        None if there is none, or it cannot be read: then the log has it.
        """
        raise NotImplementedError

    @abstractmethod
    def write(self, status: Status, history: History) -> tuple[str, ...]:
        """Write the page.

        Returns:
            The keys of what was written, the page itself first.
        """
        raise NotImplementedError
