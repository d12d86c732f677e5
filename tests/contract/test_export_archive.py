"""What every place for exports promises to who writes one and who reads it."""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

import pytest

from adapters.archive.folder import FolderExportReader, FolderExportWriter
from adapters.archive.segments import read_members, write_members
from domain.bottle import Digest
from domain.errors import DigestMismatchError
from domain.events import Position
from domain.export import Export, Piece, content_name
from ports.errors import (
    DamagedExportError,
    MalformedError,
    NotFoundError,
    StoreFullError,
    UnusableFileError,
)
from ports.export_archive import ExportReader, ExportWriter, Outgoing

EXPORT = Export(
    id="1d" * 32,
    ledger="0d9b3a52-6a5e-4b7f-8f0e-2f5c7a1d9e30",
    created=datetime(2026, 11, 22, 4, 11, tzinfo=UTC),
    since=3,
    begin=Position(5, "b0" * 32),
    head=Position(9, "4e" * 32),
    published=4,
    generations=(4,),
    commits=4,
    bottles=2,
    bytes=1030,
    hash_file="4f" * 32,
)
BODIES = (b"", b"a", b"b" * 511, b"c" * 512, b"d" * 513, b"e" * 3_000_000)


class Place(NamedTuple):
    """A place for one export, and what opens it."""

    path: Path
    write: Callable[[], ExportWriter]
    read: Callable[[], ExportReader]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    path = tmp_path / "export"
    return Place(
        path, lambda: FolderExportWriter(path), lambda: FolderExportReader(path)
    )


def piece_of(body: bytes) -> Piece:
    digest = Digest(sha256(body).hexdigest())
    return Piece(content_name(digest), len(body), digest)


def outgoing(*bodies: bytes) -> Iterator[Outgoing]:
    for body in bodies:
        yield piece_of(body), iter((body[:100], body[100:]))


def written(place: Place) -> Export:
    """Write an export of two segments."""
    writer = place.write()
    writer.begin()
    segments = (
        writer.write(EXPORT, 1, 2, outgoing(*BODIES[:4])),
        writer.write(EXPORT, 2, 2, outgoing(*BODIES[4:])),
    )
    export = Export(
        **{name: getattr(EXPORT, name) for name in EXPORT.__slots__}
        | {"segments": segments}
    )
    writer.seal(export)
    return export


def ignored(_done: int, _total: int) -> None:
    """Do not care how far it is."""


class TestExportArchiveContract:
    def test_gives_what_was_written(self, place: Place) -> None:
        export = written(place)
        reader = place.read()

        assert reader.export() == export
        passed: list[tuple[int, int]] = []
        pieces = reader.check(lambda *told: passed.append(told))

        assert list(pieces) == [piece_of(body) for body in BODIES]
        assert passed == [(1, 2), (2, 2)]
        for body in BODIES:
            assert b"".join(reader.read(piece_of(body).name)) == body

    def test_a_piece_is_read_as_it_comes(self, place: Place) -> None:
        written(place)
        reader = place.read()
        reader.check(ignored)

        chunks = list(reader.read(piece_of(BODIES[-1]).name))

        assert len(chunks) > 1
        assert max(map(len, chunks)) <= 1024 * 1024

    def test_the_same_gives_the_same_bytes(self, place: Place) -> None:
        written(place)
        before = {path.name: path.read_bytes() for path in place.path.iterdir()}
        for path in place.path.iterdir():
            path.unlink()
        written(place)
        assert before == {path.name: path.read_bytes() for path in place.path.iterdir()}

    def test_a_segment_is_as_large_as_its_pieces_weigh(self, place: Place) -> None:
        export, writer = written(place), place.write()
        for segment, bodies in zip(
            export.segments, (BODIES[:4], BODIES[4:]), strict=True
        ):
            weight = sum(writer.weight(len(body)) for body in bodies)
            assert weight < segment.size <= weight + writer.tare

    def test_has_no_piece_that_was_not_written(self, place: Place) -> None:
        written(place)
        reader = place.read()
        reader.check(ignored)
        with pytest.raises(NotFoundError):
            next(reader.read(content_name("77" * 32)))

    def test_refuses_to_write_what_is_not_what_it_was_said_to_be(
        self, place: Place
    ) -> None:
        writer = place.write()
        writer.begin()
        piece = piece_of(b"right")
        with pytest.raises(DigestMismatchError):
            writer.write(EXPORT, 1, 1, [(piece, iter((b"wrong",)))])
        for body in (b"righ", b"right!"):
            with pytest.raises(MalformedError, match=r"more|fewer"):
                writer.write(EXPORT, 1, 1, [(piece, iter((body,)))])

    def test_what_is_not_sealed_is_none(self, place: Place) -> None:
        with pytest.raises(UnusableFileError):
            place.read().export()
        writer = place.write()
        writer.begin()
        writer.write(EXPORT, 1, 1, outgoing(b"a"))
        with pytest.raises(DamagedExportError, match="cut short"):
            place.read().export()

    def test_one_export_a_place(self, place: Place) -> None:
        written(place)
        with pytest.raises(UnusableFileError, match="holds an export already"):
            place.write().begin()

    def test_any_byte_that_is_changed_is_found(self, place: Place) -> None:
        written(place)
        for path in sorted(place.path.iterdir()):
            body = path.read_bytes()
            step = max(1, len(body) // 40)
            for at in (*range(0, len(body), step), len(body) - 1):
                for bit in (0x01, 0x20):
                    changed = bytearray(body)
                    changed[at] ^= bit
                    path.write_bytes(changed)
                    with pytest.raises(DamagedExportError):
                        place.read().check(ignored)
            path.write_bytes(body)
        place.read().check(ignored)

    def test_what_is_cut_or_longer_is_found(self, place: Place) -> None:
        written(place)
        for path in sorted(place.path.iterdir()):
            body = path.read_bytes()
            for other in (b"", body[:511], body[:-512], body[:-1], body + b"\0"):
                path.write_bytes(other)
                with pytest.raises(DamagedExportError):
                    place.read().check(ignored)
            path.write_bytes(body)

    def test_a_segment_that_is_missing_is_named(self, place: Place) -> None:
        written(place)
        (place.path / "SEGMENT-0002.tar").unlink()
        with pytest.raises(DamagedExportError, match=r"0002\.tar: it is missing, of 2"):
            place.read().check(ignored)

    def test_segments_that_changed_places_are_found(self, place: Place) -> None:
        written(place)
        one, two = sorted(place.path.glob("SEGMENT-*.tar"))
        body = one.read_bytes()
        one.write_bytes(two.read_bytes())
        two.write_bytes(body)
        with pytest.raises(DamagedExportError, match="not segment 1 of this export"):
            place.read().check(ignored)

    def test_one_that_is_cut_after_it_was_checked_is_not_read(
        self, place: Place
    ) -> None:
        written(place)
        reader = place.read()
        reader.check(ignored)
        (place.path / "SEGMENT-0002.tar").write_bytes(b"")
        with pytest.raises(DamagedExportError):
            list(reader.read(piece_of(BODIES[-1]).name))


class TestFolders:
    def test_a_segment_is_a_tar_file_that_others_can_read(self, place: Place) -> None:
        written(place)
        found: dict[str, bytes] = {}
        for path in sorted(place.path.glob("SEGMENT-*.tar")):
            with tarfile.open(path, "r:") as segment:
                for member in segment:
                    file = segment.extractfile(member)
                    assert file is not None
                    found[member.name] = file.read()
        told = found.pop("segment.json")
        assert b'"number":2,"of":2' in told
        assert found == {piece_of(body).name: body for body in BODIES}

    @pytest.mark.parametrize("size", [8 * 2**30 - 1, 8 * 2**30, 10**13])
    def test_a_piece_of_any_size_has_one_header_that_others_can_read(
        self, size: int
    ) -> None:
        name = f"sha256/{'a' * 64}"
        file = BytesIO()
        # So many bytes are not at hand: what was written by then is the header.
        with pytest.raises(MalformedError, match="fewer"):
            write_members(file, [(Piece(name, size, None), iter([b"begun"]))])
        assert len(file.getvalue()) == tarfile.BLOCKSIZE + len(b"begun")
        file.seek(0)
        found = tarfile.open(fileobj=file).next()  # noqa: SIM115 - it is no file
        assert found is not None
        assert (found.name, found.size) == (name, size)
        file.seek(0)
        with pytest.raises(DamagedExportError, match="it is cut"):
            next(read_members("SEGMENT-0001.tar", file, 10**14, ""))

    def test_what_a_system_leaves_in_a_folder_is_no_hindrance(
        self, place: Place
    ) -> None:
        place.path.mkdir()
        (place.path / ".DS_Store").write_bytes(b"")
        written(place)
        place.read().check(ignored)

    def test_a_disk_that_is_full_is_told(self, place: Place) -> None:
        place.path.mkdir()
        (place.path / "SEGMENT-0001.tar").symlink_to("/dev/full")
        writer = FolderExportWriter(place.path)
        with pytest.raises(StoreFullError, match="No space left"):
            writer.write(EXPORT, 1, 1, outgoing(*BODIES))

    def test_a_newer_form_is_told_as_such(self, place: Place) -> None:
        written(place)
        path = place.path / "export.json"
        summed = path.read_bytes()[:-75].replace(b'"format":1', b'"format":2')
        sum_of = sha256(summed).hexdigest()
        path.write_bytes(summed + f',"sum":"{sum_of}"}}\n'.encode())
        with pytest.raises(DamagedExportError, match="newer version"):
            place.read().export()

    @pytest.mark.parametrize(
        "summed", [b"[1", b'{"format":1', b'{"format":1,"x":"\xff"']
    )
    def test_what_is_no_export_is_told(self, place: Place, summed: bytes) -> None:
        place.path.mkdir()
        sum_of = sha256(summed).hexdigest()
        path = place.path / "export.json"
        path.write_bytes(summed + f',"sum":"{sum_of}"}}\n'.encode())
        with pytest.raises(DamagedExportError):
            place.read().export()
