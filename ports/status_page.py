"""The status page: what people see of the mirror without asking its ledger."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from domain.history import History
from domain.status import Status
from ports.errors import ConflictError


class OvertakenError(ConflictError):
    """Another began to write the page while it was being written.

    What lies there now may be of either.
    """


@dataclass(frozen=True, slots=True)
class LastPage:
    """The page as somebody last began to write it.

    Attributes:
        version: What ``write`` must be given to replace it.
        ledger: The UUID of the ledger that it is of; empty if it cannot be read.
        history: What was known by then; None if it cannot be read: the log has it.
        pages: The digests of the parts that are known to be there, by their names.
    """

    version: str
    ledger: str
    history: History | None
    pages: Mapping[str, str]


class StatusPage(Protocol):
    """A page about the mirror in several parts, which may be lost.

    What is written for the same status is the same, byte for byte. Any method may raise
    ``UnavailableError`` and ``RefusedError``; ``write`` also ``StoreFullError``.
    """

    @abstractmethod
    def last(self) -> LastPage | None:
        """Return what was written last, None if there is nothing."""
        raise NotImplementedError

    @abstractmethod
    def write(
        self, status: Status, history: History, last: LastPage | None, *, anew: bool
    ) -> tuple[str, ...]:
        """Write what is not there yet, in place of what was written ``last``.

        Whoever is stopped on the way leaves a page of which the next one knows what is
        missing.

        Args:
            anew: Write also what is known to be there.

        Returns:
            The keys of what was written, the page itself first.

        Raises:
            ConflictError: Another has written since. Nothing was written.
            OvertakenError: Another has, while this was being written.
        """
        raise NotImplementedError
