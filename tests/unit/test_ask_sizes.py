"""Asking for sizes, and giving up in time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from math import inf
from threading import Barrier, Event, Lock, Thread, current_thread
from threading import enumerate as threads

import pytest

from adapters.memory.clock import ManualClock
from adapters.memory.progress import RecordingProgress
from application.ask_sizes import AskSizes
from domain.bottle import Bottle
from domain.bottle import Digest as Sha256
from ports.bottle_source import BottleSource, BottleStream, ReleaseIndex
from ports.errors import UnavailableError
from tests.support.catalogs import make_bottle

SIZE = 7


@dataclass
class Registry(BottleSource):
    """Tells every size, once it has done what it was told to do before.

    Attributes:
        asked: The formulae that it was asked about.
    """

    before: Callable[[str], None] = lambda _: None
    asked: list[str] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def open(
        self, bottle: Bottle, start: int = 0
    ) -> AbstractContextManager[BottleStream]:
        raise AssertionError(f"nobody may open {bottle} at {start}")

    def sizes(self, bottles: Iterable[Bottle]) -> Mapping[Sha256, int]:
        release = tuple(bottles)
        with self.lock:
            self.asked.append(release[0].name)
        self.before(release[0].name)
        return {bottle.digest: SIZE for bottle in release}

    def index(self, release: Bottle) -> ReleaseIndex:
        raise AssertionError(f"nobody may ask for the index of {release}")

    def index_at_hand(self, release: Bottle) -> ReleaseIndex | None:
        raise AssertionError(f"nobody may ask for the index of {release}")

    def read_index(self, release: Bottle, body: bytes) -> ReleaseIndex:
        raise AssertionError(f"nobody may read {body!r} of {release}")


@dataclass
class Asking:
    """One who asks a registry about formulae ``f0``, ``f1`` and so on."""

    registry: Registry = field(default_factory=Registry)
    clock: ManualClock = field(default_factory=ManualClock)
    progress: RecordingProgress = field(default_factory=RecordingProgress)

    def __call__(self, count: int, seconds: float = inf, jobs: int = 1) -> set[str]:
        """Return the formulae whose sizes were told."""
        ask = AskSizes(self.registry, self.clock, self.progress, jobs)
        bottles = [make_bottle(f"f{number}") for number in range(count)]
        sizes = ask(reversed(bottles), seconds)
        assert set(sizes.values()) <= {SIZE}
        return {bottle.name for bottle in bottles if bottle.digest in sizes}


@pytest.fixture
def asking() -> Iterator[Asking]:
    yield Asking()
    for thread in threads():
        if thread.name == "sizes":
            thread.join()


class LeapingClock(ManualClock):
    """A clock that is a minute on when a thread looks at it again.

    Attributes:
        leaps_for: The thread.
    """

    leaps_for: Thread | None = None

    def monotonic(self) -> float:
        if self.leaps_for is current_thread():
            self.leaps_for = None
            self.sleep(60)
        return super().monotonic()


def names(count: int) -> set[str]:
    return {f"f{number}" for number in range(count)}


@pytest.mark.parametrize("jobs", [1, 3, 16])
def test_every_release_is_asked_about_once(asking: Asking, jobs: int) -> None:
    assert asking(8, jobs=jobs) == names(8)
    assert sorted(asking.registry.asked) == sorted(names(8))
    assert [done for _, done, _ in asking.progress.counts] == list(range(1, 9))
    assert asking.progress.notes == []


def test_the_bottles_of_a_release_are_asked_about_together(asking: Asking) -> None:
    tags = ("arm64_sonoma", "sonoma")
    bottles = [make_bottle("jq", tag=tag, content=tag) for tag in tags]
    ask = AskSizes(asking.registry, asking.clock, asking.progress, jobs=4)
    assert ask(bottles, inf) == {bottle.digest: SIZE for bottle in bottles}
    assert asking.registry.asked == ["jq"]


def test_several_are_asked_about_at_a_time(asking: Asking) -> None:
    # Three have to meet, or nobody goes on.
    together = Barrier(3)
    asking.registry.before = lambda name: None if name == "f0" else met(together)
    assert asking(7, jobs=3) == names(7)


def met(barrier: Barrier) -> None:
    barrier.wait(timeout=30)


def test_about_nothing_nobody_is_asked(asking: Asking) -> None:
    assert asking(0) == set()
    assert asking.registry.asked == []


def test_when_time_is_up_nothing_more_is_asked_and_what_was_told_is_kept(
    asking: Asking,
) -> None:
    asking.registry.before = lambda _: asking.clock.sleep(10)
    known = asking(10, seconds=35)
    assert asking.registry.asked == ["f0", "f1", "f2", "f3"]
    # The answer to the last one comes when time is up, or a moment later.
    assert names(3) <= known <= names(4)
    assert asking.progress.notes == [
        "some sizes are not known: 35 s were not enough to ask for those of 10 releases"
    ]


def test_without_time_nobody_is_asked(asking: Asking) -> None:
    assert asking(2, seconds=0) == set()
    assert asking.registry.asked == []


def test_nobody_waits_for_an_answer_that_does_not_come(asking: Asking) -> None:
    never, clock = Event(), LeapingClock()

    def before(name: str) -> None:
        if name == "f1":
            never.wait()
        if name == "f4":
            # Not before the answer is there.
            clock.leaps_for = current_thread()

    asking.clock, asking.registry.before = clock, before
    try:
        assert asking(6, seconds=60, jobs=2) == {"f0", "f2", "f3", "f4"}
    finally:
        never.set()
    assert "f5" not in asking.registry.asked


def test_a_registry_out_of_reach_is_asked_once(asking: Asking) -> None:
    asking.registry.before = refuse
    assert asking(20, jobs=4) == set()
    assert asking.registry.asked == ["f0"]
    assert asking.progress.notes == ["sizes are not known: f0: no answer"]


def refuse(name: str) -> None:
    raise UnavailableError(name, "no answer")


def test_one_release_of_which_nobody_tells_keeps_no_other_from_being_known(
    asking: Asking,
) -> None:
    asking.registry.before = lambda name: refuse(name) if name in "f2 f3 f5" else None
    assert asking(8) == names(8) - {"f2", "f3", "f5"}
    assert asking.progress.notes == []


def test_a_registry_that_falls_silent_is_not_asked_on_and_on(asking: Asking) -> None:
    asking.registry.before = lambda name: refuse(name) if name > "f1" else None
    assert asking(10) == names(2)
    assert asking.registry.asked == ["f0", "f1", "f2", "f3", "f4"]
    assert asking.progress.notes == ["sizes are not known: f4: no answer"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_thread_that_breaks_keeps_nobody_waiting(asking: Asking) -> None:
    def broken(name: str) -> None:
        if name == "f1":
            raise RuntimeError(name)

    asking.registry.before = broken
    assert asking(2) == names(1)
