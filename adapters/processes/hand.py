"""A hand: the process that works, as it sees itself."""

from __future__ import annotations

import os
import signal
import socket
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Thread
from typing import Any, Final, NoReturn

from adapters.processes.messages import (
    LARGEST,
    Done,
    Drop,
    Stop,
    Task,
    Word,
    packed,
    unpacked,
)
from adapters.processes.relay import Relay
from domain.errors import MirrorError

_BUG: Final = 70


@dataclass(frozen=True, slots=True)
class Trade:
    """What a hand has learned.

    Attributes:
        work: Does what was handed over. Many threads do so at once.
        report: Returns what the process that leads is to know besides, once.
        hear: Is told what other hands have told by ``Hand.tell``.
    """

    work: Callable[[Any], object]
    report: Callable[[], object]
    hear: Callable[[Any], None]


class Hand:
    """What a trade may tell others.

    Attributes:
        progress: Takes what is told of loads to whom they are from.
    """

    def __init__(self, tasks: socket.socket) -> None:
        self._tasks = tasks
        self.progress: Relay = Relay(self.send)

    def tell(self, word: object) -> None:
        """Tell all other hands."""
        self.send(Word(word))

    def send(self, message: object) -> None:
        """Send a message to the process that leads."""
        self.send_on(packed(message))

    def send_on(self, body: bytes) -> None:
        """Send what is packed already."""
        self._tasks.send(body)


def live(
    tasks: socket.socket,
    control: socket.socket,
    ready: Callable[[Hand], Trade],
    threads: int,
    stop: Event,
) -> NoReturn:
    """Work until the process that leads is gone, or lets go. Never returns.

    Signals are for the process that leads: a terminal sends them to both.
    """
    status = _BUG
    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        hand = Hand(tasks)
        at_work = _AtWork(tasks, hand, ready(hand))
        for _ in range(threads):
            Thread(target=at_work, daemon=True).start()
        _obey(control, at_work, stop)
        status = 0
    except BaseException:  # noqa: BLE001 - whatever it is, nothing of it goes on
        traceback.print_exc(file=sys.stderr)
    finally:
        os._exit(status)


class _AtWork:
    """Takes one task after the other, in each thread that calls it."""

    def __init__(self, tasks: socket.socket, hand: Hand, trade: Trade) -> None:
        self._tasks = tasks
        self._hand = hand
        self._trade = trade
        self._dropped = -1

    def drop(self, number: int) -> None:
        """Leave tasks up to ``number`` that are not begun."""
        self._dropped = number

    def hear(self, word: object) -> None:
        """Hear what another hand has told."""
        self._trade.hear(word)

    def __call__(self) -> None:
        try:
            while body := self._tasks.recv(LARGEST):
                task: Task = unpacked(body)
                self._tell_of(self._done(task))
        except (BrokenPipeError, ConnectionResetError):
            # Nobody leads any more, as the thread that obeys finds out as well.
            return
        except BaseException:  # noqa: BLE001 - a task that ends unheard is waited for
            traceback.print_exc(file=sys.stderr)
            os._exit(_BUG)

    def _tell_of(self, done: Done) -> None:
        try:
            body = packed(done)
        except Exception:  # noqa: BLE001 - a bug: it is raised where it is read
            fault = RuntimeError(traceback.format_exc())
            body = packed(Done(done.number, (), done.report, None, fault))
        self._hand.send_on(body)

    def _done(self, task: Task) -> Done:
        number, relay = task.number, self._hand.progress
        if number <= self._dropped:
            return Done(number, (), None, dropped=True)
        relay.begin(number)
        result: object = None
        failure: BaseException | None = None
        try:
            result = self._trade.work(task.task)
        except MirrorError as error:
            failure = error
        except Exception:  # noqa: BLE001 - a bug: it is raised where it is read
            failure = RuntimeError(traceback.format_exc())
        return Done(number, relay.taken(), self._trade.report(), result, failure)


def _obey(control: socket.socket, at_work: _AtWork, stop: Event) -> None:
    """Do as the process that leads says, until it says nothing any more."""
    while body := control.recv(LARGEST):
        match unpacked(body):
            case Stop():
                stop.set()
            case Drop(number):
                at_work.drop(number)
            case Word(word):
                at_work.hear(word)
