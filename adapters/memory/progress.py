"""Progress that shows nothing, and progress that remembers what it was told."""

from __future__ import annotations

from threading import Lock

from domain.bottle import BottleKey
from domain.plan import SyncPlan
from domain.work import Load
from ports.errors import PortError
from ports.progress import Progress


class SilentProgress(Progress):
    """Shows nothing."""

    def note(self, sentence: str) -> None:
        pass

    def warn(self, sentence: str) -> None:
        pass

    def counted(self, what: str, done: int, total: int) -> None:
        pass

    def begin(self, plan: SyncPlan) -> None:
        pass

    def started(self, load: Load, size: int) -> None:
        pass

    def advanced(self, load: Load, count: int) -> None:
        pass

    def finished(self, load: Load, failure: PortError | None) -> None:
        pass

    def end(self) -> None:
        pass


class RecordingProgress(SilentProgress):
    """Remembers what it was told, for a test to ask.

    Attributes:
        notes: Every note, in order.
        plans: Every plan that was begun.
        counts: What was counted, how many were done, and of how many.
        passed: The bytes that were shown for each load, by its first bottle.
        done: The first bottle of each load that was finished, and its failure.
        ended: How often the showing was stopped.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self.notes: list[str] = []
        self.warnings: list[str] = []
        self.plans: list[SyncPlan] = []
        self.counts: list[tuple[str, int, int]] = []
        self.passed: dict[BottleKey, int] = {}
        self.done: dict[BottleKey, PortError | None] = {}
        self.ended = 0

    def note(self, sentence: str) -> None:
        with self._lock:
            self.notes.append(sentence)

    def warn(self, sentence: str) -> None:
        with self._lock:
            self.warnings.append(sentence)

    def counted(self, what: str, done: int, total: int) -> None:
        with self._lock:
            self.counts.append((what, done, total))

    def begin(self, plan: SyncPlan) -> None:
        with self._lock:
            self.plans.append(plan)

    def advanced(self, load: Load, count: int) -> None:
        with self._lock:
            key = load.bottles[0].key
            self.passed[key] = self.passed.get(key, 0) + count

    def finished(self, load: Load, failure: PortError | None) -> None:
        with self._lock:
            self.done[load.bottles[0].key] = failure

    def end(self) -> None:
        with self._lock:
            self.ended += 1
