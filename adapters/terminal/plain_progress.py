"""Progress in plain lines: for logs, pipes, and whoever reads them later."""

from __future__ import annotations

from contextlib import suppress
from threading import Event, Lock, Thread
from typing import TextIO

from adapters.board import Board, View
from adapters.terminal.words import (
    counted,
    spelt_bytes,
    spelt_left,
    spelt_rate,
    spelt_took,
)
from domain.plan import SyncPlan
from domain.work import Load, Work
from ports.clock import Clock
from ports.errors import PortError
from ports.progress import Progress

_EVERY = 10.0  # seconds between two lines
_MILESTONES = 4
_NAMED = 3
_FAILURES = 20
"""So many failures are told as they happen; the end tells of all of them."""


class PlainProgress(Progress):
    """Writes a line every ten seconds, and at each quarter of the bottles.

    Attributes:
        verbose: Whether every bottle gets a line.
    """

    def __init__(
        self,
        stream: TextIO,
        clock: Clock,
        *,
        verbose: bool = False,
        every: float = _EVERY,
    ) -> None:
        self._stream = stream
        self._clock = clock
        self._board = Board(clock)
        self._verbose = verbose
        self._every = every
        self._lock = Lock()
        self._over: Event | None = None
        self._told = clock.monotonic()
        self._quarter = 0
        self._failures = 0

    def note(self, sentence: str) -> None:
        self._write(sentence)

    def warn(self, sentence: str) -> None:
        self.note(sentence)

    def counted(self, what: str, done: int, total: int) -> None:
        now = self._clock.monotonic()
        with self._lock:
            due = now - self._told >= self._every
            self._told = now if due else self._told
        if due:
            self._write(f"{done:,} of {total:,} {what}")

    def begin(self, plan: SyncPlan) -> None:
        self.end()
        self._board.begin(plan)
        self._quarter = self._failures = 0
        self._write(first_line(plan.work))
        self._over = Event()
        # Nothing may move for long, and that too is told.
        Thread(target=self._beat, args=(self._over,), daemon=True).start()

    def started(self, load: Load, size: int) -> None:
        self._board.started(load, size)

    def advanced(self, load: Load, count: int) -> None:
        self._board.advanced(load, count)

    def finished(self, load: Load, failure: PortError | None) -> None:
        self._board.finished(load, failed=failure is not None)
        if failure is not None:
            self._failed(load, failure)
        elif self._verbose:
            for bottle in load.bottles:
                self._write(f"mirrored {bottle.key}")
        view = self._board.view()
        if view.all_bottles:
            quarter = _MILESTONES * view.bottles // view.all_bottles
            with self._lock:
                reached = self._quarter < quarter < _MILESTONES
                self._quarter = max(quarter, self._quarter)
            if reached:
                self._write(line(view))

    def end(self) -> None:
        if self._over is not None:
            self._over.set()
            self._over = None
            self._write(last_line(self._board.view()))

    def _beat(self, over: Event) -> None:
        while not over.wait(self._every):
            self._write(line(self._board.view()))

    def _failed(self, load: Load, failure: PortError) -> None:
        with self._lock:
            self._failures += 1
            number = self._failures
        if number <= _FAILURES:
            self._write(f"failed: {load.bottles[0].key}: {failure}")
        elif number == _FAILURES + 1:
            self._write("more bottles fail; they are counted, and listed at the end")

    def _write(self, text: str) -> None:
        # A closed terminal is no reason to end a run.
        with suppress(OSError, ValueError), self._lock:
            self._stream.write(f"{text}\n")
            self._stream.flush()


def first_line(work: Work) -> str:
    """Return what a run is about to do."""
    text = f"to mirror: {counted(work.bottles, 'bottle')}, "
    if not work.unknown_sizes:
        text += spelt_bytes(work.bytes)
    elif work.bytes:
        guessed = counted(work.unknown_sizes, "size")
        text += f"about {spelt_bytes(work.bytes)} ({guessed} estimated)"
    else:
        text += "of sizes not yet known"
    if work.copies:
        text += f"; {counted(work.copies, 'copy', 'copies')} inside the store"
    return text


def line(view: View) -> str:
    """Return how far a run has come."""
    parts = [
        f"{view.bottles:,}/{view.all_bottles:,} bottles",
        spelt_progress(view),
        spelt_rate(view.rate),
    ]
    if view.failed:
        parts.insert(1, f"{view.failed:,} failed")
    if view.seconds_left is not None:
        parts.append(spelt_left(view.seconds_left))
    names = [flight.name for flight in view.in_flight[:_NAMED]]
    if len(view.in_flight) > _NAMED:
        names.append(f"{len(view.in_flight) - _NAMED} more")
    in_flight = f"; in flight: {', '.join(names)}" if names else ""
    return ", ".join(parts) + in_flight


def last_line(view: View) -> str:
    """Return how far a run came."""
    rate = spelt_rate(view.bytes / view.seconds) if view.seconds > 0 else "at once"
    return (
        f"{view.bottles:,}/{view.all_bottles:,} bottles, {spelt_bytes(view.bytes)} in"
        f" {spelt_took(view.seconds)} ({rate})"
    )


def spelt_progress(view: View) -> str:
    """Return the bytes so far, and of how many if that is known."""
    if view.unknown:
        sizes = counted(view.unknown, "size")
        return f"{spelt_bytes(view.bytes)} ({sizes} not yet known)"
    about = "about " if view.guessed else ""
    return f"{spelt_bytes(view.bytes)} of {about}{spelt_bytes(view.all_bytes)}"
