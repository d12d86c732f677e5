"""What Linux gives a container, told in either form."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from adapters.processors import processors

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="control groups are Linux'"
)

QUOTA, PERIOD = "cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us"


@pytest.fixture(autouse=True)
def host_of_64(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)))


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"cpu.max": "200000 100000\n"}, 2),
        ({"cpu.max": "150000 100000\n"}, 2),
        ({"cpu.max": "50000 100000\n"}, 1),
        ({"cpu.max": "1000 100000\n"}, 1),
        ({"cpu.max": "9000000 100000\n"}, 64),
        ({"cpu.max": "max 100000\n"}, 64),
        ({QUOTA: "300000\n", PERIOD: "100000\n"}, 3),
        ({QUOTA: "20000\n", PERIOD: "100000\n"}, 1),
        ({QUOTA: "-1\n", PERIOD: "100000\n"}, 64),
        ({"cpu.max": "\n"}, 64),
        ({}, 64),
    ],
)
def test_a_quota_is_as_many_processors_as_it_takes_to_use_it(
    told: Mapping[str, str], expected: int, tmp_path: Path
) -> None:
    for name, content in told.items():
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(content)

    assert processors(tmp_path) == expected


def test_this_machine_has_at_least_one() -> None:
    assert 1 <= processors() <= 64
