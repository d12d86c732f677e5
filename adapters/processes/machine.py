"""Whether this process may be forked."""

from __future__ import annotations

import sys
import threading


def can_fork() -> bool:
    """Tell whether this process may be forked: nobody in it holds anything."""
    return sys.platform == "linux" and threading.active_count() == 1
