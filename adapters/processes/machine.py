"""Whether this process may be forked, and into how many that makes sense."""

from __future__ import annotations

import os
import sys
import threading


def can_fork() -> bool:
    """Tell whether this process may be forked: nobody in it holds anything."""
    return sys.platform == "linux" and threading.active_count() == 1


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0))
