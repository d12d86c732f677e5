"""Lines in memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime

from ports.cloud_lines import CloudLines, Line


class MemoryLines(CloudLines):
    """Has the lines that it was given.

    Attributes:
        written: All of them, in whatever order.
    """

    def __init__(self, written: Iterable[Line] = ()) -> None:
        self.written = list(written)

    def since(self, moment: datetime, run_id: str | None = None) -> Iterator[Line]:
        for line in sorted(self.written, key=lambda line: line.at):
            if line.at >= moment and (run_id is None or run_id in line.text):
                yield line
