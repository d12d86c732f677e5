"""Export archives: where an export is written, and where it is read from."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol, TypeAlias

from domain.export import Export, Piece, Segment

Outgoing: TypeAlias = tuple[Piece, Iterator[bytes]]
"""A piece, and its bytes as they are read."""


class ExportWriter(Protocol):
    """A place that one export is written to.

    What is written is of no use to anybody before it is sealed. Any method may raise
    ``RefusedError``, and ``StoreFullError`` when there is no more room.
    """

    @abstractmethod
    def begin(self) -> None:
        """Make the place ready. What an export that was cut short has left goes.

        Raises:
            UnusableFileError: It holds an export, or something else.
        """
        raise NotImplementedError

    @abstractmethod
    def weight(self, size: int) -> int:
        """Return how many bytes of a segment a piece of ``size`` bytes takes."""
        raise NotImplementedError

    @property
    @abstractmethod
    def tare(self) -> int:
        """How many bytes a segment takes without its pieces, at most."""
        raise NotImplementedError

    @abstractmethod
    def write(
        self, export: Export, number: int, of: int, pieces: Iterable[Outgoing]
    ) -> Segment:
        """Write a segment, which says of itself what it is part of.

        The bytes of a piece are passed on as they come.

        Raises:
            DigestMismatchError: They are not those of the piece's digest.
            MalformedError: There are more or fewer than the piece's size.
        """
        raise NotImplementedError

    @abstractmethod
    def seal(self, export: Export) -> None:
        """Write what the export is, with all its segments: from now on it is one."""
        raise NotImplementedError


class ExportReader(Protocol):
    """An export that is read.

    Any method may raise ``DamagedExportError`` and ``UnusableFileError``.
    """

    @abstractmethod
    def export(self) -> Export:
        """Return what the export says it is.

        Raises:
            UnusableFileError: There is none.
            DamagedExportError: It was changed, or never finished.
        """
        raise NotImplementedError

    @abstractmethod
    def check(self, passed: Callable[[int, int], None]) -> Sequence[Piece]:
        """Read every byte of the export, and hold it against what was written.

        Args:
            passed: Is told after each segment how many are read, and of how many.

        Returns:
            The pieces in their order, each with the digest that its bytes have.

        Raises:
            DamagedExportError: A segment is missing, cut, changed, or another's.
        """
        raise NotImplementedError

    @abstractmethod
    def read(self, name: str) -> Iterator[bytes]:
        """Yield the bytes of a piece, once the export is checked.

        May be called by many threads at once.

        Raises:
            NotFoundError: The export has no such piece.
        """
        raise NotImplementedError
