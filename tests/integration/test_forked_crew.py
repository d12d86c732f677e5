"""A crew of real processes: what it is told, and what it tells."""

from __future__ import annotations

import os
import time
from collections import Counter
from threading import Event, get_native_id

import pytest

from adapters.memory.progress import RecordingProgress
from adapters.processes.hand import Hand
from domain.work import Load
from ports.errors import PortError, UnavailableError
from tests.support.crews import (
    PATIENCE,
    ReportedBy,
    Steps,
    all_ended,
    crew_for,
    load,
    results,
)


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
    begun, heard, go = Steps(), Steps(), Steps()

    def work(_task: object, _hand: Hand) -> int:
        begun.tell()
        go.wait()
        return 1

    def hear(_word: object) -> None:
        heard.tell()

    with begun, heard, go, crew_for(work, threads=1, hear=hear) as crew:
        for number in range(20):
            crew.begin(load(f"formula{number}"), number)
        begun.wait(2)
        assert crew.ended(0.1) == []

        crew.drop()
        # It takes the same way, so that who has heard it has dropped the rest.
        crew.tell("dropped")
        heard.wait(2)
        go.tell(2)
        assert results(crew) == [1, 1]
        crew.begin(load(), 20)
        go.tell()

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
