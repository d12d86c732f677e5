"""The bottle source: the bytes of bottles, and how many there are."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from domain.bottle import Bottle, Digest


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
