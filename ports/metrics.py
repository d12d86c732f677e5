"""Metrics: figures that a machine watches, and wakes a person over."""

from __future__ import annotations

from abc import abstractmethod
from typing import Final, Literal, Protocol

Metric = Literal[
    "SyncDuration",
    "BottlesMirrored",
    "BytesMirrored",
    "BottlesFailed",
    "BottlesMissing",
    "SyncProgress",
    "EstimatedCost",
    "SecurityEvents",
    "UpstreamThrottles",
    "LedgerConflicts",
    "AgeOfLastCompleteSync",
    "NotificationFailures",
]
"""The name of a metric, as it is shown where metrics are kept: ours for ever."""

LEVELS: Final[frozenset[Metric]] = frozenset(
    {"SyncDuration", "BottlesMissing", "SyncProgress", "AgeOfLastCompleteSync"}
)
"""What is so and so much at a moment: the last figure counts. All else adds up."""


class Metrics(Protocol):
    """Takes figures. Called from many threads; never raises."""

    @abstractmethod
    def add(self, metric: Metric, value: float, cause: str | None = None) -> None:
        """Add one figure, to be told with the next ``flush``.

        Args:
            cause: Tells the figure by its cause as well, beside the total, in which
                it counts, too.
        """
        raise NotImplementedError

    @abstractmethod
    def flush(self) -> None:
        """Tell all that was added since the last time; nothing when nothing was."""
        raise NotImplementedError
