"""A store in a folder: one file an object, its key is its path."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

from adapters.folder.disk import sync_folder
from adapters.folder.errors import translate, translated
from adapters.folder.folder import (
    NO_LINK,
    Folder,
    Known,
    failure,
    link,
    settle,
    stamp_of,
)
from adapters.folder.public_objects import FolderPublicObjects
from adapters.folder.tree import files
from adapters.verified import verified
from domain.bottle import Digest, ObjectKey
from domain.errors import DigestMismatchError
from ports.errors import (
    ConflictError,
    UnavailableError,
)
from ports.store import ObjectInfo, Store, StoredObject

_PIECE = 1024 * 1024  # bytes


class _ReadFile(StoredObject):
    """A file as it was read. Its version is made for those who ask: few replace it."""

    __slots__ = ()

    def __init__(self, body: bytes) -> None:
        object.__setattr__(self, "body", body)

    @property
    def version(self) -> str:
        """The SHA-256 of what was read."""
        return sha256(self.body).hexdigest()


class FolderStore(Store):
    """Objects as files below ``root``, which the first write makes.

    A file is written in ``.incoming``, synced, and given its name by link(2), which
    refuses a name that is taken. So the folder must be one file system that has hard
    links. Threads and processes of one machine may share it. What begins with a
    dot is no object, whoever has put it there.
    """

    def __init__(self, root: Path) -> None:
        self._folder = Folder(root)

    @property
    def requests(self) -> int:
        """How often the folder was asked for something."""
        return self._folder.tally.total

    def share(self, tell: Callable[[Known], None]) -> None:
        """Have ``tell`` told of digests that become known to this process."""
        self._folder.share(tell)

    def hear(self, known: Known) -> None:
        """Know what another process has found out."""
        self._folder.hear(known)

    @property
    def public(self) -> FolderPublicObjects:
        """What clients read of this folder."""
        return FolderPublicObjects(self._folder)

    def get(self, key: ObjectKey) -> StoredObject:
        path, what = self._folder.ask("read", key)
        with translated(what):
            try:
                body = path.read_bytes()
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
                raise self._folder.absent(what) from error
        return _ReadFile(body)

    def create(self, key: ObjectKey, body: bytes) -> None:
        path, what = self._folder.ask("write", key)
        with self._folder.incoming.file(what, (body,)) as new:
            _publish(new, path, what)

    def replace(self, key: ObjectKey, body: bytes, version: str) -> None:
        path, what = self._folder.ask("replace", key)
        with (
            self._folder.incoming.locked(what),
            self._folder.incoming.file(what, (body,)) as new,
        ):
            with translated(what):
                try:
                    found = sha256(path.read_bytes()).hexdigest()
                except (FileNotFoundError, NotADirectoryError) as error:
                    raise ConflictError(what, "it has been removed") from error
                if found != version:
                    raise ConflictError(what, "it has changed since it was read")
                new.replace(path)
            settle(path, what)

    def put(
        self, key: ObjectKey, digest: Digest, size: int, chunks: Iterator[bytes]
    ) -> None:
        path, what = self._folder.ask("write", key)
        with translated(what):
            if _find(path):
                raise _exists(what)
        self._put(path, what, digest, verified(key, digest, size, chunks))

    def rejects(self, key: ObjectKey, digest: Digest, body: bytes) -> bool:
        try:
            self.put(key, digest, len(body), iter((body,)))
        except DigestMismatchError:
            return True
        return False

    def copy(self, source: ObjectKey, target: ObjectKey, digest: Digest) -> None:
        original, what = self._folder.ask("copy", source)
        path = self._folder.path(target)
        stamp, found = self._folder.examine(original, what)
        if found != digest:
            raise DigestMismatchError(source, digest, found)
        try:
            link(original, path)
        except FileExistsError as error:
            self._expect(path, digest, what, error)
        except OSError as error:
            if error.errno not in NO_LINK:
                raise translate(error, what) from error
            pieces = verified(source, digest, stamp.size, self.read(source))
            try:
                self._put(path, what, digest, pieces)
            except ConflictError as conflict:
                self._expect(path, digest, what, conflict)
        else:
            with translated(what):
                if stamp_of(path.stat()) != stamp:
                    path.unlink()
                    raise UnavailableError(what, "it was changed meanwhile")
        settle(path, what)

    def info(self, key: ObjectKey) -> ObjectInfo | None:
        path, what = self._folder.ask("look at", key)
        with translated(what):
            found = _find(path)
            if found is None:
                self._folder.check_root(what)
                return None
        return ObjectInfo(key, found.st_size)

    def read(self, key: ObjectKey) -> Iterator[bytes]:
        path, what = self._folder.ask("read", key)
        with translated(what):
            try:
                file = path.open("rb", buffering=0)
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
                raise self._folder.absent(what) from error
            with file:
                while piece := file.read(_PIECE):
                    yield piece

    def list(self, prefix: str, after: str = "") -> Iterator[ObjectInfo]:
        self._folder.tally.add()
        what = f"list {prefix}* in {self._folder.root}"
        with translated(what):
            self._folder.check_root(what)
            for key, size in files(self._folder.root, prefix, after):
                yield ObjectInfo(ObjectKey(key), size)

    def delete(self, key: ObjectKey) -> None:
        path, what = self._folder.ask("delete", key)
        with translated(what):
            if not _find(path):
                self._folder.check_root(what)
                return
        # Not between the look and the write of one who replaces it.
        with self._folder.incoming.locked(what), translated(what):
            path.unlink(missing_ok=True)
            sync_folder(path.parent)

    def sweep(self, older_than: float) -> int:
        """Remove what writers that were killed have left in ``.incoming``.

        The first write of a process does so by itself, with a day.

        Args:
            older_than: Seconds without a byte, by which a file was left behind and is
                not merely slow to come.

        Returns:
            How many files were removed.
        """
        return self._folder.incoming.sweep(older_than)

    def _put(
        self, path: Path, what: str, digest: Digest, pieces: Iterator[bytes]
    ) -> None:
        with self._folder.incoming.file(what, pieces) as new:
            _publish(new, path, what)
            with translated(what):
                self._folder.remember(new.stat(), digest)

    def _expect(self, path: Path, digest: Digest, what: str, error: Exception) -> None:
        """Check that a file which is there already has the digest."""
        _, found = self._folder.examine(path, what)
        if found != digest:
            raise ConflictError(what, f"{path} holds other bytes: {found}") from error


def _publish(new: Path, path: Path, what: str) -> None:
    """Give a file that is whole its name, unless the name is taken."""
    try:
        link(new, path)
    except FileExistsError as error:
        if path.is_dir():
            raise translate(failure(errno.EISDIR, path), what) from error
        raise _exists(what) from error
    except OSError as error:
        raise translate(error, what) from error
    settle(path, what)


def _exists(what: str) -> ConflictError:
    return ConflictError(what, "there is an object already")


def _find(path: Path) -> os.stat_result | None:
    """Return what is known of a file, None when there is none."""
    # Path.is_file also says no to who may not look (Python 3.14).
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found if stat.S_ISREG(found.st_mode) else None
