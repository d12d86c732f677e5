"""Public objects: what clients read, which is replaced as a whole."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from typing import Protocol

from domain.bottle import Digest, ObjectKey


class PublicObjects(Protocol):
    """Objects of the store that clients ask for by names that stay.

    Every adapter promises, and ``tests/contract`` holds it to:

    - Whole: a reader sees what was there before, or what is there now.
    - Fresh: an object's time of change is that of its last writing. brew asks with
      ``If-Modified-Since`` by its own clock. Source: Homebrew/brew ``cmd/update.sh``.
    - Immediate: once a method returns, every reader sees what it did.

    Any method may raise ``UnavailableError`` when the store gives no answer after all
    attempts and ``RefusedError`` when it may not be used so; the writing ones
    ``StoreFullError``.
    """

    @abstractmethod
    def write(
        self, key: ObjectKey, body: bytes, media_type: str, *, compressed: bool = False
    ) -> None:
        """Put ``body`` at ``key``, whatever is there.

        Args:
            compressed: Let clients that can read it have it in gzip: as the object's
                encoding in a bucket, as a twin that ends in ``.gz`` in a folder.
        """
        raise NotImplementedError

    @abstractmethod
    def read(self, key: ObjectKey) -> bytes:
        """Return what was written at ``key``, not compressed.

        Raises:
            NotFoundError: There is nothing.
            MalformedError: It can no more be read.
        """
        raise NotImplementedError

    @abstractmethod
    def pieces(self, key: ObjectKey) -> Iterator[bytes]:
        """Yield what ``read`` returns, in pieces of a MiB or so.

        Raises:
            NotFoundError: There is nothing.
            MalformedError: It can no more be read.
        """
        raise NotImplementedError

    @abstractmethod
    def expose(self, source: ObjectKey, target: ObjectKey, digest: Digest) -> None:
        """Make ``target`` hold what ``source`` holds, whatever is there.

        It is copied inside the store, unless ``target`` has ``digest`` already. When it
        returns, the store has shown that ``target`` has it. It may be as old as
        ``source``: in a folder it is the same file.

        Raises:
            NotFoundError: ``source`` is not there.
            DigestMismatchError: ``source`` does not hold ``digest``.
        """
        raise NotImplementedError

    @abstractmethod
    def copy(self, source: ObjectKey, target: ObjectKey) -> None:
        """Make ``target`` what ``source`` is, as it was written, whatever is there.

        It is copied inside the store, and is as fresh as if it had been written.

        Raises:
            NotFoundError: ``source`` is not there.
        """
        raise NotImplementedError

    @abstractmethod
    def remove(self, key: ObjectKey) -> None:
        """Remove an object, its twin included; that there is none is success."""
        raise NotImplementedError
