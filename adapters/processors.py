"""How many processors this process may keep busy."""

from __future__ import annotations

import math
import os
import sys
from pathlib import Path
from typing import Final

_CONTROL_GROUPS: Final = Path("/sys/fs/cgroup")


def processors(control_groups: Path = _CONTROL_GROUPS) -> int:
    """Return how many processors this process may keep busy, at least 1.

    A container sees all of its host's, and is given their time by a quota: of a host
    with 64, one that may use half of one has 1.

    Args:
        control_groups: Where Linux shows what this process is given, in either of two
            forms (its Documentation/admin-guide/cgroup-v2.rst, "cpu.max", and
            Documentation/scheduler/sched-bwc.rst).
    """
    if sys.platform != "linux":
        return os.cpu_count() or 1
    there = len(os.sched_getaffinity(0))
    quota = _quota(control_groups)
    return there if quota is None else max(1, min(there, math.ceil(quota)))


def _quota(control_groups: Path) -> float | None:
    """Return the processors that the quota comes to; None if there is no quota."""
    try:
        return _share((control_groups / "cpu.max").read_text())
    except OSError:
        pass
    older = control_groups / "cpu"
    try:
        quota = (older / "cpu.cfs_quota_us").read_text().strip()
        return _share(f"{quota} {(older / 'cpu.cfs_period_us').read_text()}")
    except OSError:
        return None


def _share(told: str) -> float | None:
    """Return what a quota is of its period, both in microseconds."""
    quota, _, period = told.strip().partition(" ")
    if not quota.isdigit() or not period.isdigit():
        # "max", and -1 in the older form, is to have none.
        return None
    return int(quota) / max(1, int(period))
