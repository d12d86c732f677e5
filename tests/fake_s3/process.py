"""An S3 of the tests in a process of its own, for those whose memory is watched."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def running_fake_s3() -> Iterator[str]:
    """Run one, and yield its URL."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.fake_s3"],
        cwd=_ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        # Its standard input is closed on the way out.
        yield process.stdout.readline().strip()
