"""The hash file: the ledger at a position, published; and its checkpoint."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Protocol

from domain.ledger import Ledger


@dataclass(frozen=True, slots=True)
class PublishedLedger:
    """The ledger as the hash file has it.

    Attributes:
        version: What ``publish`` must be given to replace this hash file.
    """

    ledger: Ledger
    version: str


@dataclass(frozen=True, slots=True)
class DamagedHashFile:
    """A hash file that cannot be read, and why. It is rebuilt from the log."""

    reason: str
    version: str


class HashFile(Protocol):
    """The published projection of the ledger. It may be lost and rebuilt."""

    @abstractmethod
    def load(self) -> PublishedLedger | DamagedHashFile | None:
        """Return what is published, None when nothing is."""
        raise NotImplementedError

    @abstractmethod
    def publish(self, ledger: Ledger, version: str | None) -> None:
        """Write ``ledger`` in place of the ``version`` that was loaded.

        Args:
            version: None when nothing was published.

        Raises:
            ConflictError: Another has published since; load again.
        """
        raise NotImplementedError
