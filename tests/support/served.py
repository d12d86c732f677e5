"""``bottles serve`` in a process of its own."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.command import line_with, start


@contextmanager
def served(*options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run ``bottles serve`` on a free port, and yield it and its URL."""
    process = start("serve", "--port", "0", *options)
    try:
        found = re.search(r"http://\S+", line_with(process, "is served at"))
        assert found is not None
        yield process, found[0]
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()
