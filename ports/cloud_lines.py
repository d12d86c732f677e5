"""The lines that the programs in the cloud have written."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Line:
    """One line.

    Attributes:
        id: Tells it apart from every other.
        at: When it was written, to the millisecond.
        source: What wrote it: ``orchestrator``, ``worker`` or ``ecs``.
    """

    id: str
    at: datetime
    source: str
    text: str


class CloudLines(Protocol):
    """All lines that the programs of one mirror have written."""

    @abstractmethod
    def since(self, moment: datetime, run_id: str | None = None) -> Iterator[Line]:
        """Yield the lines from ``moment`` on, those of all programs in order of time.

        A line may be late: it is seen some seconds after it was written, and earlier
        ones may be seen after it.

        Args:
            run_id: Only lines that name this run.

        Raises:
            NotFoundError: None of the programs is deployed.
            UnavailableError: No answer, or "slow down".
            RefusedError: They may not be read.
        """
        raise NotImplementedError
