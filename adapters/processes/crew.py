"""A crew of processes: an interpreter each, where threads would share one.

Each is a fork that is made before there is anything to do: it has what was imported and
opened, and no connection. It is told of its tasks, and tells how they end; bytes of
bottles never pass between processes. Linux only, where forks are at home.
"""

from __future__ import annotations

import gc
import os
import select
import socket
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from threading import Event
from time import monotonic
from types import TracebackType
from typing import Final, Generic, TypeVar

from adapters.processes.hand import Hand, Trade, live
from adapters.processes.lead import Lead
from adapters.processes.messages import (
    LARGEST,
    Done,
    Drop,
    Heard,
    News,
    Sentence,
    Stop,
    Task,
    Word,
    packed,
    pair,
    unpacked,
)
from domain.generations import release_key
from domain.work import Load
from ports.crew import Crew
from ports.errors import HandLostError

T = TypeVar("T")
R = TypeVar("R")

_GLANCE: Final = 0.25  # seconds between two looks at whether to stop
_GONE: Final = (BrokenPipeError, ConnectionResetError)


@dataclass(slots=True, eq=False)
class _Process:
    """A hand, as the process that leads sees it."""

    pid: int
    tasks: socket.socket
    control: socket.socket
    waiting: deque[bytes] = field(default_factory=deque)
    begun: int = 0


@dataclass(frozen=True, slots=True)
class _Begun(Generic[R]):
    load: Load
    process: _Process
    future: Future[R]


class ForkedCrew(Crew[T, R], Generic[T, R]):
    """Processes of some threads each. Whoever leaves the context lets them go.

    Loads of one release go to one process, which asks for their index once.

    Attributes:
        stop: When it is set here, it is set in every process.
    """

    def __init__(
        self,
        ready: Callable[[Hand], Trade],
        lead: Lead[T, R],
        *,
        processes: int,
        threads: int,
        stop: Event,
    ) -> None:
        """Fork, each process with so many threads.

        Args:
            ready: Is called in each process, and returns what it is to do.

        Raises:
            OSError: The system allows no more processes.
        """
        self.stop = stop
        self._lead = lead
        self._numbers = count()
        self._begun: dict[int, _Begun[R]] = {}
        self._homes: dict[str, _Process] = {}
        self._stopping = False
        self._processes: list[_Process] = []
        self._poll = select.poll()
        # What there is stays as it is, and stays shared.
        gc.freeze()
        try:
            for _ in range(processes):
                self._fork(ready, threads)
        except OSError:
            self._let_all_go()
            raise

    def __enter__(self) -> ForkedCrew[T, R]:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._let_all_go()

    @property
    def busy(self) -> int:
        return len(self._begun)

    def begin(self, load: Load, task: T) -> None:
        number, process = next(self._numbers), self._home(load)
        self._begun[number] = _Begun(load, process, Future())
        process.begun += 1
        process.waiting.append(packed(Task(number, self._lead.hand_over(task))))
        self._hand_out(process)

    def ended(self, patient: float) -> list[Future[R]]:
        until = monotonic() + patient
        while True:
            if self.stop.is_set() and not self._stopping:
                self._stopping = True
                self._tell_all(Stop())
            left = min(max(until - monotonic(), 0.0), _GLANCE)
            ended = self._landed(left)
            if ended or monotonic() >= until:
                return ended

    def tell(self, word: object) -> None:
        """Tell all hands."""
        self._tell_all(Word(word))

    def drop(self) -> None:
        self._tell_all(Drop(next(self._numbers)))

    def _fork(self, ready: Callable[[Hand], Trade], threads: int) -> None:
        ours, theirs = pair()
        our_control, their_control = pair()
        try:
            pid = os.fork()
        except OSError:
            for end in (ours, theirs, our_control, their_control):
                end.close()
            raise
        if pid == 0:
            # What is not theirs: else nobody would see that this process is gone.
            for process in self._processes:
                process.tasks.close()
                process.control.close()
            ours.close()
            our_control.close()
            live(theirs, their_control, ready, threads, self.stop)
        theirs.close()
        their_control.close()
        process = _Process(pid, ours, our_control)
        self._processes.append(process)
        self._poll.register(ours, select.POLLIN)

    def _home(self, load: Load) -> _Process:
        """Return whose a load is: the one who has its release, else who has least."""
        first = load.bottles[0]
        release = release_key(first.name, first.pkg_version, first.rebuild)
        home = self._homes.get(release)
        if home is None or home not in self._processes:
            home = min(self._processes, key=lambda process: process.begun)
            self._homes[release] = home
        return home

    def _hand_out(self, process: _Process) -> None:
        """Send what waits, as far as there is room; the rest goes later."""
        # Who is gone is found by whoever reads from it.
        with suppress(BlockingIOError, *_GONE):
            while process.waiting:
                process.tasks.send(process.waiting[0], socket.MSG_DONTWAIT)
                process.waiting.popleft()

    def _landed(self, seconds: float) -> list[Future[R]]:
        ended: list[Future[R]] = []
        ready = {file for file, _ in self._poll.poll(seconds * 1000)}
        for process in tuple(self._processes):
            if process.tasks.fileno() in ready:
                lost = self._read(process, ended)
                if lost and not ended:
                    self._lose(process)
        return ended

    def _read(self, process: _Process, ended: list[Future[R]]) -> bool:
        """Take all that a process has sent; tell whether it is gone."""
        with suppress(BlockingIOError):
            while True:
                try:
                    body = process.tasks.recv(LARGEST, socket.MSG_DONTWAIT)
                except ConnectionResetError:
                    # It died with tasks unread, which Linux tells of once, and before
                    # what it had sent until then.
                    continue
                if not body:
                    return True
                self._take(process, unpacked(body), ended)
        self._hand_out(process)
        return False

    def _take(self, process: _Process, message: object, ended: list[Future[R]]) -> None:
        match message:
            case Done():
                begun = self._begun.pop(message.number)
                process.begun -= 1
                self._show(begun.load, message.heard)
                if not message.dropped:
                    self._lead.hear(message.report)
                    self._settle(begun, message)
                    ended.append(begun.future)
            case News():
                self._show(self._begun[message.number].load, message.heard)
            case Sentence(text, is_warning):
                progress = self._lead.progress
                (progress.warn if is_warning else progress.note)(text)
            case Word(word):
                self._lead.heed(word)
                self._tell_all(message, but=process)

    def _settle(self, begun: _Begun[R], done: Done) -> None:
        if done.error is not None:
            begun.future.set_exception(done.error)
        else:
            begun.future.set_result(self._lead.take_back(begun.load, done.result))

    def _show(self, load: Load, heard: Iterable[Heard]) -> None:
        progress = self._lead.progress
        for kind, what in heard:
            if kind == "finished":
                progress.finished(load, what if isinstance(what, Exception) else None)
            elif isinstance(what, int):
                (progress.started if kind == "started" else progress.advanced)(
                    load, what
                )

    def _tell_all(self, message: object, but: _Process | None = None) -> None:
        body = packed(message)
        for process in self._processes:
            if process is not but:
                with suppress(*_GONE):
                    process.control.send(body)

    def _lose(self, process: _Process) -> None:
        """Do without a process that is gone.

        Raises:
            HandLostError: Always.
        """
        self._poll.unregister(process.tasks)
        self._processes.remove(process)
        lost = [n for n, begun in self._begun.items() if begun.process is process]
        for number in lost:
            del self._begun[number]
        how = self._let_go(process)
        raise HandLostError(
            f"process {process.pid}, which transferred bottles",
            f"{how} with {len(lost)} of them on their way; what was recorded stays,"
            " and the next run fetches the rest",
        )

    def _let_all_go(self) -> None:
        """Let everybody go: who is still at work is cut short."""
        for process in self._processes:
            self._let_go(process)
        self._processes.clear()

    def _let_go(self, process: _Process) -> str:
        """Let a process go, and return how it ended."""
        process.tasks.close()
        process.control.close()
        try:
            _, status = os.waitpid(process.pid, 0)
        except ChildProcessError:
            # Whoever started this process wants to hear of no children.
            return "it ended"
        code = os.waitstatus_to_exitcode(status)
        return f"it was killed by signal {-code}" if code < 0 else f"it ended ({code})"
