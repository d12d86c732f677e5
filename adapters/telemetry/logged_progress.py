"""Progress as lines of the log, for whoever reads it later or is woken by it."""

from __future__ import annotations

from threading import Event, Lock, Thread
from typing import Final

from adapters.board import Board
from adapters.telemetry.log_lines import LogLines
from domain.plan import SyncPlan
from domain.work import Load
from ports.clock import Clock
from ports.errors import PortError
from ports.progress import Progress

_EVERY: Final = 30.0  # seconds between two lines


class LoggedProgress(Progress):
    """Writes a line each half minute, and one for each bottle that fails."""

    def __init__(self, lines: LogLines, clock: Clock, *, every: float = _EVERY) -> None:
        self._lines = lines
        self._clock = clock
        self._board = Board(clock)
        self._every = every
        self._lock = Lock()
        self._over: Event | None = None
        self._told = clock.monotonic()

    def note(self, sentence: str) -> None:
        self._lines.info(sentence)

    def warn(self, sentence: str) -> None:
        self._lines.warning(sentence)

    def counted(self, what: str, done: int, total: int) -> None:
        now = self._clock.monotonic()
        with self._lock:
            due = now - self._told >= self._every
            self._told = now if due else self._told
        if due:
            self._lines.info(f"{done:,} of {total:,} {what}", done=done, total=total)

    def begin(self, plan: SyncPlan) -> None:
        self.end()
        self._board.begin(plan)
        work = plan.work
        self._lines.info(
            f"to mirror: {work.bottles:,} bottles",
            bottles=work.bottles,
            bytes=work.bytes,
            unknown_sizes=work.unknown_sizes,
            copies=work.copies,
            held=plan.held,
        )
        self._over = Event()
        # Nothing may move for long, and that too is told.
        Thread(target=self._beat, args=(self._over,), daemon=True).start()

    def started(self, load: Load, size: int) -> None:
        self._board.started(load, size)

    def advanced(self, load: Load, count: int) -> None:
        self._board.advanced(load, count)

    def finished(self, load: Load, failure: PortError | None) -> None:
        self._board.finished(load, failed=failure is not None)
        for bottle in load.bottles:
            if failure is None:
                self._lines.debug(
                    f"mirrored {bottle.key}", formula=bottle.name, tag=bottle.tag
                )
            else:
                self._lines.warning(
                    f"failed: {bottle.key}: {failure}",
                    formula=bottle.name,
                    tag=bottle.tag,
                    cause=failure.cause,
                    attempts=failure.attempts,
                )

    def end(self) -> None:
        if self._over is not None:
            self._over.set()
            self._over = None
            self._tell()

    def _beat(self, over: Event) -> None:
        while not over.wait(self._every):
            self._tell()

    def _tell(self) -> None:
        view = self._board.view()
        self._lines.info(
            f"{view.bottles:,} of {view.all_bottles:,} bottles",
            done=view.bottles,
            total=view.all_bottles,
            failed=view.failed,
            bytes=view.bytes,
            bytes_total=view.all_bytes,
            bytes_per_second=round(view.rate),
            in_flight=len(view.in_flight),
        )
