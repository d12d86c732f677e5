"""Segments as tar files: POSIX's own form, which every system can unpack.

They are written by hand around ``tarfile``'s headers, so that each byte passes once,
on its way into the file and into both hashes.
"""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Iterable, Iterator
from typing import BinaryIO, Final, NamedTuple

from domain.bottle import Digest
from domain.errors import DigestMismatchError
from domain.export import Piece
from ports.errors import DamagedExportError, MalformedError
from ports.export_archive import Outgoing

SEGMENT: Final = "segment.json"
"""The first member: what the segment is part of."""

END: Final = 2 * tarfile.BLOCKSIZE
"""Bytes of the two empty blocks that every tar file ends with."""

_PIECE: Final = 1024 * 1024  # bytes
_MODE: Final = 0o644
_LARGEST: Final = 8**11 - 1  # bytes that POSIX's header has room for


class Member(NamedTuple):
    """Where a piece lies in a segment, and what its bytes hash to."""

    piece: Piece
    offset: int


def padded(size: int) -> int:
    """Return how many bytes a member of ``size`` bytes takes."""
    return tarfile.BLOCKSIZE + size + _padding(size)


def write_members(file: BinaryIO, pieces: Iterable[Outgoing]) -> tuple[int, int, str]:
    """Write a segment's members and its end.

    Returns:
        How many there are, the bytes written, and their SHA-256.

    Raises:
        DigestMismatchError: The bytes of a piece are not those of its digest.
        MalformedError: They are more or fewer than was said.
        OSError: They cannot be written.
    """
    whole, written, number = hashlib.sha256(), 0, 0
    for number, (piece, chunks) in enumerate(pieces, start=1):  # noqa: B007 - counted
        for block in _member(piece, chunks):
            file.write(block)
            whole.update(block)
            written += len(block)
    end = bytes(END)
    file.write(end)
    whole.update(end)
    return number, written + len(end), whole.hexdigest()


def read_members(what: str, file: BinaryIO, size: int, sha256: str) -> Iterator[Member]:
    """Yield the members of a segment, each when all of its bytes have been read.

    Args:
        size: Bytes that the file should have.
        sha256: What they should hash to.

    Raises:
        DamagedExportError: They do not.
        OSError: They cannot be read.
    """
    passing = _Passing(what, file, size)
    while (header := _header(what, passing.take(tarfile.BLOCKSIZE))) is not None:
        offset, own = passing.passed, hashlib.sha256()
        left = header.size
        while left:
            chunk = passing.take(min(left, _PIECE))
            own.update(chunk)
            left -= len(chunk)
        passing.take(_padding(header.size))
        digest = own.hexdigest()
        yield Member(Piece(header.name, header.size, Digest(digest)), offset)
    while passing.passed < size:
        passing.take(min(size - passing.passed, _PIECE))
    if file.read(1):
        raise DamagedExportError(what, f"it has more than the {size} bytes written")
    if passing.whole.hexdigest() != sha256:
        raise DamagedExportError(
            what, "it is no more as it was written (sha256 differs): copy it again"
        )


class _Passing:
    """The bytes of a file, hashed as they pass."""

    def __init__(self, what: str, file: BinaryIO, size: int) -> None:
        self._what = what
        self._file = file
        self._size = size
        self.whole = hashlib.sha256()
        self.passed = 0

    def take(self, count: int) -> bytes:
        chunk = self._file.read(count)
        self.passed += len(chunk)
        if len(chunk) != count or self.passed > self._size:
            raise DamagedExportError(
                self._what,
                f"it is cut: it ends after {self.passed} of {self._size} bytes",
            )
        self.whole.update(chunk)
        return chunk


def _member(piece: Piece, chunks: Iterator[bytes]) -> Iterator[bytes]:
    info = tarfile.TarInfo(piece.name)
    info.size, info.mode = piece.size, _MODE
    # In POSIX's form a size of 12 octal digits takes one more header; GNU's has room
    # for it in the one, and every system reads that.
    is_huge = piece.size > _LARGEST
    yield info.tobuf(tarfile.GNU_FORMAT if is_huge else tarfile.PAX_FORMAT)
    own, left = hashlib.sha256(), piece.size
    for chunk in chunks:
        own.update(chunk)
        left -= len(chunk)
        if left < 0:
            break
        yield chunk
    if left:
        more = "more" if left < 0 else "fewer"
        raise MalformedError(piece.name, f"there are {more} than {piece.size} bytes")
    if piece.digest is not None and own.hexdigest() != piece.digest:
        raise DigestMismatchError(piece.name, piece.digest, own.hexdigest())
    yield bytes(_padding(piece.size))


def _header(what: str, block: bytes) -> tarfile.TarInfo | None:
    """Return a member's header, None for the block that comes after the last one."""
    if not any(block):
        return None
    try:
        info = tarfile.TarInfo.frombuf(block, "utf-8", "strict")
    except (tarfile.HeaderError, UnicodeDecodeError) as error:
        raise DamagedExportError(what, f"it was changed: {error}") from error
    if not info.isreg():
        raise DamagedExportError(what, f"it was changed: {info.name} is no file")
    return info


def _padding(size: int) -> int:
    return -size % tarfile.BLOCKSIZE
