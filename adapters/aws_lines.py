"""The lines of a mirror's programs, as Amazon CloudWatch Logs keeps them."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from adapters.aws.client import Aws
from ports.cloud_lines import CloudLines, Line
from ports.errors import NotFoundError

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


class AwsLines(CloudLines):
    """The groups of all functions and of the tasks, read as one."""

    def __init__(self, aws: Aws, project: str) -> None:
        self._aws = aws
        self._groups = {
            "orchestrator": f"/aws/lambda/{project}-orchestrator",
            "worker": f"/aws/lambda/{project}-worker",
            "ecs": f"/aws/ecs/{project}",
            "alarm": f"/aws/lambda/{project}-alarm",
            "rotation": f"/aws/lambda/{project}-rotation",
        }

    def since(self, moment: datetime, run_id: str | None = None) -> Iterator[Line]:
        start = (moment - _EPOCH) // _MILLISECOND
        # In quotes it is looked for as it is, whatever else a line says.
        pattern = f'"{run_id}"' if run_id else ""
        missing: list[NotFoundError] = []
        yield from heapq.merge(
            *(
                self._group(source, group, start, pattern, missing)
                for source, group in self._groups.items()
            ),
            key=lambda line: line.at,
        )
        if len(missing) == len(self._groups):
            raise missing[0]

    def _group(
        self,
        source: str,
        group: str,
        start: int,
        pattern: str,
        missing: list[NotFoundError],
    ) -> Iterator[Line]:
        try:
            with self._aws.translator.translated(
                f"read the lines of {group}",
                right=f"logs:FilterLogEvents on {group}",
                missing="deploy it, or set project_name and aws_region to its own",
            ):
                pages = self._aws.lines.get_paginator("filter_log_events").paginate(
                    logGroupName=group, startTime=start, filterPattern=pattern
                )
                for page in pages:
                    for event in page["events"]:
                        yield Line(
                            event["eventId"],
                            _EPOCH + event["timestamp"] * _MILLISECOND,
                            source,
                            event["message"].rstrip("\n"),
                        )
        except NotFoundError as error:
            # One of them has not been used yet, or is not part of the deployment.
            missing.append(error)
