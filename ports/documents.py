"""Documents: large payloads that an event names by their digest."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from typing import Protocol

from domain.bottle import BottleKey
from domain.records import Elsewhere
from domain.work import Work
from ports.store import ObjectInfo


class Documents(Protocol):
    """Payloads kept beside the log, each under the SHA-256 of its bytes."""

    @abstractmethod
    def save_work(self, work: Work) -> str:
        """Keep the work of a plan; keeping the same work again is success.

        Returns:
            The SHA-256 of its written form, which is the plan's digest.
        """
        raise NotImplementedError

    @abstractmethod
    def load_work(self, sha256: str) -> Work:
        """Return the work of the plan with this digest.

        Raises:
            NotFoundError: No such document is kept.
            MalformedError: The document is not what its name says.
        """
        raise NotImplementedError

    @abstractmethod
    def works(self) -> Iterator[Work]:
        """Yield the work of every plan that is kept and can be read."""
        raise NotImplementedError

    @abstractmethod
    def save_import(self, entries: Mapping[BottleKey, Elsewhere]) -> str:
        """Keep what another mirror's hash file lists.

        Returns:
            The SHA-256 of its written form.
        """
        raise NotImplementedError

    @abstractmethod
    def save_findings(self, found: Iterable[ObjectInfo]) -> str:
        """Keep what a store was found to hold.

        Returns:
            The SHA-256 of its written form.
        """
        raise NotImplementedError

    @abstractmethod
    def sha256_of(self, work: Work) -> str:
        """Return the digest that the work would be kept under."""
        raise NotImplementedError
