"""Parts of bottles, in a folder that outlives the task that fetched them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from threading import Lock
from typing import Final

from domain.bottle import Digest
from ports.clock import Clock
from ports.errors import UnavailableError
from ports.progress import Progress
from ports.spool import Spool

_BLOCK: Final = 16 * 1024 * 1024  # bytes
_PIECE: Final = 1024 * 1024  # bytes
_NAME: Final = re.compile(r"[0-9a-f]{64}\.part")
# A schedule comes back after a week.
_LEFT_BEHIND: Final = timedelta(days=10)
# A store drops a put that stands still for about 20 s.
_SLOWEST: Final = 5.0  # seconds for one block
# In a folder that others can write to, a name may lead anywhere.
_FLAGS: Final = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC
_CLOSED: Final = -1


class Parts(Spool):
    """A folder of parts, each named by the digest of its bottle.

    Tasks that share the folder need no lock, which a machine could take with it when
    it dies: whoever writes a part writes the same bytes at the same places, nothing
    is ever shortened, and the store proves the whole.
    """

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        progress: Progress,
        *,
        block: int = _BLOCK,
        sync: Callable[[int], None] = os.fsync,
    ) -> None:
        """Make the spool; the folder is made when it is needed.

        Args:
            block: Bytes that are on the disk before more are written.
            sync: Returns when what was written to a file descriptor is on the disk.
        """
        self._folder = folder
        self._progress = progress
        self._given_up = False
        self._lock = Lock()
        self._clock = clock
        self._sync = sync
        self.block = block

    def part(self, digest: Digest) -> Part:
        """Return what is there of a bottle. It must be closed."""
        return Part(self, self._folder / f"{digest}.part")

    @property
    def given_up(self) -> bool:
        """Whether the folder has failed: it is left alone from then on."""
        return self._given_up

    def give_up(self, reason: str) -> None:
        """Leave the folder alone from now on, and tell it once."""
        with self._lock:
            if self._given_up:
                return
            self._given_up = True
        self._progress.note(
            f"the spool {self._folder} is not used any more: {reason};"
            " large bottles that break off will begin anew"
        )

    def settle(self, descriptor: int) -> None:
        """Return when a block is on the disk; give up a disk that takes long."""
        begun = self._clock.monotonic()
        self._sync(descriptor)
        took = self._clock.monotonic() - begun
        if took > _SLOWEST:
            self.give_up(f"{self.block:,} bytes took {took:.0f} s to be on its disk")

    def sweep(self) -> None:
        until = (self._clock.now() - _LEFT_BEHIND).timestamp()
        self._remove(
            lambda path: (
                _NAME.fullmatch(path.name) is not None and path.lstat().st_mtime < until
            )
        )

    def forget(self, digests: Iterable[Digest]) -> None:
        names = {f"{digest}.part" for digest in digests}
        if names:
            self._remove(lambda path: path.name in names)

    def _remove(self, unwanted: Callable[[Path], bool]) -> None:
        # One listing: a name that is not there costs a request on a network.
        try:
            for path in list(self._folder.iterdir()):
                # Others may be removing the same.
                with suppress(FileNotFoundError):
                    if unwanted(path):
                        path.unlink()
        except FileNotFoundError:
            pass
        except OSError as error:
            self.give_up(_said(error))


class Part:
    """What is there of one bottle: read by one stream, which then adds to it.

    A block is begun when all before it is on the disk. However a task ended, its last
    block is therefore all that may not be as it was written, and is left out.

    Attributes:
        kept: How many bytes it begins with that can be used.
    """

    def __init__(self, parts: Parts, path: Path) -> None:
        self._parts = parts
        self._path = path
        self._descriptor = _CLOSED
        self.kept = 0
        if parts.given_up:
            return
        try:
            self._descriptor = os.open(path, _FLAGS)
            length = os.fstat(self._descriptor).st_size
        except FileNotFoundError:
            return
        except OSError as error:
            parts.give_up(_said(error))
            return
        self.kept = max(0, length - 1) // parts.block * parts.block

    def read(self) -> Generator[bytes]:
        """Yield the bytes that are kept.

        Raises:
            UnavailableError: They cannot be read; the part is removed.
        """
        at = 0
        while at < self.kept:
            piece = self._read(at, min(_PIECE, self.kept - at))
            at += len(piece)
            yield piece

    def added(self, chunks: Iterator[bytes], start: int) -> Generator[bytes]:
        """Yield ``chunks``, each when it is in the part.

        Args:
            start: How many bytes of the bottle come before them. When it is less than
                what is kept, that was of no use, and the part begins anew.
        """
        if start < self.kept:
            self._remove()
        at = start
        for chunk in chunks:
            self._add(chunk, at)
            at += len(chunk)
            yield chunk

    def close(self) -> None:
        """Close the file; the part stays."""
        descriptor, self._descriptor = self._descriptor, _CLOSED
        if descriptor != _CLOSED:
            try:
                os.close(descriptor)
            except OSError as error:
                self._parts.give_up(_said(error))

    def _read(self, at: int, size: int) -> bytes:
        try:
            piece = os.pread(self._descriptor, size, at)
        except OSError as error:
            self._remove()
            raise UnavailableError(f"the part {self._path}", _said(error)) from error
        if not piece:
            self._remove()
            raise UnavailableError(f"the part {self._path}", "it has become shorter")
        return piece

    def _add(self, chunk: bytes, at: int) -> None:
        if self._parts.given_up:
            # Never again either: behind a gap nothing may be written.
            return
        try:
            if self._descriptor == _CLOSED:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._descriptor = os.open(self._path, _FLAGS | os.O_CREAT, 0o666)
            rest, block = memoryview(chunk), self._parts.block
            while rest:
                written = os.pwrite(self._descriptor, rest[: block - at % block], at)
                rest, at = rest[written:], at + written
                if at % block == 0:
                    self._parts.settle(self._descriptor)
        except OSError as error:
            self._parts.give_up(_said(error))

    def _remove(self) -> None:
        self.close()
        self.kept = 0
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            self._parts.give_up(_said(error))


def _said(error: OSError) -> str:
    return f"{error.strerror}: {error.filename}" if error.filename else str(error)
