"""How a crew of real processes ends, by whatever end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Event
from typing import IO

import pytest

from adapters.processes.crew import ForkedCrew
from adapters.processes.hand import Hand, Trade
from adapters.processes.messages import LARGEST
from ports.errors import HandLostError
from tests.support.command import ROOT, until
from tests.support.crews import (
    PATIENCE,
    Steps,
    all_ended,
    crew_for,
    lead_with,
    load,
    results,
)


def test_a_hand_that_is_killed_is_told_of_and_the_others_go_on() -> None:
    go = Steps()

    def work(task: str, _hand: Hand) -> str:
        if task == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        go.wait()
        return task

    with go, crew_for(work) as crew:
        crew.begin(load("a"), "die")
        crew.begin(load("b"), "live")

        with pytest.raises(HandLostError) as lost:
            crew.ended(PATIENCE)

        assert "it was killed by signal 9 with 1 of them on their way" in str(
            lost.value
        )
        go.tell()
        assert results(crew) == ["live"]


@pytest.mark.parametrize(
    ("result", "why"),
    [(lambda: None, "pickle"), (b"x" * LARGEST, "131,072 can be sent")],
    ids=["of no known form", "too large"],
)
def test_a_result_that_cannot_be_told_is_a_fault_of_its_task_alone(
    result: object, why: str
) -> None:
    def work(task: str, _hand: Hand) -> object:
        return result if task == "untold" else task

    with crew_for(work, processes=1) as crew:
        crew.begin(load("a"), "untold")
        crew.begin(load("b"), "told")
        (fault,) = [each for one in all_ended(crew) if (each := one.exception())]

    assert why in str(fault)


def test_what_a_hand_had_told_before_it_was_killed_is_heard() -> None:
    def work(task: str, _hand: Hand) -> str:
        if task == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        return task

    told = [str(number) for number in range(20)]
    its_end, ours = os.pipe()
    with crew_for(work, processes=1, threads=1) as crew:
        os.close(ours)
        # Of what it has not read when it dies the system tells before all else.
        for task in (*told, "die", "lost", "lost"):
            crew.begin(load(task), task)
        assert os.read(its_end, 1) == b""

        heard = [future.result() for future in crew.ended(PATIENCE)]
        with pytest.raises(HandLostError, match="with 3 of them on their way"):
            crew.ended(PATIENCE)

    os.close(its_end)
    assert heard == told


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
from tests.support.crews import lead_with, load

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
