"""Pieces on their way into an export, some of them read before their turn."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, TypeAlias

from domain.bottle import Digest
from domain.export import Piece, content_name
from ports.export_archive import Outgoing

_SMALL: Final = 1024 * 1024
"""Bytes of a piece that is held in memory until its turn comes."""


@dataclass(frozen=True, slots=True)
class Source:
    """A piece, and what gives its bytes."""

    piece: Piece
    read: Callable[[], Iterator[bytes]]


_Read: TypeAlias = tuple[Source, "Future[bytes] | None"]


def small(read: Callable[[], bytes], sha256: str) -> Source:
    """Return the source of what is read as a whole: once for its size, once for it."""
    piece = Piece(content_name(sha256), len(read()), Digest(sha256))
    return Source(piece, lambda: iter((read(),)))


def read_ahead(sources: Iterable[Source], readers: int) -> Generator[Outgoing]:
    """Yield each piece with its bytes: in a bucket, small ones take a round trip each.

    Args:
        readers: How many small ones are asked for at a time; twice as many wait at
            most. With 1 there are no threads.
    """
    if readers == 1:
        for source in sources:
            yield source.piece, source.read()
        return
    pending: deque[_Read] = deque()
    pool = ThreadPoolExecutor(readers, thread_name_prefix="export")
    try:
        for source in sources:
            is_small = source.piece.size <= _SMALL
            pending.append((source, pool.submit(_whole, source) if is_small else None))
            if len(pending) >= 2 * readers:
                yield _given(*pending.popleft())
        while pending:
            yield _given(*pending.popleft())
    finally:
        pool.shutdown(cancel_futures=True)


def _whole(source: Source) -> bytes:
    return b"".join(source.read())


def _given(source: Source, whole: Future[bytes] | None) -> Outgoing:
    return source.piece, source.read() if whole is None else iter((whole.result(),))
