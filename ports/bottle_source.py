"""The bottle source: the bytes of bottles, and how many there are."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from domain.bottle import Bottle, Digest
from domain.tags import Tag


@dataclass(frozen=True, slots=True)
class BottleStream:
    """A bottle on its way.

    Attributes:
        size: Bytes in all, as the source says.
        chunks: The bytes, in order; they can be read once. A connection that
            breaks is taken up again where it broke, for as long as the
            source's patience lasts; then ``UnavailableError`` comes out here.
        start: How many bytes of the bottle come before the first of them.
    """

    size: int
    chunks: Iterator[bytes]
    start: int = 0


@dataclass(frozen=True, slots=True)
class ReleaseIndex:
    """The index of a release, as the registry served it.

    Attributes:
        body: Byte for byte.
        bottles: The bottles it names, by their tags.
    """

    body: bytes
    bottles: Mapping[Tag, Digest]


class BottleSource(Protocol):
    """A registry that holds bottles. May be used by many threads at once."""

    @abstractmethod
    def open(
        self, bottle: Bottle, start: int = 0
    ) -> AbstractContextManager[BottleStream]:
        """Open the bytes of ``bottle``; leaving the context closes them.

        The bytes are not checked here: whoever stores them does.

        Args:
            start: How many of them are at hand already, and need not come. A source
                that cannot begin there, because it gives no parts or the bottle has
                no more than that, begins at the beginning, and the stream says so.

        Raises:
            UnavailableError: No answer after all attempts.
            NotFoundError: The registry has no such blob.
            RefusedError: It will not give it.
        """
        raise NotImplementedError

    @abstractmethod
    def sizes(self, bottles: Iterable[Bottle]) -> Mapping[Digest, int]:
        """Return the exact bytes of ``bottles``, all of one formula's release.

        A digest whose size nobody tells is left out.

        Raises:
            UnavailableError: The registry cannot be reached.
        """
        raise NotImplementedError

    @abstractmethod
    def index(self, release: Bottle) -> ReleaseIndex:
        """Return the index of the release that a bottle is of.

        If it was read for ``sizes``, and not returned yet, it is not asked for again.

        Raises:
            UnavailableError: No answer after all attempts.
            NotFoundError: The registry has none.
            RefusedError: It will not give it.
            MalformedError: What it gives is no index.
        """
        raise NotImplementedError

    @abstractmethod
    def index_at_hand(self, release: Bottle) -> ReleaseIndex | None:
        """Return the index of a release if nobody has to be asked for it."""
        raise NotImplementedError

    @abstractmethod
    def read_index(self, release: Bottle, body: bytes) -> ReleaseIndex:
        """Return what an index says that was kept.

        Raises:
            MalformedError: It is no index.
        """
        raise NotImplementedError
