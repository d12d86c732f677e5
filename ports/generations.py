"""Generations: the documents and lists that are kept to publish and to go back."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Protocol

from domain.listing import Listing


class Generations(Protocol):
    """What is kept of what clients saw, see, or are to see next.

    Any method may raise ``UnavailableError``, ``RefusedError`` and, where it writes,
    ``StoreFullError``.
    """

    @abstractmethod
    def stage(self, body: bytes, media_type: str) -> str:
        """Keep a document of the API, byte for byte, until a generation has it.

        Args:
            media_type: As clients are to be told.

        Returns:
            Its SHA-256. Keeping the same bytes again is success.
        """
        raise NotImplementedError

    @abstractmethod
    def staged(self, sha256: str) -> bytes:
        """Return a document that is staged.

        Raises:
            NotFoundError: There is none.
            MalformedError: It is not what it is called.
        """
        raise NotImplementedError

    @abstractmethod
    def keep(self, number: int, documents: Mapping[str, str], listing: Listing) -> str:
        """Keep a generation: the documents that are staged, and its list.

        Args:
            number: Nobody else can keep one of this number from now on.
            documents: The SHA-256 of each document, by its name.

        Returns:
            The SHA-256 of the list's written form.

        Raises:
            ConflictError: The number is taken, be it by an attempt that died.
            NotFoundError: A document is not staged.
            MalformedError: A document is not what it is called.
        """
        raise NotImplementedError

    @abstractmethod
    def document(self, number: int, name: str, sha256: str) -> bytes:
        """Return a document of a generation.

        Raises:
            NotFoundError: It is not kept.
            MalformedError: It is not what it was.
        """
        raise NotImplementedError

    @abstractmethod
    def listing(self, number: int, sha256: str) -> Listing:
        """Return the list of a generation.

        Raises:
            NotFoundError: It is not kept.
            MalformedError: It is not what it was.
        """
        raise NotImplementedError

    @abstractmethod
    def numbers(self) -> Collection[int]:
        """Return the numbers that are taken."""
        raise NotImplementedError

    @abstractmethod
    def drop(self, number: int) -> None:
        """Remove all that is kept of a generation; that there is none is success."""
        raise NotImplementedError

    @abstractmethod
    def sweep(self, needed: Collection[str], before: datetime | None = None) -> None:
        """Remove what is staged, but for the documents with these SHA-256.

        Args:
            before: Only what was staged before then; None is whenever it was.
        """
        raise NotImplementedError
