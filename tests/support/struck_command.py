"""``bottles`` on a folder, to which a signal comes at an exact step of what it writes.

A step is a piece of a file that is written, or the whole of it that is to get its name.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from signal import Signals
from threading import Event, Lock

import pytest

from adapters.folder.incoming import Incoming
from entrypoints.cli.interruption import StopFlag
from entrypoints.cli.main import main
from tests.support.command import ROOT


@contextmanager
def stepping(met: Callable[[], None]) -> Iterator[None]:
    """Have ``met`` called at each step; nobody takes another before it returns."""
    whole, lock = Incoming.file, Lock()

    def step() -> None:
        with lock:
            met()

    def stepped(pieces: Iterable[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            yield piece
            step()

    @contextmanager
    def file(self: Incoming, what: str, pieces: Iterable[bytes]) -> Iterator[Path]:
        with whole(self, what, stepped(pieces)) as new:
            step()
            yield new

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Incoming, "file", file)
        yield


def start_struck(number: Signals, at: int, *arguments: str) -> subprocess.Popen[str]:
    """Start ``bottles`` in the current folder; the signal comes at its step ``at``."""
    return subprocess.Popen(
        [sys.executable, "-m", __name__, str(number.value), str(at), *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def _struck(number: int, at: int, arguments: list[str]) -> int:
    steps, heard, set_ = count(1), Event(), StopFlag.set

    def met() -> None:
        if next(steps) == at:
            os.kill(os.getpid(), number)
            # The main thread hears of it when it gets its turn.
            heard.wait()

    def set_and_tell(flag: StopFlag) -> None:
        set_(flag)
        heard.set()

    with stepping(met), pytest.MonkeyPatch.context() as patch:
        patch.setattr(StopFlag, "set", set_and_tell)
        return main(arguments)


if __name__ == "__main__":
    raise SystemExit(_struck(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]))
