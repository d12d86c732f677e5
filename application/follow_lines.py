"""Following the lines that the programs in the cloud write."""

from __future__ import annotations

from collections.abc import Iterator
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
    """Yields lines as they come, each once."""

    lines: CloudLines
    clock: Clock

    def __call__(self, since: datetime, run_id: str | None = None) -> Iterator[Line]:
        """Yield the lines from ``since`` on, and go on for ever.

        A line that comes late is yielded late.

        Args:
            run_id: Only lines that name this run.

        Raises:
            PortError: They cannot be read.
        """
        since = _to_milliseconds(since)
        seen: dict[str, datetime] = {}
        while True:
            for line in self.lines.since(since, run_id):
                if line.id not in seen:
                    seen[line.id] = line.at
                    yield line
            since = max(since, _to_milliseconds(self.clock.now() - _LATE))
            seen = {id_: at for id_, at in seen.items() if at >= since}
            self.clock.sleep(_PAUSE)


def _to_milliseconds(moment: datetime) -> datetime:
    """Return a moment as lines have theirs.

    One of the same millisecond would count as earlier else, and be forgotten as soon as
    it was seen.
    """
    return moment.replace(microsecond=moment.microsecond // 1_000 * 1_000)
