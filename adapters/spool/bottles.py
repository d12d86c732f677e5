"""A bottle source whose large bottles survive the task that fetches them."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Final

from adapters.spool.parts import Part, Parts
from domain.bottle import Bottle, Digest
from ports.bottle_source import BottleSource, BottleStream, ReleaseIndex

_LARGE: Final = 10**9  # bytes


class SpooledBottles(BottleSource):
    """Another source, of whose large bottles what has come once need not come again."""

    def __init__(
        self, source: BottleSource, parts: Parts, *, large: int = _LARGE
    ) -> None:
        """Make the source.

        Args:
            large: Only bottles of more bytes are worth a part.
        """
        self._source = source
        self._parts = parts
        self._large = large

    @contextmanager
    def open(self, bottle: Bottle, start: int = 0) -> Iterator[BottleStream]:
        if start:
            # Whoever has the beginning keeps it somewhere else.
            with self._source.open(bottle, start) as stream:
                yield stream
            return
        with (
            closing(self._parts.part(bottle.digest)) as part,
            self._source.open(bottle, part.kept) as stream,
        ):
            if stream.size <= self._large and stream.start == 0:
                yield stream
                return
            with closing(_whole(part, stream)) as chunks:
                yield BottleStream(stream.size, chunks)

    def sizes(self, bottles: Iterable[Bottle]) -> Mapping[Digest, int]:
        return self._source.sizes(bottles)

    def index(self, release: Bottle) -> ReleaseIndex:
        return self._source.index(release)

    def index_at_hand(self, release: Bottle) -> ReleaseIndex | None:
        return self._source.index_at_hand(release)

    def read_index(self, release: Bottle, body: bytes) -> ReleaseIndex:
        return self._source.read_index(release, body)


def _whole(part: Part, stream: BottleStream) -> Generator[bytes]:
    if stream.start:
        yield from part.read()
    yield from part.added(stream.chunks, stream.start)
