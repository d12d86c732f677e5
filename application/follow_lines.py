"""Following the lines that the programs in the cloud write."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from ports.clock import Clock
from ports.cloud_lines import CloudLines, Line

_PAUSE: Final = 3.0  # seconds
# A line may be seen so much later than it was written.
_LATE: Final = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class FollowLines:
    """Yields lines as they come, each once.

    Attributes:
        is_stopped: Whether to end.
    """

    lines: CloudLines
    clock: Clock
    is_stopped: Callable[[], bool]

    def __call__(self, since: datetime, run_id: str | None = None) -> Iterator[Line]:
        """Yield the lines from ``since`` on, and go on until stopped.

        A line that comes late is yielded late.

        Args:
            run_id: Only lines that name this run.

        Raises:
            PortError: They cannot be read.
        """
        seen: dict[str, datetime] = {}
        while True:
            for line in self.lines.since(since, run_id):
                if line.id not in seen:
                    seen[line.id] = line.at
                    yield line
            if self.is_stopped():
                return
            since = max(since, self.clock.now() - _LATE)
            seen = {id_: at for id_, at in seen.items() if at >= since}
            self.clock.sleep(_PAUSE)
            if self.is_stopped():
                return
