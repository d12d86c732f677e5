"""A store in a folder: one file an object, its key is its path."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from hashlib import file_digest, sha256
from pathlib import Path
from typing import NamedTuple

from adapters.folder.disk import make_folder, sync_folder
from adapters.folder.errors import translate, translated
from adapters.folder.incoming import Incoming
from adapters.folder.tree import files, is_hidden
from adapters.object_keys import check_key
from adapters.tally import Tally
from adapters.verified import verified
from domain.bottle import Digest, ObjectKey
from domain.errors import DigestMismatchError
from ports.errors import (
    ConflictError,
    NotFoundError,
    OutcomeUnknownError,
    RefusedError,
    UnavailableError,
)
from ports.store import ObjectInfo, Store, StoredObject

_PIECE = 1024 * 1024  # bytes
# A file can have no second name here: another file system, too many names already,
# somebody else's file (Linux, fs.protected_hardlinks), no hard links at all.
_NO_LINK = {errno.EXDEV, errno.EMLINK, errno.EPERM, errno.ENOTSUP, errno.ENOSYS}


class _Stamp(NamedTuple):
    """What tells a file from every other, and from itself with other bytes."""

    device: int
    inode: int
    size: int
    changed: int


class FolderStore(Store):
    """Objects as files below ``root``, which the first write makes.

    A file is written in ``.incoming``, synced, and given its name by link(2), which
    refuses a name that is taken. So the folder must be one file system that has hard
    links. Threads and processes of one machine may share it. What begins with a
    dot is no object, whoever has put it there.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._incoming = Incoming(root)
        self._tally = Tally()
        # The digests of files that this process has written or read itself, so that
        # one with many names is hashed once. About 300 bytes each.
        self._known: dict[_Stamp, Digest] = {}

    @property
    def requests(self) -> int:
        """How often the folder was asked for something."""
        return self._tally.total

    def get(self, key: ObjectKey) -> StoredObject:
        path, what = self._ask("read", key)
        with translated(what):
            try:
                body = path.read_bytes()
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
                raise self._absent(what) from error
        return StoredObject(body, sha256(body).hexdigest())

    def create(self, key: ObjectKey, body: bytes) -> None:
        path, what = self._ask("write", key)
        with self._incoming.file(what, (body,)) as new:
            _publish(new, path, what)

    def replace(self, key: ObjectKey, body: bytes, version: str) -> None:
        path, what = self._ask("replace", key)
        with self._incoming.locked(what), self._incoming.file(what, (body,)) as new:
            with translated(what):
                try:
                    found = sha256(path.read_bytes()).hexdigest()
                except (FileNotFoundError, NotADirectoryError) as error:
                    raise ConflictError(what, "it has been removed") from error
                if found != version:
                    raise ConflictError(what, "it has changed since it was read")
                new.replace(path)
            _settle(path, what)

    def put(
        self, key: ObjectKey, digest: Digest, size: int, chunks: Iterator[bytes]
    ) -> None:
        path, what = self._ask("write", key)
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
        original, what = self._ask("copy", source)
        path = self._path(target)
        stamp, found = self._examine(original, what)
        if found != digest:
            raise DigestMismatchError(source, digest, found)
        try:
            _link(original, path)
        except FileExistsError as error:
            self._expect(path, digest, what, error)
        except OSError as error:
            if error.errno not in _NO_LINK:
                raise translate(error, what) from error
            pieces = verified(source, digest, stamp.size, self.read(source))
            try:
                self._put(path, what, digest, pieces)
            except ConflictError as conflict:
                self._expect(path, digest, what, conflict)
        else:
            with translated(what):
                if _stamp(path.stat()) != stamp:
                    path.unlink()
                    raise UnavailableError(what, "it was changed meanwhile")
        _settle(path, what)

    def info(self, key: ObjectKey) -> ObjectInfo | None:
        path, what = self._ask("look at", key)
        with translated(what):
            found = _find(path)
            if found is None:
                self._check_root(what)
                return None
        return ObjectInfo(key, found.st_size)

    def read(self, key: ObjectKey) -> Iterator[bytes]:
        path, what = self._ask("read", key)
        with translated(what):
            try:
                file = path.open("rb", buffering=0)
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
                raise self._absent(what) from error
            with file:
                while piece := file.read(_PIECE):
                    yield piece

    def list(self, prefix: str, after: str = "") -> Iterator[ObjectInfo]:
        self._tally.add()
        what = f"list {prefix}* in {self._root}"
        with translated(what):
            self._check_root(what)
            for key, size in files(self._root, prefix, after):
                yield ObjectInfo(ObjectKey(key), size)

    def delete(self, key: ObjectKey) -> None:
        path, what = self._ask("delete", key)
        with translated(what):
            if not _find(path):
                self._check_root(what)
                return
        # Not between the look and the write of one who replaces it.
        with self._incoming.locked(what), translated(what):
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
        return self._incoming.sweep(older_than)

    def _ask(self, verb: str, key: ObjectKey) -> tuple[Path, str]:
        """Count one request; return the path of its object and what is wanted."""
        self._tally.add()
        return self._path(key), f"{verb} {key} in {self._root}"

    def _path(self, key: ObjectKey) -> Path:
        check_key(key)
        if is_hidden(key):
            raise RefusedError(
                f"object key {key!r}",
                "what begins with a dot is the store's own, or the system's",
            )
        return self._root / key

    def _put(
        self, path: Path, what: str, digest: Digest, pieces: Iterator[bytes]
    ) -> None:
        with self._incoming.file(what, pieces) as new:
            _publish(new, path, what)
            with translated(what):
                self._known[_stamp(new.stat())] = digest

    def _examine(self, path: Path, what: str) -> tuple[_Stamp, Digest]:
        """Return what a file is and what its bytes hash to, reading them if need be."""
        with translated(what):
            try:
                file = path.open("rb", buffering=0)
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
                raise self._absent(what) from error
            with file:
                stamp = _stamp(os.fstat(file.fileno()))
                if stamp not in self._known:
                    found = Digest(file_digest(file, "sha256").hexdigest())
                    self._known[stamp] = found
        return stamp, self._known[stamp]

    def _expect(self, path: Path, digest: Digest, what: str, error: Exception) -> None:
        """Check that a file which is there already has the digest."""
        _, found = self._examine(path, what)
        if found != digest:
            raise ConflictError(what, f"{path} holds other bytes: {found}") from error

    def _absent(self, what: str) -> NotFoundError:
        self._check_root(what)
        return NotFoundError(what, "there is no such object")

    def _check_root(self, what: str) -> None:
        """Check that the folder is one, if it is there at all.

        Raises:
            RefusedError: It is a file.
        """
        if self._root.is_file():
            raise translate(_failure(errno.ENOTDIR, self._root), what)


def _publish(new: Path, path: Path, what: str) -> None:
    """Give a file that is whole its name, unless the name is taken."""
    try:
        _link(new, path)
    except FileExistsError as error:
        if path.is_dir():
            raise translate(_failure(errno.EISDIR, path), what) from error
        raise _exists(what) from error
    except OSError as error:
        raise translate(error, what) from error
    _settle(path, what)


def _link(file: Path, path: Path) -> None:
    try:
        path.hardlink_to(file)
    except FileNotFoundError:
        make_folder(path.parent)
        path.hardlink_to(file)


def _settle(path: Path, what: str) -> None:
    """Make a new name outlive a crash of the machine."""
    try:
        sync_folder(path.parent)
    except OSError as error:
        raise OutcomeUnknownError(
            what, f"it is there, but perhaps not on the disk: {error.strerror}"
        ) from error


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


def _failure(code: int, path: Path) -> OSError:
    return OSError(code, os.strerror(code), str(path))


def _stamp(found: os.stat_result) -> _Stamp:
    return _Stamp(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)
