"""A source that counts what it gives, and tasks that share a spool over it."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from itertools import islice
from pathlib import Path

from adapters.memory.clock import ManualClock
from adapters.memory.progress import RecordingProgress
from adapters.spool.bottles import SpooledBottles
from adapters.spool.parts import Parts
from domain.bottle import Bottle, Digest
from ports.bottle_source import BottleSource, BottleStream, ReleaseIndex
from ports.errors import MalformedError, NotFoundError
from tests.support.catalogs import make_bottle

JQ = make_bottle()
IN_MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108
"""A folder whose files are in memory, if there is one: to sync them costs nothing."""


class CountingSource(BottleSource):
    """Gives every bottle the same bytes, in chunks of one size.

    Attributes:
        gives_parts: False to begin at the beginning whatever is asked.
        starts: Where each opening was asked to begin, in order.
        given: Bytes that it has given in all.
    """

    def __init__(self, content: bytes, chunk: int) -> None:
        self.content = content
        self.gives_parts = True
        self.starts: list[int] = []
        self.given = 0
        self._chunk = chunk

    @contextmanager
    def open(self, bottle: Bottle, start: int = 0) -> Iterator[BottleStream]:
        assert bottle == JQ
        self.starts.append(start)
        begins = start if self.gives_parts and start < len(self.content) else 0
        with closing(self._chunks(begins)) as chunks:
            yield BottleStream(len(self.content), chunks, begins)

    def sizes(self, bottles: Iterable[Bottle]) -> Mapping[Digest, int]:
        return {bottle.digest: len(self.content) for bottle in bottles}

    def index(self, release: Bottle) -> ReleaseIndex:
        raise NotFoundError(release.key, "no such index")

    def index_at_hand(self, release: Bottle) -> ReleaseIndex | None:
        raise NotFoundError(release.key, "no such index")

    def read_index(self, release: Bottle, body: bytes) -> ReleaseIndex:
        raise MalformedError(release.key, f"no index: {body!r}")

    def _chunks(self, start: int) -> Generator[bytes]:
        for at in range(start, len(self.content), self._chunk):
            chunk = self.content[at : at + self._chunk]
            self.given += len(chunk)
            yield chunk


class Task:
    """A task that fetches one bottle through a spool, chunk by chunk.

    Attributes:
        came: The bytes so far.
        synced: How long its part was when it was last synced.
        ended: Whether they are all there, or it was killed.
    """

    def __init__(self, source: BottleSource, folder: Path, block: int) -> None:
        self.progress = RecordingProgress()
        self.parts = Parts(
            folder, ManualClock(), self.progress, block=block, sync=self._sync
        )
        self.came = b""
        self.synced = 0
        self.ended = False
        self._stack = ExitStack()
        spooled = SpooledBottles(source, self.parts, large=0)
        self._chunks = self._stack.enter_context(spooled.open(JQ)).chunks

    def fetch(self, chunks: int | None = None) -> None:
        """Fetch so many chunks more, or all that there are."""
        before = len(self.came)
        self.came += b"".join(islice(self._chunks, chunks))
        if chunks is None or len(self.came) == before:
            self.kill()

    def kill(self) -> None:
        """Let it get no further. What it wrote is in the file, as after a SIGKILL."""
        self.ended = True
        self._stack.close()

    def _sync(self, descriptor: int) -> None:
        self.synced = os.fstat(descriptor).st_size


def fetched(source: BottleSource, folder: Path, block: int) -> bytes:
    """Return what a task gets that nobody kills."""
    task = Task(source, folder, block)
    task.fetch()
    assert task.progress.notes == []
    return task.came


def part_in(folder: Path) -> Path:
    """Return where the part is."""
    return folder / f"{JQ.digest}.part"
