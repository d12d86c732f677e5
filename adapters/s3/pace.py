"""The pace that a store is asked at."""

from __future__ import annotations

import random
from typing import Final

from adapters.pacing import Pacing
from adapters.system_clock import SystemClock

_FIRST: Final = 0.25  # seconds
_LONGEST: Final = 8.0  # seconds


def store_pacing() -> Pacing:
    """Return the pace of a bucket that has not complained yet.

    S3 says "slow down" while it spreads keys, and not for how long (S3 user guide,
    "Best practices design patterns").
    """
    # Not by a clock that a stop wakes: what was stored is recorded at any pace.
    return Pacing(SystemClock(), random.random, longest=_LONGEST, first=_FIRST)
