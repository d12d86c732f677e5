"""``bottles`` in a process of its own whose clock is some days ahead."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.support.command import ROOT

_PROGRAM = """
from datetime import timedelta
from adapters.system_clock import SystemClock
now = SystemClock.now
SystemClock.now = lambda self: now(self) + timedelta(days={days})
from entrypoints.cli.main import main
raise SystemExit(main())
"""


def start_later(
    days: int, *arguments: str, prefix: tuple[str, ...] = (), **variables: str
) -> subprocess.Popen[str]:
    """Start ``bottles`` on a day to come, in the current folder.

    Args:
        prefix: The words of a command that runs another.
        variables: What its environment has beside ours.
    """
    program = _PROGRAM.format(days=days)
    return subprocess.Popen(
        [*prefix, sys.executable, "-c", program, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
    )
