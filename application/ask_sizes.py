"""Asking a registry for sizes: many releases at a time, and only for so long."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from math import inf
from queue import Empty, SimpleQueue
from threading import Event, Lock, Thread

from domain.bottle import Bottle, Digest
from ports.bottle_source import BottleSource
from ports.clock import Clock
from ports.errors import UnavailableError
from ports.progress import Progress

_SILENT = 3
"""After so many questions in a row that nobody answers, nothing more is asked."""


@dataclass(frozen=True, slots=True)
class AskSizes:
    """Asks for the sizes of bottles, release by release.

    Attributes:
        jobs: How many releases are asked about at a time.
    """

    source: BottleSource
    clock: Clock
    progress: Progress
    jobs: int

    def __call__(
        self, bottles: Iterable[Bottle], seconds: float
    ) -> Mapping[Digest, int]:
        """Return what the registry tells of ``bottles`` within ``seconds``.

        When time is up, or nobody answers any more, what was told until then is
        returned at once: nobody waits for answers that are still on their way.
        """
        releases = [tuple(group) for _, group in groupby(sorted(bottles), _release)]
        errand = _Errand(self.source, self.clock, releases, seconds)
        sizes: dict[Digest, int] = {}
        # One thread first: a registry out of reach is noticed by one attempt.
        errand.send(1)
        for answered, answer in enumerate(errand.answers(), start=1):
            if answered == 1:
                errand.send(min(self.jobs, len(releases)) - 1)
            sizes.update(answer)
            self.progress.counted("releases asked for sizes", answered, len(releases))
        errand.end()
        if errand.gave_up is not None:
            self.progress.note(f"sizes are not known: {errand.gave_up}")
        elif errand.is_late:
            self.progress.note(
                f"some sizes are not known: {seconds:.0f} s were not enough to ask for"
                f" those of {len(releases):,} releases"
            )
        return sizes


class _Errand:
    """Threads that ask, each of them one question after another.

    They are daemons, and nobody joins them: one that waits for an answer when the
    errand ends holds nobody up, and asks nothing more.

    Attributes:
        gave_up: The failure that ended it before its time.
    """

    def __init__(
        self,
        source: BottleSource,
        clock: Clock,
        releases: Iterable[tuple[Bottle, ...]],
        seconds: float,
    ) -> None:
        self.gave_up: UnavailableError | None = None
        self._source = source
        self._clock = clock
        self._deadline = clock.monotonic() + seconds
        self._over = Event()
        self._questions: SimpleQueue[tuple[Bottle, ...]] = SimpleQueue()
        for release in releases:
            self._questions.put(release)
        self._answers: SimpleQueue[Mapping[Digest, int] | None] = SimpleQueue()
        self._asking = 0
        self._answered = False
        self._silent = 0
        self._lock = Lock()

    @property
    def is_late(self) -> bool:
        """Whether its time is up, and an answer or a question is left over."""
        left_over = self._asking > 0 or not self._questions.empty()
        return left_over and self._seconds_left() == 0.0

    def send(self, threads: int) -> None:
        """Let so many more threads ask."""
        for _ in range(threads):
            self._asking += 1
            Thread(target=self._ask, name="sizes", daemon=True).start()

    def end(self) -> None:
        """Ask nothing more."""
        self._over.set()

    def answers(self) -> Iterator[Mapping[Digest, int]]:
        """Yield what is told until nobody asks any more, or time is up."""
        while self._asking:
            left = 0.0 if self._over.is_set() else self._seconds_left()
            try:
                answer = self._answers.get(timeout=None if left == inf else left)
            except Empty:
                return
            if answer is None:
                self._asking -= 1
            else:
                yield answer

    def _ask(self) -> None:
        try:
            while (release := self._next()) is not None:
                try:
                    answer = self._source.sizes(release)
                except UnavailableError as error:
                    self._judge(error)
                else:
                    self._judge(None)
                    self._answers.put(answer)
        finally:
            # However it ended: who listens counts those who ask.
            self._answers.put(None)

    def _next(self) -> tuple[Bottle, ...] | None:
        # Who asked on when time is up would be listened to for ever.
        if self._over.is_set() or self._seconds_left() == 0.0:
            return None
        try:
            return self._questions.get_nowait()
        except Empty:
            return None

    def _judge(self, failure: UnavailableError | None) -> None:
        """End the errand when going on is of no use."""
        with self._lock:
            if failure is None:
                self._answered, self._silent = True, 0
                return
            self._silent += 1
            if not self._answered or self._silent == _SILENT:
                self.gave_up = self.gave_up or failure
                self._over.set()

    def _seconds_left(self) -> float:
        return max(0.0, self._deadline - self._clock.monotonic())


def _release(bottle: Bottle) -> tuple[str, str, int]:
    return bottle.name, bottle.pkg_version, bottle.rebuild
