"""What a hand tells of its loads, on its way to the process that leads."""

from __future__ import annotations

import time
from collections.abc import Callable
from threading import local
from typing import Final

from adapters.processes.messages import Heard, News, Sentence
from domain.work import Load
from ports.errors import PortError
from ports.progress import TransferProgress

_EVERY: Final = 0.2  # seconds between two messages of how a load comes on


class Relay(TransferProgress):
    """Sends on what it is told: what little there is to tell with the task's end."""

    def __init__(self, send: Callable[[object], None]) -> None:
        self._send = send
        self._here = _Here()

    def begin(self, number: int) -> None:
        """Be told of this task by this thread from now on."""
        here = self._here
        here.number, here.heard, here.passed = number, [], 0
        here.told = time.monotonic()

    def taken(self) -> tuple[Heard, ...]:
        """Return what has not been sent yet, once."""
        here = self._here
        if here.passed:
            here.heard.append(("advanced", here.passed))
        heard, here.heard, here.passed = tuple(here.heard), [], 0
        return heard

    def note(self, sentence: str) -> None:
        self._send(Sentence(sentence, is_warning=False))

    def warn(self, sentence: str) -> None:
        self._send(Sentence(sentence, is_warning=True))

    def started(self, load: Load, size: int) -> None:  # noqa: ARG002 - the one at hand
        self._here.heard.append(("started", size))

    def advanced(self, load: Load, count: int) -> None:  # noqa: ARG002
        here = self._here
        here.passed += count
        now = time.monotonic()
        if now - here.told >= _EVERY:
            here.told = now
            self._send(News(here.number, self.taken()))

    def finished(self, load: Load, failure: PortError | None) -> None:  # noqa: ARG002
        here = self._here
        here.heard += [("advanced", here.passed), ("finished", failure)]
        here.passed = 0


class _Here(local):
    """What one thread knows of its own task."""

    def __init__(self) -> None:
        self.number = 0
        self.heard: list[Heard] = []
        self.passed = 0
        self.told = 0.0
