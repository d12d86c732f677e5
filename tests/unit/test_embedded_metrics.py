from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import NoReturn, get_args

import pytest

from adapters.telemetry.embedded_metrics import NAMESPACE, UNITS, EmbeddedMetrics
from ports.metrics import LEVELS, Metric
from tests.support.embedded import Figure, embedded_figures

REFERENCE = Path(__file__).parents[2] / "docs" / "metrics.md"


class Closed(io.StringIO):
    """A stream that nobody reads any more."""

    def write(self, _: str) -> NoReturn:
        raise BrokenPipeError


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def metrics(stream: io.StringIO) -> EmbeddedMetrics:
    return EmbeddedMetrics(stream, "staging")


def test_every_metric_is_written_as_cloudwatch_wants_it(
    stream: io.StringIO, metrics: EmbeddedMetrics
) -> None:
    for metric in get_args(Metric):
        metrics.add(metric, 1.5)
    metrics.flush()

    (line,) = stream.getvalue().splitlines()
    figures = embedded_figures(line)
    assert [figure.name for figure in figures] == list(get_args(Metric))
    assert {figure.namespace for figure in figures} == {"HomebrewBottlesSync"}
    assert all(figure.dimensions == {"Environment": "staging"} for figure in figures)
    assert {figure.unit for figure in figures} == {
        *("Seconds", "Count", "Bytes", "Percent", "None")
    }


def test_each_set_of_dimensions_has_an_object_of_its_own(
    stream: io.StringIO, metrics: EmbeddedMetrics
) -> None:
    metrics.add("SyncDuration", 61)
    metrics.add("BottlesFailed", 2, cause="not_found")
    metrics.add("SecurityEvents", 1, cause="wrong_digest")
    metrics.flush()

    total, by_cause, events = map(embedded_figures, stream.getvalue().splitlines())
    environment = {"Environment": "staging"}
    assert [(figure.name, figure.value) for figure in total] == [
        ("SyncDuration", 61),
        ("BottlesFailed", 2),
        ("SecurityEvents", 1),
    ]
    named = {**environment, "Cause": "not_found"}
    assert by_cause == [Figure(NAMESPACE, "BottlesFailed", "Count", named, (2,))]
    named = {**environment, "Cause": "wrong_digest"}
    assert events == [Figure(NAMESPACE, "SecurityEvents", "Count", named, (1,))]


def test_no_variable_of_the_environment_adds_a_dimension(
    monkeypatch: pytest.MonkeyPatch, stream: io.StringIO
) -> None:
    # An alarm watches one set of dimensions, and would see nothing any more.
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "something")
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "something")
    metrics = EmbeddedMetrics(stream, "prod")
    metrics.add("SyncProgress", 50)
    metrics.flush()

    (figure,) = embedded_figures(stream.getvalue())
    assert figure.dimensions == {"Environment": "prod"}
    assert figure.namespace == NAMESPACE


def test_nothing_added_is_nothing_written(
    stream: io.StringIO, metrics: EmbeddedMetrics
) -> None:
    metrics.flush()
    assert stream.getvalue() == ""


def test_a_stream_that_nobody_reads_ends_nothing() -> None:
    metrics = EmbeddedMetrics(Closed(), "prod")
    metrics.add("SyncProgress", 50)
    metrics.flush()


def test_no_number_is_written_that_json_does_not_have(
    stream: io.StringIO, metrics: EmbeddedMetrics
) -> None:
    metrics.add("BytesMirrored", 10**15)
    metrics.flush()

    document = json.loads(stream.getvalue(), parse_constant=pytest.fail)
    assert document["BytesMirrored"] == [10**15]


def test_the_reference_has_every_metric_and_its_unit() -> None:
    rows = re.findall(
        r"^\| `(\w+)` \| (\w+) \|", REFERENCE.read_text(encoding="utf-8"), re.MULTILINE
    )
    assert dict(rows) == {metric: unit.value for metric, unit in UNITS.items()}
    assert set(UNITS) == set(get_args(Metric))
    assert set(get_args(Metric)) >= LEVELS
