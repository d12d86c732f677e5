"""What clients read of a folder: files that a web server serves as they are."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from adapters.folder.disk import make_folder, sync_folder
from adapters.folder.errors import translate, translated
from adapters.folder.folder import NO_LINK, Folder, Stamp, stamp_of
from adapters.verified import verified
from domain.bottle import Digest, ObjectKey
from domain.errors import DigestMismatchError
from ports.errors import UnavailableError
from ports.public_objects import PublicObjects

_PIECE = 1024 * 1024  # bytes


class FolderPublicObjects(PublicObjects):
    """Files that are moved over those which were there before, in one step.

    A web server tells the media type by the file's name, and gives the twin that ends
    in ``.gz`` to those who take gzip.
    """

    def __init__(self, folder: Folder) -> None:
        self._folder = folder

    def write(
        self,
        key: ObjectKey,
        body: bytes,
        media_type: str,  # noqa: ARG002 - a file has none
        *,
        compressed: bool = False,
    ) -> None:
        path, what = self._folder.ask("write", key)
        incoming = self._folder.incoming
        with translated(what):
            make_folder(path.parent)
        if compressed:
            packed = gzip.compress(body, mtime=0)
            with incoming.file(what, (packed,)) as new, translated(what):
                new.replace(_twin(path))
        with incoming.file(what, (body,)) as new, translated(what):
            new.replace(path)
            if not compressed:
                _twin(path).unlink(missing_ok=True)
            sync_folder(path.parent)

    def read(self, key: ObjectKey) -> bytes:
        path, what = self._folder.ask("read", key)
        with translated(what):
            try:
                return path.read_bytes()
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
                raise self._folder.absent(what) from error

    def pieces(self, key: ObjectKey) -> Iterator[bytes]:
        path, what = self._folder.ask("read", key)
        if not path.is_file():
            raise self._folder.absent(what)
        yield from _pieces(path, what)

    def expose(self, source: ObjectKey, target: ObjectKey, digest: Digest) -> None:
        original, what = self._folder.ask("expose", source)
        path = self._folder.path(target)
        if self._has(path, digest, what):
            return
        stamp, found = self._folder.examine(original, what)
        if found != digest:
            raise DigestMismatchError(source, digest, found)
        with ExitStack() as opened, translated(what):
            new = self._like(original, source, stamp, digest, what, opened)
            if stamp_of(original.stat()) != stamp:
                raise UnavailableError(what, "it was changed meanwhile")
            make_folder(path.parent)
            new.replace(path)
            _twin(path).unlink(missing_ok=True)
            sync_folder(path.parent)

    def copy(self, source: ObjectKey, target: ObjectKey) -> None:
        original, what = self._folder.ask("copy", source)
        if not original.is_file():
            raise self._folder.absent(what)
        path = self._folder.path(target)
        with translated(what):
            make_folder(path.parent)
        # Files of their own, not further names: they are as old as this copy.
        has_twin = _twin(original).is_file()
        if has_twin:
            self._move(_pieces(_twin(original), what), _twin(path), what)
        self._move(_pieces(original, what), path, what)
        with translated(what):
            if not has_twin:
                _twin(path).unlink(missing_ok=True)
            sync_folder(path.parent)

    def remove(self, key: ObjectKey) -> None:
        path, what = self._folder.ask("remove", key)
        with translated(what):
            self._folder.check_root(what)
            if not path.parent.is_dir():
                return
            path.unlink(missing_ok=True)
            _twin(path).unlink(missing_ok=True)
            sync_folder(path.parent)

    def _move(self, pieces: Iterator[bytes], path: Path, what: str) -> None:
        """Let a new file with these bytes take a name."""
        with self._folder.incoming.file(what, pieces) as new, translated(what):
            new.replace(path)

    def _has(self, path: Path, digest: Digest, what: str) -> bool:
        if not path.is_file():
            return False
        _, found = self._folder.examine(path, what)
        return found == digest

    def _like(
        self,
        original: Path,
        source: ObjectKey,
        stamp: Stamp,
        digest: Digest,
        what: str,
        opened: ExitStack,
    ) -> Path:
        """Return a file with the bytes of another, to be given its name."""
        incoming = self._folder.incoming
        try:
            return opened.enter_context(incoming.link(original))
        except OSError as error:
            if error.errno not in NO_LINK:
                raise translate(error, what) from error
        pieces = verified(source, digest, stamp.size, _pieces(original, what))
        return opened.enter_context(incoming.file(what, pieces))


def _twin(path: Path) -> Path:
    """Return where a file lies once more, compressed."""
    return path.with_name(f"{path.name}.gz")


def _pieces(path: Path, what: str) -> Iterator[bytes]:
    with translated(what), path.open("rb", buffering=0) as file:
        while piece := file.read(_PIECE):
            yield piece
