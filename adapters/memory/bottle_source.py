"""A bottle source in memory, which fails where it is told to."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from threading import Lock

from domain.bottle import Bottle, Digest
from ports.bottle_source import BottleSource, BottleStream
from ports.errors import NotFoundError, PortError, UnavailableError

_CHUNK = 64 * 1024  # bytes


class MemoryBottleSource(BottleSource):
    """Holds bytes under digests, also ones that are not theirs.

    Attributes:
        contents: The bytes by digest.
        reachable: False to have nobody answer.
        opened: How often each digest was opened.
    """

    def __init__(self, contents: Mapping[Digest, bytes] | None = None) -> None:
        self.contents: dict[Digest, bytes] = dict(contents or {})
        self.reachable = True
        self.opened: Counter[Digest] = Counter()
        self._failures: dict[Digest, tuple[PortError, int | None]] = {}
        self._lock = Lock()

    def add(self, content: bytes) -> Digest:
        """Hold ``content`` and return its digest."""
        digest = Digest(hashlib.sha256(content).hexdigest())
        self.contents[digest] = content
        return digest

    def fail(self, digest: Digest, error: PortError, after: int | None = None) -> None:
        """Raise ``error`` whenever ``digest`` is asked for.

        Args:
            after: Bytes of it that come before; None when it is not even opened.
        """
        self._failures[digest] = error, after

    def heal(self, digest: Digest) -> None:
        """Let ``digest`` come whole again."""
        self._failures.pop(digest, None)

    @contextmanager
    def open(self, bottle: Bottle, start: int = 0) -> Iterator[BottleStream]:
        with self._lock:
            self.opened[bottle.digest] += 1
        content = self._found(bottle)
        error, after = self._failures.get(bottle.digest, (None, None))
        if error is not None and after is None:
            raise error
        if start >= len(content):
            start = 0
        with closing(_chunks(content, start, error, after)) as chunks:
            yield BottleStream(len(content), chunks, start)

    def sizes(self, bottles: Iterable[Bottle]) -> Mapping[Digest, int]:
        self._reach("the sizes of bottles")
        return {
            bottle.digest: len(self.contents[bottle.digest])
            for bottle in bottles
            if bottle.digest in self.contents
        }

    def _found(self, bottle: Bottle) -> bytes:
        self._reach(bottle.key)
        content = self.contents.get(bottle.digest)
        if content is None:
            raise NotFoundError(bottle.key, "no such blob")
        return content

    def _reach(self, what: str) -> None:
        if not self.reachable:
            raise UnavailableError(what, "the registry does not answer")


def _chunks(
    content: bytes, start: int, error: PortError | None, after: int | None
) -> Generator[bytes]:
    stop = len(content) if after is None else min(after, len(content))
    for at in range(start, stop, _CHUNK):
        yield content[at : min(at + _CHUNK, stop)]
    if error is not None:
        raise error
