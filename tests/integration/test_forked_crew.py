"""A crew of real processes: what it is told, what it tells, and how it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Event, get_native_id
from typing import IO, Any, NamedTuple

import pytest

from adapters.memory.progress import RecordingProgress
from adapters.processes.crew import ForkedCrew
from adapters.processes.hand import Hand, Trade
from adapters.processes.lead import Lead
from adapters.processes.messages import LARGEST
from domain.bottle import Bottle, Digest
from domain.tags import Tag
from domain.work import Load
from ports.errors import HandLostError, PortError, UnavailableError
from ports.progress import TransferProgress
from tests.support.command import ROOT, until

PATIENCE = 30.0  # seconds for what takes a fraction of one
Work = Callable[[Any, Hand], object]


class ReportedBy(NamedTuple):
    """What a hand reports with each task."""

    pid: int


def load(name: str = "jq", tag: str = "arm64_sonoma") -> Load:
    digest = Digest(f"{len(name):064x}")
    return Load(digest, 10, (Bottle(name, "1.0", 0, Tag(tag), digest),))


def nobody(_: object) -> None:
    """Hear, and do nothing."""


def lead_with(
    hear: Callable[[object], None] = nobody,
    heed: Callable[[object], None] = nobody,
    progress: TransferProgress | None = None,
) -> Lead[Any, Any]:
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
    return [future.result() for future in all_ended(crew)]


def test_what_its_hands_return_comes_back_from_all_of_them() -> None:
    reports: list[object] = []
    with crew_for(lambda task, _: (task, os.getpid()), reported=reports.append) as crew:
        for number in range(40):
            crew.begin(load(f"formula{number}"), number)

        done = results(crew)

        assert sorted(number for number, _ in done) == list(range(40))
        assert len({pid for _, pid in done} - {os.getpid()}) == 2
        assert Counter(reports) == Counter(ReportedBy(pid) for _, pid in done)


def test_each_hand_has_its_threads() -> None:
    def work(_task: object, _hand: Hand) -> int:
        time.sleep(0.05)
        return get_native_id()

    with crew_for(work, threads=3) as crew:
        for number in range(24):
            crew.begin(load(f"formula{number}"), number)

        assert len(set(results(crew))) == 6


def test_loads_of_one_release_go_to_one_hand() -> None:
    with crew_for(lambda _task, _hand: os.getpid()) as crew:
        for number in range(10):
            crew.begin(load("jq", f"arm64_{number}"), number)
        crew.begin(load("yq"), 10)

        assert len(set(results(crew))) == 2


def test_more_is_taken_than_a_socket_holds() -> None:
    with crew_for(lambda task, _: len(task)) as crew:
        for number in range(300):
            crew.begin(load(f"formula{number}"), b"x" * 20_000)

        assert results(crew) == [20_000] * 300


def test_an_error_comes_back_as_it_was_raised() -> None:
    def work(_task: object, _hand: Hand) -> None:
        raise UnavailableError("ask ghcr.io", "no answer", 3, retry_after=1.5)

    with crew_for(work) as crew:
        crew.begin(load(), None)
        (future,) = all_ended(crew)

    error = future.exception()
    assert isinstance(error, UnavailableError)
    assert str(error) == "ask ghcr.io: no answer (tried 3 times)"
    assert error.retry_after == 1.5


def test_a_bug_comes_back_with_where_it_happened() -> None:
    def work(_task: object, _hand: Hand) -> None:
        raise ZeroDivisionError

    with crew_for(work) as crew:
        crew.begin(load(), None)
        (future,) = all_ended(crew)

        with pytest.raises(RuntimeError, match=r"in work\n.*\nZeroDivisionError"):
            future.result()


def test_progress_is_told_of_the_load_that_it_is_of() -> None:
    def work(size: int, hand: Hand) -> None:
        one = load()
        hand.progress.started(one, size)
        hand.progress.advanced(one, size)
        if size > 1:
            time.sleep(0.3)
            hand.progress.advanced(one, -size)
            hand.progress.finished(one, PortError("a", "b"))
        else:
            hand.progress.finished(one, None)
        hand.progress.warn(f"of {size}")

    told: list[object] = []

    class Told(RecordingProgress):
        def started(self, load: Load, size: int) -> None:
            told.append((load.bottles[0].name, "started", size))

        def advanced(self, load: Load, count: int) -> None:
            told.append((load.bottles[0].name, "advanced", count))

        def finished(self, load: Load, failure: PortError | None) -> None:
            told.append((load.bottles[0].name, "finished", str(failure)))

        def warn(self, sentence: str) -> None:
            told.append(sentence)

    with crew_for(work, progress=Told()) as crew:
        crew.begin(load("small"), 1)
        crew.begin(load("large"), 9)
        all_ended(crew)

    small = [one[1:] for one in told if isinstance(one, tuple) and one[0] == "small"]
    assert small == [("started", 1), ("advanced", 1), ("finished", "None")]
    large = [one[1:] for one in told if isinstance(one, tuple) and one[0] == "large"]
    assert large[0] == ("started", 9)
    assert sum(one[1] for one in large if one[0] == "advanced") == 0
    assert large[-1] == ("finished", "a: b")
    assert {"of 1", "of 9"} <= set(map(str, told))


def test_a_stop_reaches_what_is_under_way() -> None:
    stop = Event()

    def work(_task: object, _hand: Hand) -> bool:
        return stop.wait(PATIENCE)

    with crew_for(work, stop=stop) as crew:
        for number in range(4):
            crew.begin(load(f"formula{number}"), number)
        assert crew.ended(0.1) == []

        stop.set()

        assert results(crew) == [True] * 4


def test_what_is_dropped_never_ends_and_what_was_taken_up_does() -> None:
    def work(_task: object, _hand: Hand) -> int:
        time.sleep(0.5)
        return 1

    with crew_for(work, threads=1) as crew:
        for number in range(20):
            crew.begin(load(f"formula{number}"), number)
        assert crew.ended(0.1) == []

        crew.drop()
        done = len(results(crew))
        assert 2 <= done <= 4
        crew.begin(load(), 20)

        assert results(crew) == [1]


def test_what_one_hand_tells_all_others_and_the_lead_hear() -> None:
    heard: list[object] = []

    def work(name: str, hand: Hand) -> list[object]:
        hand.tell(name)
        deadline = time.monotonic() + PATIENCE
        while not heard and time.monotonic() < deadline:
            time.sleep(0.01)
        return heard

    heeded: list[object] = []
    with crew_for(work, threads=1, hear=heard.append, heeded=heeded.append) as crew:
        crew.begin(load("a"), "a")
        crew.begin(load("b"), "b")

        assert sorted(results(crew)) == [["a"], ["b"]]
    assert sorted(map(str, heeded)) == ["a", "b"]


def test_what_the_process_that_leads_tells_all_hear() -> None:
    heard: list[object] = []

    def work(_task: object, _hand: Hand) -> list[object]:
        deadline = time.monotonic() + PATIENCE
        while not heard and time.monotonic() < deadline:
            time.sleep(0.01)
        return heard

    with crew_for(work, threads=1, hear=heard.append) as crew:
        crew.begin(load("a"), None)
        crew.begin(load("b"), None)

        crew.tell("slow down")

        assert results(crew) == [["slow down"]] * 2


def test_a_hand_that_is_killed_is_told_of_and_the_others_go_on() -> None:
    def work(task: str, _hand: Hand) -> str:
        if task == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(0.3)
        return task

    with crew_for(work) as crew:
        crew.begin(load("a"), "die")
        crew.begin(load("b"), "live")

        with pytest.raises(HandLostError) as lost:
            crew.ended(PATIENCE)

        assert "it was killed by signal 9 with 1 of them on their way" in str(
            lost.value
        )
        assert results(crew) == ["live"]


@pytest.mark.parametrize("result", [lambda: None, b"x" * LARGEST])
def test_a_hand_that_cannot_tell_of_a_task_ends(
    result: object, capfd: pytest.CaptureFixture[str]
) -> None:
    with crew_for(lambda _task, _hand: result) as crew:
        crew.begin(load(), None)

        with pytest.raises(HandLostError, match=r"it ended \(70\)"):
            crew.ended(PATIENCE)

    assert "Traceback" in capfd.readouterr().err


def test_a_hand_that_cannot_begin_ends(capfd: pytest.CaptureFixture[str]) -> None:
    def learned(_hand: Hand) -> Trade:
        raise OSError("no room")

    crew = ForkedCrew(learned, lead_with(), processes=1, threads=1, stop=Event())
    with crew:
        crew.begin(load(), None)
        with pytest.raises(HandLostError, match=r"it ended \(70\)"):
            crew.ended(PATIENCE)

    assert "OSError: no room" in capfd.readouterr().err


def test_where_there_can_be_no_more_processes_none_is_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    forked: list[int] = []

    def fork(really: Callable[[], int] = os.fork) -> int:
        if forked:
            raise BlockingIOError("no more processes")
        forked.append(really())
        return forked[0]

    monkeypatch.setattr(os, "fork", fork)
    with (
        pytest.raises(BlockingIOError, match="no more processes"),
        crew_for(lambda _task, _hand: None),
    ):
        pass

    assert not Path(f"/proc/{forked[0]}").exists()


def test_who_is_let_go_ends_in_the_middle_of_what_it_does() -> None:
    with crew_for(lambda _task, _hand: time.sleep(PATIENCE)) as crew:
        crew.begin(load(), None)
        begun = time.monotonic()

    assert time.monotonic() - begun < PATIENCE / 2


def numbered(lines: IO[str]) -> str:
    """Return what stands before the next space."""
    return "".join(iter(partial(lines.read, 1), " "))


_LEADING = """
import os, time
from threading import Event
from adapters.processes.crew import ForkedCrew
from adapters.processes.hand import Trade
from tests.integration.test_forked_crew import lead_with, load

def learned(hand):
    os.write(1, b'%d ' % os.getpid())
    return Trade(lambda task: time.sleep(60), lambda: None, lambda word: None)

crew = ForkedCrew(learned, lead_with(), processes=2, threads=1, stop=Event())
crew.begin(load("a"), None)
crew.begin(load("b"), None)
crew.ended(60)
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_no_hand_outlives_the_process_that_leads(number: signal.Signals) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _LEADING], cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as leading:
        assert leading.stdout is not None
        hands = [int(numbered(leading.stdout)) for _ in range(2)]
        for hand in hands:
            # A terminal, or a service that is stopped, tells the whole group.
            os.kill(hand, signal.SIGTERM)
            assert Path(f"/proc/{hand}").exists()

        leading.send_signal(number)

        assert leading.wait(PATIENCE) == -number
        # What they write to is open as long as one of them lives.
        assert leading.stdout.read() == ""
        until(lambda: not any(Path(f"/proc/{hand}").exists() for hand in hands))
