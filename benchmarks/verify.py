"""Verifying a whole mirror in a bucket, beside what the server takes from curl."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from statistics import median
from typing import Final

import boto3

from benchmarks.program import Measured, bottles, measured
from benchmarks.stores import Target, bucket
from benchmarks.syncing import DEFAULT_JOBS, sync
from benchmarks.table import MB, NotMeasuredError, Table
from benchmarks.upstream import upstream
from tests.standin.recipes import MAIN_TAGS

_TAGS: Final = MAIN_TAGS[:3]
_BOTTLES: Final = 22_878
"""The three newest tags of homebrew/core had one more in August 2026."""
_SIZE: Final = 1_000  # bytes, which nobody reads
_RUNS: Final = 3
_HEADING: Final = ("", "objects/s", "wall s", "CPU s", "peak MB")


def measure(place: Path) -> Table:
    curl = shutil.which("curl")
    if curl is None:
        raise NotMeasuredError("curl is not installed")
    formulae, tags = _BOTTLES // len(_TAGS), ",".join(_TAGS)
    runs, asked = [], []
    with bucket(place) as target:
        with upstream(f"plain:{formulae}:{tags}", _SIZE) as served:
            sync(served, target, place, tags=tags)
        list_of_all = _signed(target, place / "heads")
        for _ in range(_RUNS):
            runs.append(
                bottles(
                    *("verify", "--store", target.url, "--jobs", str(DEFAULT_JOBS)),
                    *("--json", "--quiet"),
                    cwd=place,
                    settings=target.settings,
                )
            )
            asked.append(
                measured(
                    *(curl, "--parallel", "--parallel-max", str(DEFAULT_JOBS)),
                    *("--silent", "--fail", "--head", "--output", "/dev/null"),
                    *("--cacert", target.settings["AWS_CA_BUNDLE"]),
                    *("--config", str(list_of_all)),
                    cwd=place,
                )
            )
    for run in runs:
        assert run.answer["checked"] == _BOTTLES
        assert run.answer["ok"] == _BOTTLES
    return Table(
        f"bottles verify of {_BOTTLES:,} objects, {DEFAULT_JOBS} at a time;"
        f" medians of {_RUNS}, in turn",
        (_HEADING, _row("bottles verify", runs), _row("curl", asked)),
        (
            "curl: HEAD of the same objects, nothing checked: what the server takes",
            "goal: 2,000 objects a second, or as many as the server takes",
        ),
    )


def _row(name: str, runs: Sequence[Measured]) -> tuple[str, ...]:
    wall = median(run.wall for run in runs)
    return (
        name,
        f"{_BOTTLES / wall:,.0f}",
        f"{wall:.2f}",
        f"{median(run.cpu for run in runs):.2f}",
        f"{max(run.peak for run in runs) / MB:.0f}",
    )


def _signed(target: Target, to: Path) -> Path:
    """Write a configuration of curl's that asks for every bottle."""
    name = target.url.removeprefix("s3://")
    client = boto3.client(
        "s3",
        endpoint_url=target.settings["AWS_ENDPOINT_URL"],
        region_name=target.settings["AWS_DEFAULT_REGION"],
        aws_access_key_id=target.settings["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=target.settings["AWS_SECRET_ACCESS_KEY"],
        verify=target.settings["AWS_CA_BUNDLE"],
    )
    with closing(client), to.open("w", encoding="utf-8") as lines:
        pages = client.get_paginator("list_objects_v2").paginate(
            Bucket=name, Prefix="20"
        )
        for page in pages:
            for found in page.get("Contents", ()):
                url = client.generate_presigned_url(
                    "head_object", {"Bucket": name, "Key": found["Key"]}
                )
                lines.write(f'url = "{url}"\noutput = "/dev/null"\n')
    return to
