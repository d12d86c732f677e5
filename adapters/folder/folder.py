"""One folder: what its store and its public objects share."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from hashlib import file_digest
from pathlib import Path
from typing import NamedTuple, TypeAlias

from adapters.folder.disk import make_folder, sync_folder
from adapters.folder.errors import translate, translated
from adapters.folder.incoming import Incoming
from adapters.folder.tree import is_hidden
from adapters.object_keys import check_key
from adapters.tally import Tally
from domain.bottle import Digest, ObjectKey
from ports.errors import NotFoundError, OutcomeUnknownError, RefusedError

# A file can have no second name here: another file system, too many names already,
# somebody else's file (Linux, fs.protected_hardlinks), no hard links at all.
NO_LINK = {errno.EXDEV, errno.EMLINK, errno.EPERM, errno.ENOTSUP, errno.ENOSYS}


class Stamp(NamedTuple):
    """What tells a file from every other, and from itself with other bytes."""

    device: int
    inode: int
    size: int
    changed: int

    @property
    def packed(self) -> bytes:
        """The same in half of the memory: there is one for every file."""
        return b"%d %d %d %d" % self


Known: TypeAlias = "tuple[bytes, Digest]"
"""What a file is, and the digest of what is in it."""


class Folder:
    """Where the objects are.

    Attributes:
        root: The folder itself.
        incoming: Where files wait until they are whole.
        tally: Counts how often the folder was asked for something.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.incoming = Incoming(root)
        self.tally = Tally()
        # The digests of files that this process has written or read itself, so that
        # one with many names is hashed once. About 200 bytes each.
        self._known: dict[bytes, Digest] = {}
        self._tell: Callable[[Known], None] = lambda _: None

    def ask(self, verb: str, key: ObjectKey) -> tuple[Path, str]:
        """Count one request; return the path of its object and what is wanted."""
        self.tally.add()
        return self.path(key), f"{verb} {key} in {self.root}"

    def path(self, key: ObjectKey) -> Path:
        """Return the file of an object.

        Raises:
            RefusedError: It would leave the folder, or is not the mirror's.
        """
        check_key(key)
        if is_hidden(key):
            raise RefusedError(
                f"object key {key!r}",
                "what begins with a dot is the store's own, or the system's",
            )
        return self.root / key

    def remember(self, found: os.stat_result, digest: Digest) -> None:
        """Take note of the digest of a file that was ``found`` so."""
        self._remember(stamp_of(found).packed, digest)

    def share(self, tell: Callable[[Known], None]) -> None:
        """Have ``tell`` told of what becomes known here."""
        self._tell = tell

    def hear(self, known: Known) -> None:
        """Know what another process has found out of a file."""
        stamp, digest = known
        self._known[stamp] = digest

    def _remember(self, stamp: bytes, digest: Digest) -> None:
        self._known[stamp] = digest
        self._tell((stamp, digest))

    def examine(self, path: Path, what: str) -> tuple[Stamp, Digest]:
        """Return what a file is and what its bytes hash to, reading them if need be.

        Raises:
            NotFoundError: There is none.
        """
        with translated(what):
            try:
                file = path.open("rb", buffering=0)
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
                raise self.absent(what) from error
            with file:
                stamp = stamp_of(os.fstat(file.fileno()))
                digest = self._known.get(stamp.packed)
                if digest is None:
                    digest = Digest(file_digest(file, "sha256").hexdigest())
                    self._remember(stamp.packed, digest)
        return stamp, digest

    def absent(self, what: str) -> NotFoundError:
        """Return what it is that there is no object."""
        self.check_root(what)
        return NotFoundError(what, "there is no such object")

    def check_root(self, what: str) -> None:
        """Check that the folder is one, if it is there at all.

        Raises:
            RefusedError: It is a file.
        """
        if self.root.is_file():
            raise translate(failure(errno.ENOTDIR, self.root), what)


def stamp_of(found: os.stat_result) -> Stamp:
    """Return what tells a file from every other."""
    return Stamp(found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns)


def link(file: Path, path: Path) -> None:
    """Give a file one more name, which is free.

    Raises:
        OSError: The name is taken, or the file can have no second one.
    """
    try:
        path.hardlink_to(file)
    except FileNotFoundError:
        make_folder(path.parent)
        path.hardlink_to(file)


def settle(path: Path, what: str) -> None:
    """Make a new name outlive a crash of the machine.

    Raises:
        OutcomeUnknownError: Perhaps it does not.
    """
    try:
        sync_folder(path.parent)
    except OSError as error:
        raise OutcomeUnknownError(
            what, f"it is there, but perhaps not on the disk: {error.strerror}"
        ) from error


def failure(code: int, path: Path) -> OSError:
    """Return the failure that a system call would have told of ``path``."""
    return OSError(code, os.strerror(code), str(path))
