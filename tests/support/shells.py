"""Real shells, at which somebody types."""

from __future__ import annotations

import os
import pty
import re
import select
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.command import ROOT

_PATIENCE = 30.0  # seconds for what takes a fraction of one
_STEERING = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x00")
_PROGRAM = """\
#!/bin/sh
PYTHONPATH={root} exec {python} -c '
from entrypoints.cli.main import main
raise SystemExit(main())
' "$@"
"""


def put_on_path(folder: Path) -> None:
    """Make the program of this tree one that a shell finds in ``folder``."""
    program = folder / "bottles"
    root, python = shlex.quote(str(ROOT)), shlex.quote(sys.executable)
    program.write_text(_PROGRAM.format(root=root, python=python))
    program.chmod(0o755)


class Terminal:
    """What a shell writes, and the keys that it is given.

    Attributes:
        raw: All that was written so far, with what steers a terminal.
    """

    def __init__(self, there: int) -> None:
        self._there = there
        self.raw = ""
        self._seen = 0

    def type(self, keys: str) -> None:
        """Type ``keys``, of which a line feed is the one called Enter."""
        os.write(self._there, keys.encode())

    def sees(self, text: str) -> bool:
        """Return whether ``text`` comes to be seen; look on behind it from then on."""
        deadline = time.monotonic() + _PATIENCE
        while (place := self._text().find(text, self._seen)) < 0:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._there], [], [], left)[0]:
                return False
            try:
                self.raw += os.read(self._there, 65_536).decode(errors="replace")
            except OSError:  # nobody is at the other end any more
                return False
        self._seen = place + len(text)
        return True

    def _text(self) -> str:
        """Return what was written, without what only steers a terminal."""
        return _STEERING.sub("", self.raw)


@contextmanager
def shell(*words: str, folder: Path) -> Iterator[Terminal]:
    """Yield the terminal of a shell that works in ``folder`` with its programs."""
    with at_a_terminal(*words, folder=folder) as (terminal, _):
        yield terminal


@contextmanager
def at_a_terminal(
    *words: str, folder: Path
) -> Iterator[tuple[Terminal, subprocess.Popen[bytes]]]:
    """Yield the terminal of a program and the program, likewise."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        words,
        cwd=folder,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        env={
            **os.environ,
            "HOME": str(folder),
            "PATH": f"{folder}:{os.environ['PATH']}",
            "PS1": "> ",
            "TERM": "xterm",
            "COLUMNS": "120",
        },
    )
    os.close(theirs)
    try:
        yield Terminal(ours), process
    finally:
        process.kill()
        process.wait()
        os.close(ours)
