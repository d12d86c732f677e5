"""What every reading of the cloud's lines promises."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from adapters.aws.client import Aws
from adapters.aws_lines import AwsLines
from adapters.memory.cloud_lines import MemoryLines
from ports.cloud_lines import CloudLines, Line
from ports.errors import NotFoundError
from tests.support.cloud_in_moto import PROJECT, REGION, cloud_in_moto

# What CloudWatch takes is at most two weeks old.
START = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)  # noqa: TID251
WRITTEN = [
    ("orchestrator", 1, '{"message":"planned","run_id":"run-1"}'),
    ("worker", 3, "fetched for run-1"),
    ("orchestrator", 4, "closed run-1"),
    ("ecs", 2, "begun for run-2"),
    ("alarm", 5, "told Slack: Alarm"),
    ("rotation", 6, "Failed to send Slack notification"),
]
GROUPS = {
    "orchestrator": f"/aws/lambda/{PROJECT}-orchestrator",
    "worker": f"/aws/lambda/{PROJECT}-worker",
    "ecs": f"/aws/ecs/{PROJECT}",
    "alarm": f"/aws/lambda/{PROJECT}-alarm",
    "rotation": f"/aws/lambda/{PROJECT}-rotation",
}


@contextmanager
def _in_memory() -> Iterator[CloudLines]:
    yield MemoryLines(
        Line(str(place), START + timedelta(seconds=after), source, text)
        for place, (source, after, text) in enumerate(WRITTEN)
    )


@contextmanager
def _on_aws() -> Iterator[CloudLines]:
    with cloud_in_moto() as cloud:
        for place, (source, after, text) in enumerate(WRITTEN):
            at = round((START.timestamp() + after) * 1_000)
            cloud.write(GROUPS[source], f"stream-{place}", [(at, text)])
        yield AwsLines(Aws(REGION, 1), PROJECT)


LINES: dict[str, Callable[[], AbstractContextManager[CloudLines]]] = {
    "memory": _in_memory,
    "aws": _on_aws,
}


@pytest.fixture(params=LINES)
def lines(request: pytest.FixtureRequest) -> Iterator[CloudLines]:
    with LINES[request.param]() as opened:
        yield opened


class TestCloudLinesContract:
    def test_yields_the_lines_of_all_programs_in_order_of_time(
        self, lines: CloudLines
    ) -> None:
        found = list(lines.since(START))
        sources = [line.source for line in found]
        assert sources == [
            "orchestrator",
            "ecs",
            "worker",
            "orchestrator",
            "alarm",
            "rotation",
        ]
        assert found[0].text == '{"message":"planned","run_id":"run-1"}'
        assert found[0].at == START + timedelta(seconds=1)

    def test_tells_the_lines_apart(self, lines: CloudLines) -> None:
        assert len({line.id for line in lines.since(START)}) == len(WRITTEN)

    def test_leaves_out_what_was_written_earlier(self, lines: CloudLines) -> None:
        found = lines.since(START + timedelta(seconds=3))
        assert [line.text for line in found][:2] == [
            "fetched for run-1",
            "closed run-1",
        ]

    def test_yields_the_lines_that_name_a_run(self, lines: CloudLines) -> None:
        found = lines.since(START, "run-2")
        assert [line.text for line in found] == ["begun for run-2"]


class TestOnAws:
    def test_a_program_that_has_written_nothing_yet_is_left_out(self) -> None:
        with cloud_in_moto() as cloud:
            at = round(START.timestamp() * 1_000) + 1
            cloud.write(GROUPS["worker"], "stream", [(at, "alone")])
            found = list(AwsLines(Aws(REGION, 1), PROJECT).since(START))
            assert [(line.source, line.text) for line in found] == [("worker", "alone")]

    def test_where_nothing_is_deployed_that_is_said(self) -> None:
        lines = AwsLines(Aws(REGION, 1), PROJECT)
        with cloud_in_moto(), pytest.raises(NotFoundError, match="project_name"):
            list(lines.since(START))
