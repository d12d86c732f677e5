from __future__ import annotations

import io
import json
import logging
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from adapters.telemetry.embedded_metrics import EmbeddedMetrics
from adapters.telemetry.log_lines import LogLines
from domain.cloud_config import LOG_LEVELS, CloudConfig
from tests.support.embedded import embedded_figures, is_embedded

TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


def read(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_one_object_with_level_time_and_sentence(
    stream: io.StringIO,
) -> None:
    LogLines(stream).warning("größer,\nals man denkt", formula="jq", tag="all")

    (line,) = read(stream)
    assert line.pop("timestamp").endswith("+00:00")
    assert line == {
        "level": "WARNING",
        "message": "größer,\nals man denkt",
        "formula": "jq",
        "tag": "all",
    }


def test_a_sentence_that_looks_like_json_stays_a_sentence(stream: io.StringIO) -> None:
    LogLines(stream).info('{"_aws": 1}')
    assert read(stream)[0]["message"] == '{"_aws": 1}'


def test_run_and_shard_are_on_every_later_line(stream: io.StringIO) -> None:
    lines = LogLines(stream)
    lines.info("before")
    lines.bind(run_id="run-1", shard=0)
    lines.info("with both")
    lines.bind(run_id="run-2")
    lines.error("with one")
    lines.bind()
    lines.info("after")

    told = [(line.get("run_id"), line.get("shard")) for line in read(stream)]
    assert told == [(None, None), ("run-1", 0), ("run-2", None), (None, None)]


@pytest.mark.parametrize(
    ("level", "told"),
    [
        ("DEBUG", ["DEBUG", "INFO", "WARNING", "ERROR"]),
        ("INFO", ["INFO", "WARNING", "ERROR"]),
        ("ERROR", ["ERROR"]),
    ],
)
def test_only_what_is_grave_enough_is_written(
    stream: io.StringIO, level: str, told: list[str]
) -> None:
    lines = LogLines(stream, level)
    lines.debug("one")
    lines.info("two")
    lines.warning("three")
    lines.error("four")
    assert [line["level"] for line in read(stream)] == told


@pytest.mark.parametrize("level", LOG_LEVELS)
def test_every_level_that_can_be_configured_is_one(
    stream: io.StringIO, level: str
) -> None:
    LogLines(stream, CloudConfig(log_level=level).log_level).error("grave")
    assert len(read(stream)) == (level != "CRITICAL")


def test_our_level_is_nobody_elses(stream: io.StringIO) -> None:
    # What boto3 tells at DEBUG has headers, signatures and secrets in it.
    before = logging.getLogger().level, logging.getLogger("botocore").level
    LogLines(stream, "DEBUG")
    logging.getLogger("botocore").debug("Authorization: secret")
    assert (logging.getLogger().level, logging.getLogger("botocore").level) == before
    assert stream.getvalue() == ""


def test_a_fault_of_the_program_is_told_with_its_place(stream: io.StringIO) -> None:
    try:
        int("nothing")
    except ValueError as error:
        LogLines(stream).error("this is a bug", error)

    (line,) = read(stream)
    assert line["exception_name"] == "ValueError"
    assert "test_log_lines.py" in line["exception"]


def test_in_lambda_a_line_carries_the_id_of_the_trace(
    monkeypatch: pytest.MonkeyPatch, stream: io.StringIO
) -> None:
    lines = LogLines(stream)
    monkeypatch.setenv("_X_AMZN_TRACE_ID", TRACE)
    lines.info("traced")
    monkeypatch.delenv("_X_AMZN_TRACE_ID")
    lines.info("not traced")

    traced, not_traced = read(stream)
    assert traced["xray_trace_id"] == "1-5759e988-bd862e3fe1be46a994272793"
    assert "xray_trace_id" not in not_traced


def test_lines_and_metrics_of_many_threads_do_not_run_into_each_other(
    tmp_path: Path,
) -> None:
    file = tmp_path / "log"
    with file.open("w", encoding="utf-8") as stream:
        lines, metrics = LogLines(stream), EmbeddedMetrics(stream, "prod")

        def work(number: int) -> None:
            lines.info("x" * 3_000, shard=number)
            metrics.add("BottlesMirrored", 1)
            metrics.flush()

        with ThreadPoolExecutor(8) as threads:
            list(threads.map(work, range(200)))

    written = file.read_text(encoding="utf-8").splitlines()
    figures = [embedded_figures(line) for line in written if is_embedded(line)]
    assert sum(figure.value for (figure,) in figures) == 200
    others = [json.loads(line) for line in written if not is_embedded(line)]
    assert sorted(line["shard"] for line in others) == list(range(200))
