"""Somebody who types the commands of a document into one shell, in turn."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.support.command import ROOT
from tests.support.guides import Step, missing_of

_PATIENCE = 300.0  # seconds for what takes some
# What the tree has that a command may ask for.
_TREE = ("Makefile", "README.md", "requirements.txt", "setup.cfg", "tests")
# Each command has its output to itself. What it leaves running is waited for until it
# has said something, as whoever types does.
_STEP = """
exec >{output} 2>&1
{command}
ended=$?
{wait}echo $ended >&9
[ $ended = {status} ] || exit
"""
_WAIT = "until [ -s {output} ] || ! kill -0 $!; do sleep 0.05; done\n"


@dataclass(frozen=True, slots=True)
class Desk:
    """A folder to type in, with what whoever types has on the PATH.

    Args:
        folder: An empty one.
        port: What stands in the place of 8080, which may be taken.
        warm: The line of a shell that runs what is named behind it.
    """

    folder: Path
    port: int
    warm: str

    def __post_init__(self) -> None:
        for name in _TREE:
            (self.folder / name).symlink_to(ROOT / name)
        shutil.copytree(
            ROOT / "infrastructure",
            self.folder / "infrastructure",
            ignore=shutil.ignore_patterns(".terraform*", "__pycache__"),
        )
        installed = self.folder / ".venv" / "bin"
        installed.mkdir(parents=True)
        python = f"PYTHONPATH='{ROOT}' exec '{sys.executable}'"
        for name, line in {
            "bottles": f"{self._listen}\n{self.warm} bottles",
            "aws": f"{self.warm} aws",
            # The virtual environment is this folder's, and there is nothing to set up.
            "make": f"exec '{shutil.which('make')}' -o \"${{VENV:-.venv}}/.ready\"",
            "python": python,
        }.items():
            program = installed / name
            program.write_text(f'#!/bin/sh\n{line} "$@"\n')
            program.chmod(0o755)

    @property
    def _listen(self) -> str:
        return f'[ "$1" != serve ] || set -- "$@" --port {self.port}'

    def type(self, steps: Sequence[Step], variables: Mapping[str, str]) -> list[str]:
        """Type every command, and return what is otherwise than it is told.

        It ends at the first that ends otherwise.
        """
        told = self.folder / ".told"
        told.mkdir()
        script = f"exec 9>{told}/statuses\n" + "".join(
            self._one(step, told / str(number)) for number, step in enumerate(steps)
        )
        path = f"{self.folder}/.venv/bin:{os.environ['PATH']}"
        with subprocess.Popen(
            ["/bin/sh", "-c", script],
            cwd=self.folder,
            env={**os.environ, **variables, "PATH": path, "HOME": str(self.folder)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as shell:
            try:
                shell.wait(_PATIENCE)
            finally:
                # What was left running ends with it.
                with suppress(ProcessLookupError):
                    os.killpg(shell.pid, signal.SIGKILL)
        return _otherwise(steps, told)

    def _one(self, step: Step, output: Path) -> str:
        return _STEP.format(
            output=output,
            command=step.command.replace("127.0.0.1:8080", f"127.0.0.1:{self.port}"),
            wait=_WAIT.format(output=output) if step.command.endswith("&") else "",
            status=step.status,
        )


def _otherwise(steps: Sequence[Step], told: Path) -> list[str]:
    """Return what has come of the commands that is not as it was said."""
    statuses = [int(line) for line in (told / "statuses").read_text().split()]
    for number, step in enumerate(steps):
        output = (told / str(number)).read_text(errors="replace")
        place = f"line {step.line}: {step.command}\n"
        if number >= len(statuses):
            return [f"{place}it did not end, and the shell did:\n{output}"]
        if statuses[number] != step.status:
            return [f"{place}{statuses[number]}, not {step.status}:\n{output}"]
        if missing := missing_of(step, output):
            return [f"{place}it does not say {missing}:\n{output}"]
    return []
