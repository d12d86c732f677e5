"""The objects that a ledger is made of, byte for byte."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.events import Position
from ports.store import ObjectInfo


@dataclass(frozen=True, slots=True)
class Imported:
    """How far a follower has come.

    Attributes:
        finished: The head of the last import that was carried out to its end.
        shown: The generation that clients see in all its parts; None if nobody knows.
    """

    finished: Position | None = None
    shown: int | None = None


class LedgerObjects(Protocol):
    """What of a store is the ledger's, for whoever copies it to another store.

    Any method may raise ``UnavailableError`` and ``RefusedError``; the writing ones
    ``StoreFullError``.
    """

    @abstractmethod
    def identity(self) -> ObjectInfo:
        """Return the object that says which ledger it is.

        Raises:
            NotOurStoreError: There is none.
        """
        raise NotImplementedError

    @abstractmethod
    def created(self) -> datetime:
        """Return when the ledger was founded.

        Raises:
            NotOurStoreError: There is none.
        """
        raise NotImplementedError

    @abstractmethod
    def commits(self, after: int, until: int) -> Iterator[ObjectInfo]:
        """Yield the commits behind number ``after``, up to and with ``until``."""
        raise NotImplementedError

    @abstractmethod
    def commit(self, seq: int) -> str:
        """Return the key that commit ``seq`` has in every store."""
        raise NotImplementedError

    @abstractmethod
    def document(self, sha256: str) -> ObjectInfo | None:
        """Return a document of the ledger, None if it is not kept."""
        raise NotImplementedError

    @abstractmethod
    def digest_of_document(self, name: str) -> str | None:
        """Return the digest that the key of a document says; None of other keys."""
        raise NotImplementedError

    @abstractmethod
    def follow(self, ledger: str, created: datetime, now: datetime) -> None:
        """Let the store have a ledger that another records, unless it has it already.

        Raises:
            ConflictError: It has another, or records this one itself.
        """
        raise NotImplementedError

    @abstractmethod
    def lay(self, seq: int, body: bytes) -> None:
        """Put a commit in its place; that it lies there already is success.

        Raises:
            ConflictError: Another commit has the place.
        """
        raise NotImplementedError

    @abstractmethod
    def imported(self) -> Imported:
        """Return how far the store has come by imports."""
        raise NotImplementedError

    @abstractmethod
    def note(self, imported: Imported) -> None:
        """Take note of how far it has come. It may be lost, at the cost of looking."""
        raise NotImplementedError
