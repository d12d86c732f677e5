from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest

from adapters.memory.metrics import MemoryMetrics
from adapters.telemetry.embedded_metrics import EmbeddedMetrics
from ports.metrics import LEVELS, Metrics
from tests.support.embedded import embedded_figures

Told = Mapping[tuple[str, str | None], float]


class Kept:
    """Metrics, and what whoever watches them has been told by now."""

    metrics: Metrics
    told: Callable[[], Told]


class InMemory(Kept):
    def __init__(self) -> None:
        self.metrics = self._memory = MemoryMetrics()
        self.told = self._told

    def _told(self) -> Told:
        told: dict[tuple[str, str | None], float] = {}
        for metric, value, cause in self._memory.added[: self._memory.flushed]:
            for key in dict.fromkeys(((metric, None), (metric, cause))):
                before = 0 if metric in LEVELS else told.get(key, 0)
                told[key] = before + value
        return told


class InALog(Kept):
    def __init__(self) -> None:
        self._stream = io.StringIO()
        self.metrics = EmbeddedMetrics(self._stream, "prod")
        self.told = self._told

    def _told(self) -> Told:
        told: dict[tuple[str, str | None], float] = {}
        for line in self._stream.getvalue().splitlines():
            for figure in embedded_figures(line):
                key = figure.name, figure.dimensions.get("Cause")
                before = 0 if figure.name in LEVELS else told.get(key, 0)
                told[key] = before + figure.value
        return told


@pytest.fixture(params=[InMemory, InALog])
def kept(request: pytest.FixtureRequest) -> Kept:
    made: Kept = request.param()
    return made


def test_tells_nothing_before_it_is_asked_to(kept: Kept) -> None:
    kept.metrics.add("BottlesMirrored", 3)
    assert kept.told() == {}
    kept.metrics.flush()
    assert kept.told() == {("BottlesMirrored", None): 3}


def test_what_was_told_is_not_told_again(kept: Kept) -> None:
    kept.metrics.add("BottlesMirrored", 3)
    kept.metrics.flush()
    kept.metrics.flush()
    kept.metrics.add("BottlesMirrored", 4)
    kept.metrics.flush()
    assert kept.told() == {("BottlesMirrored", None): 7}


def test_counts_add_up(kept: Kept) -> None:
    for _ in range(250):
        kept.metrics.add("UpstreamThrottles", 1)
    kept.metrics.flush()
    assert kept.told() == {("UpstreamThrottles", None): 250}


def test_of_a_level_the_last_figure_counts(kept: Kept) -> None:
    for percent in (10, 20, 30):
        kept.metrics.add("SyncProgress", percent)
    kept.metrics.flush()
    assert kept.told() == {("SyncProgress", None): 30}


def test_a_cause_is_told_beside_the_total(kept: Kept) -> None:
    kept.metrics.add("BottlesFailed", 3, cause="not_found")
    kept.metrics.add("BottlesFailed", 2, cause="wrong_digest")
    kept.metrics.add("BottlesFailed", 1, cause="not_found")
    kept.metrics.flush()
    assert kept.told() == {
        ("BottlesFailed", None): 6,
        ("BottlesFailed", "not_found"): 4,
        ("BottlesFailed", "wrong_digest"): 2,
    }


def test_nothing_is_a_figure_too(kept: Kept) -> None:
    kept.metrics.add("BottlesFailed", 0)
    kept.metrics.flush()
    assert kept.told() == {("BottlesFailed", None): 0}


def test_many_threads_lose_nothing(kept: Kept) -> None:
    def add(_: int) -> None:
        kept.metrics.add("UpstreamThrottles", 1)
        kept.metrics.flush()

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(add, range(400)))
    kept.metrics.flush()
    assert kept.told() == {("UpstreamThrottles", None): 400}
