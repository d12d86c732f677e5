"""An export in a folder: segments, and beside them what they make together."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import Final, NamedTuple

from adapters.archive.manifest import (
    decode_export,
    encode_export,
    segment_header,
    segment_name,
)
from adapters.archive.segments import (
    END,
    SEGMENT,
    Member,
    padded,
    read_members,
    write_members,
)
from domain.export import Export, Piece, Segment
from ports.errors import (
    DamagedExportError,
    NotFoundError,
    RefusedError,
    StoreFullError,
    UnusableFileError,
)
from ports.export_archive import ExportReader, ExportWriter, Outgoing

MANIFEST: Final = "export.json"
"""What is written last, and read first."""

_PIECE: Final = 1024 * 1024  # bytes
_HEADER: Final = 1024  # bytes that what a segment says of itself takes at most
_FULL: Final = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class FolderExportWriter(ExportWriter):
    """A folder that an export is written to."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def begin(self) -> None:
        with _translated(f"write {self._folder}"):
            self._folder.mkdir(parents=True, exist_ok=True)
            # What a system leaves in every folder is hidden.
            found = sorted(
                path for path in self._folder.iterdir() if not path.name.startswith(".")
            )
            if any(path.name == MANIFEST for path in found):
                raise UnusableFileError(
                    str(self._folder), "it holds an export already: name another folder"
                )
            for path in found:
                if not path.match("SEGMENT-*.tar"):
                    raise UnusableFileError(
                        str(self._folder),
                        f"it holds {path.name}: name a folder that is empty",
                    )
            for path in found:
                path.unlink()

    def weight(self, size: int) -> int:
        return padded(size)

    @property
    def tare(self) -> int:
        return padded(_HEADER) + END

    def write(
        self, export: Export, number: int, of: int, pieces: Iterable[Outgoing]
    ) -> Segment:
        path = self._folder / segment_name(number)
        header = segment_header(export, number, of)
        first: Outgoing = (Piece(SEGMENT, len(header)), iter((header,)))
        with _translated(f"write {path}"), path.open("wb") as file:
            members, size, sha256 = write_members(file, chain((first,), pieces))
            file.flush()
            os.fsync(file.fileno())
        return Segment(number, members - 1, size, sha256)

    def seal(self, export: Export) -> None:
        path = self._folder / MANIFEST
        new = self._folder / f".{MANIFEST}"
        with _translated(f"write {path}"):
            with new.open("wb") as file:
                file.write(encode_export(export))
                file.flush()
                os.fsync(file.fileno())
            new.replace(path)


class _Place(NamedTuple):
    path: Path
    offset: int
    size: int


class FolderExportReader(ExportReader):
    """A folder that an export is read from."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._places: dict[str, _Place] = {}

    def export(self) -> Export:
        path = self._folder / MANIFEST
        with _translated(f"read {path}"):
            try:
                body = path.read_bytes()
            except (FileNotFoundError, NotADirectoryError) as error:
                if any(self._folder.glob("SEGMENT-*.tar")):
                    raise DamagedExportError(
                        str(self._folder),
                        f"{MANIFEST} is missing: the export was cut short, or not all"
                        " of it was copied",
                    ) from error
                raise UnusableFileError(
                    str(self._folder), f"there is no export in it: no {MANIFEST}"
                ) from error
        return decode_export(str(path), body)

    def check(self, passed: Callable[[int, int], None]) -> Sequence[Piece]:
        export, pieces = self.export(), []
        of = len(export.segments)
        for number, segment in enumerate(export.segments, start=1):
            for member in self._members(export, segment, number, of):
                self._places[member.piece.name] = _Place(
                    self._path(segment), member.offset, member.piece.size
                )
                pieces.append(member.piece)
            passed(number, of)
        return pieces

    def read(self, name: str) -> Iterator[bytes]:
        place = self._places.get(name)
        if place is None:
            raise NotFoundError(f"read {name} in {self._folder}", "it has none")
        what = f"read {place.path}"
        # Each reader has a file of its own: there may be many.
        with _translated(what), place.path.open("rb", buffering=0) as file:
            file.seek(place.offset)
            left = place.size
            while left:
                chunk = file.read(min(left, _PIECE))
                if not chunk:
                    raise DamagedExportError(str(place.path), "it has become cut")
                left -= len(chunk)
                yield chunk

    def _members(
        self, export: Export, segment: Segment, number: int, of: int
    ) -> Iterator[Member]:
        """Yield the pieces of a segment, which must be the one that it is called."""
        path, expected = self._path(segment), segment_header(export, number, of)
        with _translated(f"read {path}"):
            try:
                file = path.open("rb", buffering=0)
            except FileNotFoundError as error:
                raise DamagedExportError(
                    str(path), f"it is missing, of {of} segments"
                ) from error
            with file:
                members = read_members(str(path), file, segment.size, segment.sha256)
                first = next(members, None)
                if first is None or first.piece.name != SEGMENT:
                    raise DamagedExportError(
                        str(path), f"{SEGMENT} does not come first"
                    )
                is_long = first.piece.size > len(expected)
                if is_long or _content(path, first) != expected:
                    raise DamagedExportError(
                        str(path), f"it is not segment {number} of this export"
                    )
                count = 0
                for member in members:
                    count += 1
                    yield member
        if count != segment.pieces:
            raise DamagedExportError(str(path), f"it holds {count} pieces")

    def _path(self, segment: Segment) -> Path:
        return self._folder / segment_name(segment.number)


def _content(path: Path, member: Member) -> bytes:
    with path.open("rb") as file:
        file.seek(member.offset)
        return file.read(member.piece.size)


@contextmanager
def _translated(what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        kind = StoreFullError if error.errno in _FULL else RefusedError
        raise kind(what, error.strerror or str(error)) from error
