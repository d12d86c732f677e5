"""A bottle source in memory, which fails where it is told to."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from threading import Lock

from domain.bottle import Bottle, Digest
from domain.generations import ReleaseKey, release_key
from domain.tags import Tag
from ports.bottle_source import BottleSource, BottleStream, ReleaseIndex
from ports.errors import (
    MalformedError,
    NotFoundError,
    PortError,
    UnavailableError,
)

_CHUNK = 64 * 1024  # bytes


class MemoryBottleSource(BottleSource):
    """Holds bytes under digests, also ones that are not theirs.

    Attributes:
        contents: The bytes by digest.
        reachable: False to have nobody answer.
        opened: How often each digest was opened.
        indexes: What the index of each release names, once it has one.
        asked: How often each release's index was asked for.
    """

    def __init__(self, contents: Mapping[Digest, bytes] | None = None) -> None:
        self.contents: dict[Digest, bytes] = dict(contents or {})
        self.reachable = True
        self.opened: Counter[Digest] = Counter()
        self.indexes: dict[ReleaseKey, dict[Tag, Digest]] = {}
        self.asked: Counter[ReleaseKey] = Counter()
        self._read: dict[ReleaseKey, ReleaseIndex] = {}
        self._failures: dict[Digest, tuple[PortError, int | None]] = {}
        self._lock = Lock()

    def add(self, content: bytes) -> Digest:
        """Hold ``content`` and return its digest."""
        digest = Digest(hashlib.sha256(content).hexdigest())
        self.contents[digest] = content
        return digest

    def publish(self, bottles: Iterable[Bottle]) -> None:
        """Name ``bottles`` in the indexes of their releases from now on."""
        for bottle in bottles:
            named = self.indexes.setdefault(_release(bottle), {})
            named[bottle.tag] = bottle.digest

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
        asked = tuple(bottles)
        for release in asked[:1]:
            with suppress(NotFoundError):
                self._read[_release(release)] = self._ask(release)
        return {
            bottle.digest: len(self.contents[bottle.digest])
            for bottle in asked
            if bottle.digest in self.contents
        }

    def index(self, release: Bottle) -> ReleaseIndex:
        return self.index_at_hand(release) or self._ask(release)

    def index_at_hand(self, release: Bottle) -> ReleaseIndex | None:
        return self._read.pop(_release(release), None)

    def read_index(self, release: Bottle, body: bytes) -> ReleaseIndex:
        try:
            named = json.loads(body)
        except ValueError as error:
            raise MalformedError(release.key, "not JSON") from error
        return ReleaseIndex(body, {Tag(t): Digest(named[t]) for t in named})

    def _ask(self, release: Bottle) -> ReleaseIndex:
        self._reach(f"the index of {release.key}")
        with self._lock:
            self.asked[_release(release)] += 1
        named = self.indexes.get(_release(release))
        if named is None:
            raise NotFoundError(release.key, "no such index")
        return self.read_index(release, json.dumps(named, sort_keys=True).encode())

    def _found(self, bottle: Bottle) -> bytes:
        self._reach(bottle.key)
        content = self.contents.get(bottle.digest)
        if content is None:
            raise NotFoundError(bottle.key, "no such blob")
        return content

    def _reach(self, what: str) -> None:
        if not self.reachable:
            raise UnavailableError(what, "the registry does not answer")


def _release(bottle: Bottle) -> ReleaseKey:
    return release_key(bottle.name, bottle.pkg_version, bottle.rebuild)


def _chunks(
    content: bytes, start: int, error: PortError | None, after: int | None
) -> Generator[bytes]:
    stop = len(content) if after is None else min(after, len(content))
    for at in range(start, stop, _CHUNK):
        yield content[at : min(at + _CHUNK, stop)]
    if error is not None:
        raise error
