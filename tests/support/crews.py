"""Crews of real processes, for tests of what passes between them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from select import select
from threading import Event
from types import TracebackType
from typing import Any, NamedTuple, Self

from adapters.memory.progress import RecordingProgress
from adapters.processes.crew import ForkedCrew
from adapters.processes.hand import Hand, Trade
from adapters.processes.lead import Lead
from domain.bottle import Bottle, Digest
from domain.tags import Tag
from domain.work import Load
from ports.progress import TransferProgress

PATIENCE = 30.0  # seconds for what takes a fraction of one
Work = Callable[[Any, Hand], object]


class ReportedBy(NamedTuple):
    """What a hand reports with each task."""

    pid: int


class Steps:
    """What processes that are forked while it is open tell, and wait for."""

    def __enter__(self) -> Self:
        self._read, self._write = os.pipe()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._read)
        os.close(self._write)

    def tell(self, count: int = 1) -> None:
        """Let so many waits end."""
        os.write(self._write, bytes(count))

    def wait(self, count: int = 1) -> None:
        """Return once it was told so often."""
        for _ in range(count):
            assert select([self._read], [], [], PATIENCE)[0], "nobody tells"
            os.read(self._read, 1)


def load(name: str = "jq", tag: str = "arm64_sonoma") -> Load:
    """Return a load of one bottle."""
    digest = Digest(f"{len(name):064x}")
    return Load(digest, 10, (Bottle(name, "1.0", 0, Tag(tag), digest),))


def nobody(_: object) -> None:
    """Hear, and do nothing."""


def lead_with(
    hear: Callable[[object], None] = nobody,
    heed: Callable[[object], None] = nobody,
    progress: TransferProgress | None = None,
) -> Lead[Any, Any]:
    """Return what leads a crew whose tasks and results pass as they are."""
    return Lead(
        hand_over=lambda task: task,
        take_back=lambda _, result: result,
        hear=hear,
        heed=heed,
        progress=progress or RecordingProgress(),
    )


@contextmanager
def crew_for(
    work: Work,
    *,
    processes: int = 2,
    threads: int = 2,
    stop: Event | None = None,
    progress: TransferProgress | None = None,
    hear: Callable[[object], None] = nobody,
    reported: Callable[[object], None] = nobody,
    heeded: Callable[[object], None] = nobody,
) -> Iterator[ForkedCrew[Any, Any]]:
    """Yield a crew whose hands do ``work`` with what they are given."""

    def learned(hand: Hand) -> Trade:
        return Trade(
            lambda task: work(task, hand), lambda: ReportedBy(os.getpid()), hear
        )

    lead = lead_with(
        hear=reported, heed=heeded, progress=progress or RecordingProgress()
    )
    with ForkedCrew(
        learned, lead, processes=processes, threads=threads, stop=stop or Event()
    ) as crew:
        yield crew


def all_ended(crew: ForkedCrew[Any, Any]) -> list[Future[Any]]:
    """Return all that the crew has begun, when all of it has ended."""
    ended: list[Future[Any]] = []
    until_ = time.monotonic() + PATIENCE
    while crew.busy:
        assert time.monotonic() < until_
        ended += crew.ended(1.0)
    return ended


def results(crew: ForkedCrew[Any, Any]) -> list[Any]:
    """Return the results of all that the crew has begun."""
    return [future.result() for future in all_ended(crew)]
