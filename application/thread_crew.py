"""A crew of threads."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import Generic, TypeVar

from domain.work import Load
from ports.crew import Crew

T = TypeVar("T")
R = TypeVar("R")


class ThreadCrew(Crew[T, R], Generic[T, R]):
    """Threads of this process. Whoever leaves the context waits for all of them."""

    def __init__(self, work: Callable[[T], R], threads: int) -> None:
        self._work = work
        self._pool = ThreadPoolExecutor(threads)
        self._flying: set[Future[R]] = set()
        self._landed: SimpleQueue[Future[R]] = SimpleQueue()

    def __enter__(self) -> ThreadCrew[T, R]:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown()

    @property
    def busy(self) -> int:
        return len(self._flying)

    def begin(self, load: Load, task: T) -> None:  # noqa: ARG002 - they share it all
        future = self._pool.submit(self._work, task)
        self._flying.add(future)
        future.add_done_callback(self._landed.put)

    def ended(self, patient: float) -> list[Future[R]]:
        landed: list[Future[R]] = []
        with suppress(Empty):
            landed.append(self._landed.get(timeout=max(patient, 0.0)))
            while True:
                landed.append(self._landed.get_nowait())
        self._flying.difference_update(landed)
        return [future for future in landed if not future.cancelled()]

    def drop(self) -> None:
        self._flying = {future for future in self._flying if not future.cancel()}
