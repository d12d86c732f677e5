"""Metrics that nobody watches, and metrics that are remembered."""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock

from ports.metrics import Metric, Metrics


class NoMetrics(Metrics):
    """Tells nobody: a person at a terminal watches for himself."""

    def add(self, metric: Metric, value: float, cause: str | None = None) -> None:
        pass

    def flush(self) -> None:
        pass


class MemoryMetrics(Metrics):
    """Remembers what it was told, for a test to ask.

    Attributes:
        added: Every figure, in order: metric, value, cause.
        flushed: How many of them have been told.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self.added: list[tuple[Metric, float, str | None]] = []
        self.flushed = 0

    def add(self, metric: Metric, value: float, cause: str | None = None) -> None:
        with self._lock:
            self.added.append((metric, value, cause))

    def flush(self) -> None:
        with self._lock:
            self.flushed = len(self.added)

    def values(self, metric: Metric) -> list[float]:
        """Return every figure of ``metric``, in order, whatever its cause."""
        with self._lock:
            return [value for name, value, _ in self.added if name == metric]

    def total(self, metric: Metric) -> float:
        """Return the sum of the figures of ``metric``, whatever their causes."""
        return sum(self.values(metric))

    def causes(self, metric: Metric) -> Mapping[str, float]:
        """Return the sum of the figures of ``metric`` for each cause."""
        sums: dict[str, float] = {}
        with self._lock:
            for name, value, cause in self.added:
                if name == metric and cause is not None:
                    sums[cause] = sums.get(cause, 0) + value
        return sums
