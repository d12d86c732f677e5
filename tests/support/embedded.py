"""Reading the embedded metric format as strictly as its specification is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# Source: docs.aws.amazon.com, Amazon CloudWatch User Guide, "Specification: Embedded
# metric format", and CloudWatch's API reference, "MetricDatum".
_MOST_DIMENSIONS = 30
_MOST_METRICS = 100
_MOST_VALUES = 100
_LONGEST = 256 * 1024
_LONGEST_NAME = 1024
_SCALES = ("", "Kilo", "Mega", "Giga", "Tera")
_UNITS = {
    *("Seconds", "Microseconds", "Milliseconds", "Percent", "Count", "None"),
    *(f"{scale}{what}" for scale in _SCALES for what in ("bytes", "bits") if scale),
    *("Bytes", "Bits", "Count/Second", "Bytes/Second", "Bits/Second"),
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One metric of one set of dimensions, as CloudWatch would take it."""

    namespace: str
    name: str
    unit: str
    dimensions: Mapping[str, str]
    values: tuple[float, ...]

    @property
    def value(self) -> float:
        """The only value there is."""
        (value,) = self.values
        return value


def is_embedded(line: str) -> bool:
    """Return whether CloudWatch would look for metrics in a line of a log."""
    return '"_aws"' in line


def embedded_figures(line: str) -> list[Figure]:
    """Return the metrics in one line of a log.

    Raises:
        AssertionError: The line is not as the specification wants it.
    """
    assert len(line.encode()) <= _LONGEST
    root = json.loads(line)
    metadata = root["_aws"]
    assert set(metadata) <= {"Timestamp", "CloudWatchMetrics", "LogGroupName"}
    assert type(metadata["Timestamp"]) is int
    # Milliseconds: seconds would be some day of January 1970.
    assert metadata["Timestamp"] > 10**12
    assert metadata["CloudWatchMetrics"]
    return [
        figure
        for directive in metadata["CloudWatchMetrics"]
        for figure in _directed(root, directive)
    ]


def _directed(root: dict[str, Any], directive: dict[str, Any]) -> list[Figure]:
    assert set(directive) == {"Namespace", "Dimensions", "Metrics"}
    namespace = directive["Namespace"]
    assert 0 < len(namespace) <= _LONGEST_NAME
    assert directive["Dimensions"]
    assert 0 < len(directive["Metrics"]) <= _MOST_METRICS
    figures = []
    for names in directive["Dimensions"]:
        assert len(names) <= _MOST_DIMENSIONS
        dimensions = {name: root[name] for name in names}
        assert all(
            type(value) is str and 0 < len(value) <= _LONGEST_NAME
            for value in dimensions.values()
        )
        for metric in directive["Metrics"]:
            assert set(metric) <= {"Name", "Unit", "StorageResolution"}
            assert metric.get("StorageResolution", 60) in {1, 60}
            assert metric["Unit"] in _UNITS
            assert 0 < len(metric["Name"]) <= _LONGEST_NAME
            values = _values(root[metric["Name"]])
            figures.append(
                Figure(namespace, metric["Name"], metric["Unit"], dimensions, values)
            )
    return figures


def _values(told: object) -> tuple[float, ...]:
    values = tuple(told) if isinstance(told, list) else (told,)
    assert 0 < len(values) <= _MOST_VALUES
    numbers = tuple(value for value in values if type(value) in {int, float})
    assert numbers == values
    return numbers
