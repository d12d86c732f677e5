"""What the servers that were started here take of the processor, where Linux tells."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final, NamedTuple

_PROCESSES: Final = Path("/proc")


class _Process(NamedTuple):
    number: int
    parent: int
    session: int
    seconds: float


def cpu_of_servers() -> float:
    """Return seconds of processor time: of origin, sink and store, up to now.

    Each is below a child of this process that leads a session of its own
    (tests/support/lifeline.py), which no engine does.
    """
    processes = list(filter(None, map(_read, _PROCESSES.glob("[0-9]*/stat"))))
    ours = os.getpid()
    sessions = {
        process.session
        for process in processes
        if process.parent == ours and process.session == process.number
    }
    return sum(each.seconds for each in processes if each.session in sessions)


def _read(stat: Path) -> _Process | None:
    try:
        told = stat.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None  # it has ended
    # proc(5): the name, which may hold anything, is the only field in parentheses.
    number, _, rest = told.partition(" ")
    fields = rest.rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    seconds = ticks / os.sysconf("SC_CLK_TCK")
    return _Process(int(number), int(fields[1]), int(fields[3]), seconds)
