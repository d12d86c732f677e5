"""Metrics as CloudWatch reads them out of a log: the embedded metric format.

Source: docs.aws.amazon.com, Amazon CloudWatch User Guide, "Specification: Embedded
metric format".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from threading import Lock
from typing import Final, TextIO

from aws_lambda_powertools.metrics.provider.cloudwatch_emf.cloudwatch import (
    AmazonCloudWatchEMFProvider,
)
from aws_lambda_powertools.metrics.provider.cloudwatch_emf.metric_properties import (
    MetricUnit,
)

from ports.metrics import LEVELS, Metric, Metrics

NAMESPACE: Final = "HomebrewBottlesSync"

UNITS: Final[Mapping[Metric, MetricUnit]] = {
    "SyncDuration": MetricUnit.Seconds,
    "BottlesMirrored": MetricUnit.Count,
    "BytesMirrored": MetricUnit.Bytes,
    "BottlesFailed": MetricUnit.Count,
    "BottlesMissing": MetricUnit.Count,
    "SyncProgress": MetricUnit.Percent,
    # CloudWatch knows no currency.
    "EstimatedCost": MetricUnit.NoUnit,
    "SecurityEvents": MetricUnit.Count,
    "UpstreamThrottles": MetricUnit.Count,
    "LedgerConflicts": MetricUnit.Count,
    "AgeOfLastCompleteSync": MetricUnit.Seconds,
    "NotificationFailures": MetricUnit.Count,
}
"""What each metric is counted in."""


class EmbeddedMetrics(Metrics):
    """Writes metrics into a log, one object for each set of dimensions."""

    def __init__(self, stream: TextIO, environment: str) -> None:
        self._stream = stream
        self._environment = environment
        self._figures: dict[str | None, dict[Metric, float]] = {}
        self._lock = Lock()

    def add(self, metric: Metric, value: float, cause: str | None = None) -> None:
        with self._lock:
            for each in dict.fromkeys((None, cause)):
                figures = self._figures.setdefault(each, {})
                before = 0 if metric in LEVELS else figures.get(metric, 0)
                figures[metric] = before + value

    def flush(self) -> None:
        with self._lock:
            told, self._figures = self._figures, {}
        for cause, figures in told.items():
            # In one piece: lines of the log may be written meanwhile. A stream that
            # nobody reads is no reason to end a run.
            with suppress(OSError, ValueError):
                self._stream.write(f"{self._line(cause, figures)}\n")
                self._stream.flush()

    def _line(self, cause: str | None, figures: Mapping[Metric, float]) -> str:
        dimensions = {"Environment": self._environment}
        if cause is not None:
            dimensions["Cause"] = cause
        written = AmazonCloudWatchEMFProvider(
            namespace=NAMESPACE,
            # Else a variable of the environment would add a dimension.
            service="",
            default_dimensions=dimensions,
        )
        for metric, value in figures.items():
            written.add_metric(metric, UNITS[metric], value)
        return json.dumps(written.serialize_metric_set(), separators=(",", ":"))
