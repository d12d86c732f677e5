"""Runs one command and prints, as JSON, what it took.

On Linux the peak memory of a process is never told as less than that of the one that
started it, which therefore has to be small: this is, and imports nothing of ours.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time

_AT_MOST = 900.0  # seconds

# Bytes on macOS, else kilobytes (getrusage(2) of both).
_MEMORY_UNIT = 1 if sys.platform == "darwin" else 1024


def main() -> None:
    """Run the command that the arguments are."""
    begun = time.perf_counter()
    done = subprocess.run(
        sys.argv[1:], capture_output=True, text=True, check=False, timeout=_AT_MOST
    )
    wall = time.perf_counter() - begun
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    measured = {
        "status": done.returncode,
        "stdout": done.stdout,
        "stderr": done.stderr,
        "wall": wall,
        "cpu": used.ru_utime + used.ru_stime,
        "peak": used.ru_maxrss * _MEMORY_UNIT,
    }
    json.dump(measured, sys.stdout)


if __name__ == "__main__":
    main()
