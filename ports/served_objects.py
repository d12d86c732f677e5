"""Served objects: the part of a store that clients read over HTTP."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from domain.bottle import ObjectKey


@dataclass(frozen=True, slots=True)
class ObjectHead:
    """What there is to say of an object before its bytes.

    Attributes:
        size: Bytes, as they are read here.
        etag: Changes whenever the bytes do; written as in HTTP, quotes and all.
        modified: When the object was written, UTC.
        compressed: Whether the bytes are what gzip made of the object.
    """

    size: int
    etag: str
    modified: datetime
    media_type: str
    compressed: bool = False


class ServedObject(Protocol):
    """One version of one object. It must be closed."""

    @property
    @abstractmethod
    def head(self) -> ObjectHead:
        """What there is to say of it."""
        raise NotImplementedError

    @abstractmethod
    def read(self, start: int, stop: int) -> Iterator[bytes]:
        """Return the bytes from ``start`` up to ``stop``, in pieces; once.

        Both lie within the object. That it cannot be read is raised here, where
        that can still be known, and else when a piece is asked for.

        Raises:
            ConflictError: The object is another one by now.
            UnavailableError: The bytes do not come, or stopped coming.
        """
        raise NotImplementedError

    @abstractmethod
    def close(self) -> None:
        """Let go of it."""
        raise NotImplementedError


class ServedObjects(Protocol):
    """The objects of a store, as S3 would serve them.

    Every adapter promises, and ``tests/contract`` holds it to:

    - Whole: what is read belongs to the head, or an error says that it does not.
    - Told by the object: media type and compression are those it was stored with;
      where a store keeps neither, the key tells.
    - Idle: nothing is read before somebody asks for bytes. Threads may share it.
    """

    @abstractmethod
    def open(self, key: ObjectKey, *, compressed: bool) -> ServedObject:
        """Return an object.

        Args:
            compressed: Whether it is wanted compressed, if it is kept so. What is kept
                in no other way comes compressed all the same, and its head says so.

        Raises:
            NotFoundError: There is none.
            RefusedError: The store may not be read so.
            UnavailableError: The store gives no answer.
        """
        raise NotImplementedError
