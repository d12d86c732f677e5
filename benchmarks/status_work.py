"""A mirror of many bottles, as weeks of churn have left it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import batched
from typing import Final

from domain.bottle import Bottle, Digest
from domain.events import (
    GENESIS,
    BottleFailed,
    BottleMirrored,
    Commit,
    Event,
    RecordedCommit,
    SyncCompleted,
    SyncStarted,
)
from domain.history import History
from domain.ledger import Ledger
from domain.tags import Tag

BOTTLES: Final = 60_000
RUNS: Final = 104
