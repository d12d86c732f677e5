"""Whoever types the commands of a document sees what is not as it says."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.command import until
from tests.support.guides import Step
from tests.support.typist import Desk


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path, 8099, "echo ran")


def type_all(desk: Desk, *commands: str) -> list[str]:
    return desk.type([Step(n, each) for n, each in enumerate(commands)], {})


def test_all_is_typed_into_one_shell(desk: Desk) -> None:
    assert type_all(desk, "mkdir a", "cd a", "export B=c", 'echo "$B" > d') == []
    assert (desk.folder / "a" / "d").read_text() == "c\n"


def test_another_status_ends_it_and_is_told_with_what_was_said(desk: Desk) -> None:
    (told,) = type_all(desk, "true", "echo why; false", "touch never")
    assert told == "line 1: echo why; false\n1, not 0:\nwhy\n"
    assert not (desk.folder / "never").exists()


def test_a_status_that_is_not_what_it_should_be_is_told_as_well(desk: Desk) -> None:
    (told,) = desk.type([Step(1, "true", status=3)], {})
    assert "0, not 3" in told


def test_what_it_does_not_say_is_told(desk: Desk) -> None:
    (told,) = desk.type([Step(1, "echo a", said=("a", "b"))], {})
    assert "it does not say ['b']" in told


def test_a_shell_that_ends_is_told(desk: Desk) -> None:
    (told,) = type_all(desk, "exit 0", "true")
    assert "it did not end, and the shell did" in told


def test_what_is_left_running_is_waited_for_and_ended(desk: Desk) -> None:
    commands = ("(sleep 0.2; echo up; exec sleep 60) &", "echo $! > id; cat .told/0")
    assert (
        desk.type([Step(1, commands[0]), Step(2, commands[1], said=("up",))], {}) == []
    )
    process = int((desk.folder / "id").read_text())
    until(lambda: not _lives(process))


def test_bottles_serves_on_a_port_that_is_free(desk: Desk) -> None:
    steps = [
        Step(1, "bottles serve", said=("ran bottles serve --port 8099",)),
        Step(2, "bottles plan", said=("ran bottles plan",)),
        Step(3, "echo http://127.0.0.1:8080", said=("http://127.0.0.1:8099",)),
    ]
    assert desk.type(steps, {}) == []


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
        # One that is dead and that nobody waited for is still there.
        return " Z " not in Path(f"/proc/{process}/stat").read_text()
    except (ProcessLookupError, FileNotFoundError):
        return False
