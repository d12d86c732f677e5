"""The programs of the cloud as they are, each of which tells in its log what it used.

``orchestrator`` and ``worker`` are handlers for AWS Lambda; on ECS a worker is
``python -m benchmarks.rehearsal_programs``.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from entrypoints import ecs_worker, lambda_orchestrator, lambda_worker

_MARK = "used by "


@dataclass(frozen=True, slots=True)
class Used:
    """What a process has used since it began.

    Attributes:
        cpu: Seconds of processor time, user and system.
        peak: The most resident memory that it had, in bytes.
    """

    process: int
    cpu: float
    peak: int


def used_in(log: str) -> Iterator[Used]:
    """Yield what each process has used of which a log tells."""
    last = {}
    for line in log.splitlines():
        if line.startswith(_MARK):
            used = Used(**json.loads(line.removeprefix(_MARK)))
            last[used.process] = used
    yield from last.values()


def orchestrator(event: object, context: Any) -> object:  # noqa: ANN401 - AWS's own
    """Answer an event as the orchestrator does."""
    try:
        return lambda_orchestrator.handler(event, context)
    finally:
        _tell()


def worker(event: object, context: Any) -> object:  # noqa: ANN401
    """Carry out an order as the worker in Lambda does."""
    try:
        return lambda_worker.handler(event, context)
    finally:
        _tell()


def main() -> int:
    """Carry out the order of the environment, as the worker on ECS does."""
    try:
        return ecs_worker.main()
    finally:
        _tell()


def _tell() -> None:
    used = Used(os.getpid(), time.process_time(), _peak())
    print(f"{_MARK}{json.dumps(asdict(used))}", flush=True)


def _peak() -> int:
    # What getrusage(2) tells is never less than what the process before exec(2) had.
    status = Path("/proc/self/status").read_text(encoding="ascii")
    told = re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE)
    return int(told[1]) * 1024 if told else 0


if __name__ == "__main__":
    sys.exit(main())
