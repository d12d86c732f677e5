"""The worker of Lambda, which dies on the first shard, and can be held up on others."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from entrypoints.lambda_worker import Context

_LOOK_EVERY = 0.05  # seconds


def handler(order: dict[str, Any], context: Context) -> object:
    """Carry out an order once the file that ``GATE`` names is there.

    On shard 0 it ends without a word, as a process does that is out of memory.
    """
    if order["shard"] == 0:
        os._exit(1)
    while not Path(os.environ["GATE"]).exists():
        time.sleep(_LOOK_EVERY)
    from entrypoints import lambda_worker  # noqa: PLC0415 - who dies needs none

    return lambda_worker.handler(order, context)
