"""``bottles`` in a process of its own whose clock is some days ahead, and its end."""

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
{dies}
from entrypoints.cli.main import main
raise SystemExit(main())
"""

_DIES = """
import os, signal
from adapters.folder.public_objects import FolderPublicObjects
from adapters.s3.public_objects import S3PublicObjects
from domain.views import API

def dies_of_it(kind, left=[{documents}]):
    show = kind.copy
    def show_and_die(self, source, target):
        show(self, source, target)
        left[0] -= target.startswith(API)
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)
    kind.copy = show_and_die

dies_of_it(FolderPublicObjects)
dies_of_it(S3PublicObjects)
"""


def start_later(
    days: int,
    *arguments: str,
    dies_after: int | None = None,
    prefix: tuple[str, ...] = (),
    **variables: str,
) -> subprocess.Popen[str]:
    """Start ``bottles`` on a day to come, in the current folder.

    Args:
        dies_after: How many documents it shows clients until SIGKILL ends it.
        prefix: The words of a command that runs another.
        variables: What its environment has beside ours.
    """
    dies = "" if dies_after is None else _DIES.format(documents=dies_after)
    program = _PROGRAM.format(days=days, dies=dies)
    return subprocess.Popen(
        [*prefix, sys.executable, "-c", program, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), **variables},
    )
