"""A folder's objects as a web server would serve them."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from io import FileIO
from pathlib import Path
from typing import Final

from adapters.folder.errors import translated
from adapters.folder.tree import is_hidden
from adapters.object_keys import is_key
from domain.bottle import ObjectKey
from domain.served import media_type
from domain.views import API
from ports.errors import NotFoundError, UnavailableError
from ports.served_objects import ObjectHead, ServedObject, ServedObjects

_PIECE: Final = 256 * 1024  # bytes
_TWIN: Final = ".gz"


class ServedFolder(ServedObjects):
    """The files below ``root``.

    A document of the API has a twin beside it, which is the same as gzip and no
    object of its own.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def open(self, key: ObjectKey, *, compressed: bool) -> ServedFile:
        what = f"serve {key} from {self._root}"
        is_document = key.startswith(API)
        if not is_key(key) or is_hidden(key) or (is_document and key.endswith(_TWIN)):
            raise NotFoundError(what, "there is no such object")
        if compressed and is_document:
            twin = self._opened(f"{key}{_TWIN}", what)
            if twin is not None:
                return ServedFile(twin, key, what, compressed=True)
        file = self._opened(key, what)
        if file is None:
            raise NotFoundError(what, "there is no such object")
        return ServedFile(file, key, what, compressed=False)

    def _opened(self, name: str, what: str) -> FileIO | None:
        with translated(what):
            try:
                file = FileIO(self._root / name)
            except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
                return None
            except OSError as error:
                # Whoever asks chooses the name: what none can have is not there.
                if error.errno == errno.ENAMETOOLONG:
                    return None
                raise
            if stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                return file
            file.close()
            return None


class ServedFile(ServedObject):
    """A file that is open: whatever takes its name, this is what is read."""

    def __init__(
        self, file: FileIO, key: ObjectKey, what: str, *, compressed: bool
    ) -> None:
        self._file = file
        self._what = what
        found = os.fstat(file.fileno())
        # A file that takes the name of another is written beside it: it is another
        # inode, though both may be as large, and as old as the kernel's clock tells.
        version = found.st_ino, found.st_mtime_ns, found.st_size
        self._head = ObjectHead(
            size=found.st_size,
            etag='"{:x}-{:x}-{:x}"'.format(*version),
            modified=datetime.fromtimestamp(int(found.st_mtime), UTC),
            media_type=media_type(key),
            compressed=compressed,
        )

    @property
    def head(self) -> ObjectHead:
        return self._head

    def read(self, start: int, stop: int) -> Iterator[bytes]:
        with translated(self._what):
            self._file.seek(start)
        return self._pieces(start, stop)

    def close(self) -> None:
        self._file.close()

    def _pieces(self, at: int, stop: int) -> Iterator[bytes]:
        while at < stop:
            with translated(self._what):
                piece = self._file.read(min(_PIECE, stop - at))
            if not piece:
                raise UnavailableError(self._what, f"the file ends after {at:,} bytes")
            at += len(piece)
            yield piece
