"""Asking for many things at a time, and having the answers in order."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import chain, islice
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")

_FEW = 2  # requests that are not worth a thread


def ahead(
    ask: Callable[[T], R], items: Iterable[T], readers: int
) -> Generator[R, None, None]:
    """Yield what ``ask`` answers of each item; some are asked for before their turn.

    Args:
        readers: How many are asked for at a time; twice as many answers wait at most.
            With 1 there are no threads.
    """
    rest = iter(items)
    first = list(islice(rest, _FEW + 1))
    if len(first) <= _FEW or readers == 1:
        yield from map(ask, chain(first, rest))
        return
    pending: deque[Future[R]] = deque()
    pool = ThreadPoolExecutor(readers, thread_name_prefix="read-ahead")
    try:
        for item in chain(first, rest):
            pending.append(pool.submit(ask, item))
            if len(pending) >= 2 * readers:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
