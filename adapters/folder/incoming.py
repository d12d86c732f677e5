"""Where files wait until they are whole: ``.incoming`` in the store's folder."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock

from adapters.folder.disk import make_folder, sync
from adapters.folder.errors import translated

INCOMING = ".incoming"
_LOCK = "lock"
_ABANDONED = 24 * 60 * 60.0  # seconds without a byte


class Incoming:
    """The files that are being written, and the lock of those who replace one.

    A file in here is never an object. What a killed process leaves is swept away by
    the first write of a later one.
    """

    def __init__(self, root: Path) -> None:
        self._folder = root / INCOMING
        self._sweeping = Lock()
        self._swept = False

    @contextmanager
    def file(self, what: str, pieces: Iterable[bytes]) -> Iterator[Path]:
        """Yield a file with all of ``pieces``, on the disk; it is removed afterwards.

        What ``pieces`` raises comes out unchanged.
        """
        with translated(what):
            path, descriptor = self._open_new()
        try:
            try:
                for piece in pieces:
                    with translated(what):
                        _write(descriptor, piece)
                with translated(what):
                    sync(descriptor)
            finally:
                os.close(descriptor)
            self._sweep_once(path)
            yield path
        finally:
            # One that was moved into place is gone. One that stays is swept later.
            with suppress(OSError):
                path.unlink()

    @contextmanager
    def link(self, original: Path) -> Iterator[Path]:
        """Yield a further name of a file; it is removed afterwards.

        Raises:
            OSError: The file can have none.
        """
        make_folder(self._folder)
        path = self._new_name()
        path.hardlink_to(original)
        try:
            yield path
        finally:
            # Moved over another name of the same file, it stays where it was.
            with suppress(OSError):
                path.unlink()

    @contextmanager
    def locked(self, what: str) -> Iterator[None]:
        """Keep all others, threads and processes, from doing the same."""
        with translated(what):
            make_folder(self._folder)
            descriptor = os.open(
                self._folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666
            )
        try:
            with translated(what):
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            # Closing it gives the lock back.
            os.close(descriptor)

    def sweep(self, older_than: float) -> int:
        """Remove files to which nothing was written for ``older_than`` seconds.

        Returns:
            How many were removed.
        """
        with self.file(f"sweep {self._folder}", ()) as new:
            return self._sweep(new, older_than)

    def _sweep_once(self, path: Path) -> None:
        with self._sweeping:
            if not self._swept:
                self._swept = True
                # What cannot be tidied up is no reason to fail a write.
                with suppress(OSError):
                    self._sweep(path, _ABANDONED)

    def _sweep(self, new: Path, older_than: float) -> int:
        # The age is told by the clock of the file system, which may be another
        # machine's: that of a file written just now.
        until = new.stat().st_mtime - older_than
        swept = 0
        for path in self._folder.iterdir():
            with suppress(OSError):
                if path.name in {new.name, _LOCK}:
                    continue
                found = path.stat()
                # A further name of a file is younger than its bytes.
                begun = found.st_ctime if found.st_nlink > 1 else found.st_mtime
                if begun <= until:
                    path.unlink()
                    swept += 1
        return swept

    def _open_new(self) -> tuple[Path, int]:
        path = self._new_name()
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        try:
            return path, os.open(path, flags, 0o666)
        except FileNotFoundError:
            make_folder(self._folder)
            return path, os.open(path, flags, 0o666)

    def _new_name(self) -> Path:
        return self._folder / secrets.token_hex(16)


def _write(descriptor: int, piece: bytes) -> None:
    rest = memoryview(piece)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
