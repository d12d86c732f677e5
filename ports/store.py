"""The store: a place that holds a mirror, be it a folder or a bucket."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from domain.bottle import Digest, ObjectKey


@dataclass(frozen=True, slots=True)
class StoredObject:
    """A small object as it was read, and the version that it was.

    Attributes:
        version: Changes whenever the content does; only good for ``replace``.
    """

    body: bytes
    version: str


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """What the store says of an object without sending its bytes.

    Attributes:
        size: Bytes.
        sha256: The digest that the store checked when it took the bytes; None
            when it keeps none.
    """

    key: ObjectKey
    size: int
    sha256: Digest | None = None


class Store(Protocol):
    """Objects under keys.

    Every adapter promises, and ``tests/contract`` holds it to:

    - Whole: an object is visible with all its bytes or not at all.
    - Exclusive: of several ``create`` or ``put`` to one key one wins, and the
      others conflict; of several ``replace`` of one version one wins.
    - Durable and immediate: once a write returns, every read and list sees it,
      and a crash of the machine does not take it back.
    - Ordered: ``list`` gives keys in the order of their UTF-8 bytes.
    - Confined: a key cannot leave the store.

    Any method may raise ``UnavailableError`` when the store gives no answer and
    ``RefusedError`` when it may not be used so (permission, no such bucket); the
    writing ones ``StoreFullError``.
    """

    @abstractmethod
    def get(self, key: ObjectKey) -> StoredObject:
        """Return a small object.

        Raises:
            NotFoundError: There is none.
        """
        raise NotImplementedError

    @abstractmethod
    def create(self, key: ObjectKey, body: bytes) -> None:
        """Write a small object where there is none. One try, never repeated.

        Raises:
            ConflictError: There is one already.
            OutcomeUnknownError: It may or may not have been written.
        """
        raise NotImplementedError

    @abstractmethod
    def replace(self, key: ObjectKey, body: bytes, version: str) -> None:
        """Write a small object over the ``version`` that was read. One try.

        Raises:
            ConflictError: It has been changed or removed since.
            OutcomeUnknownError: It may or may not have been written.
        """
        raise NotImplementedError

    @abstractmethod
    def put(
        self, key: ObjectKey, digest: Digest, size: int, chunks: Iterator[bytes]
    ) -> None:
        """Write a bottle's bytes, as they come, where there is no object.

        ``chunks`` are consumed once and never held together in memory. Nothing
        is visible before all ``size`` bytes came and their SHA-256 is
        ``digest``. What ``chunks`` raises comes out unchanged. Never repeated.

        Raises:
            ConflictError: There is an object already.
            DigestMismatchError: The bytes are not those of ``digest``.
            MalformedError: There were more or fewer bytes than ``size``.
            OutcomeUnknownError: It may or may not have been written.
        """
        raise NotImplementedError

    @abstractmethod
    def rejects(self, key: ObjectKey, digest: Digest, body: bytes) -> bool:
        """Offer ``body`` under a digest that is not its own, unchecked by us.

        For trying a store out. Where it keeps digests, it alone is to judge. What was
        wrongly taken is left at ``key`` for the caller to delete.

        Returns:
            Whether it was refused for its digest.

        Raises:
            ConflictError: There is an object already.
            OutcomeUnknownError: It may or may not have been taken.
        """
        raise NotImplementedError

    @abstractmethod
    def copy(self, source: ObjectKey, target: ObjectKey, digest: Digest) -> None:
        """Make ``target`` hold what ``source`` holds, inside the store.

        When it returns, the store has shown that ``target`` has ``digest``.

        Raises:
            NotFoundError: ``source`` is not there.
            ConflictError: ``target`` holds other bytes already.
            DigestMismatchError: ``source`` does not hold ``digest``.
        """
        raise NotImplementedError

    @abstractmethod
    def info(self, key: ObjectKey) -> ObjectInfo | None:
        """Return what the store says of an object, None when there is none."""
        raise NotImplementedError

    @abstractmethod
    def read(self, key: ObjectKey) -> Iterator[bytes]:
        """Yield the bytes of an object, in pieces of about a MiB.

        Raises:
            NotFoundError: There is none.
        """
        raise NotImplementedError

    @abstractmethod
    def list(self, prefix: str, after: str = "") -> Iterator[ObjectInfo]:
        """Yield the objects whose key begins with ``prefix`` and follows ``after``."""
        raise NotImplementedError

    @abstractmethod
    def delete(self, key: ObjectKey) -> None:
        """Remove an object; that there is none is success."""
        raise NotImplementedError
