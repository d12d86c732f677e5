"""What a store keeps of its objects' past, and the one way to change that past."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from domain.bottle import ObjectKey


@dataclass(frozen=True, slots=True)
class ObjectVersion:
    """One version of an object, or the mark that it was deleted.

    Attributes:
        version: The store's own name for it.
        latest: Whether it is the one that is there now.
        marker: Whether it is a delete marker, which has no bytes.
        size: Bytes.
    """

    key: ObjectKey
    version: str
    latest: bool
    marker: bool
    size: int


class ObjectHistory(Protocol):
    """The versions of a store's objects, for checking and for repairs.

    A folder keeps none: there only what is now can be seen.

    Any method may raise ``UnavailableError`` and ``RefusedError``, as a store's.
    """

    @abstractmethod
    def versions(self, prefix: str) -> Iterator[ObjectVersion]:
        """Yield every version below ``prefix``, by key, of each the newest first.

        Nothing is yielded where no versions are kept.
        """
        raise NotImplementedError

    @abstractmethod
    def read_version(self, key: ObjectKey, version: str) -> bytes:
        """Return the bytes of one version.

        Raises:
            NotFoundError: There is no such version.
        """
        raise NotImplementedError

    @abstractmethod
    def remove_marker(self, key: ObjectKey, version: str) -> None:
        """Take back a deletion: remove the delete marker that is this version."""
        raise NotImplementedError

    @abstractmethod
    def restore(self, key: ObjectKey, body: bytes) -> None:
        """Put ``body`` over whatever is at ``key`` now, or where nothing is.

        For repairs alone: all else creates, or replaces what it has read.
        """
        raise NotImplementedError
