from __future__ import annotations

import csv
import itertools
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_ROOT = Path(__file__).parents[2]


def reckon(tree: Path, *arguments: str) -> int:
    script = tree / "infrastructure" / "cost" / "cost.py"
    return subprocess.run(
        [sys.executable, str(script), *arguments], check=False
    ).returncode


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a copy of what the page is made of."""
    shutil.copytree(_ROOT / "infrastructure/cost", tmp_path / "infrastructure/cost")
    (tmp_path / "docs").mkdir()
    shutil.copy(_ROOT / "docs" / "cost.md", tmp_path / "docs")
    return tmp_path


def test_the_page_says_what_the_script_reckons() -> None:
    assert reckon(_ROOT, "--check") == 0


def test_a_price_that_has_changed_shows_and_is_written(tree: Path) -> None:
    prices = tree / "infrastructure" / "cost" / "prices.csv"
    prices.write_text(prices.read_text().replace("s3_gb_month,0.023", "s3_gb_month,2"))

    assert reckon(tree, "--check") == 1
    assert reckon(tree) == 0

    page = (tree / "docs" / "cost.md").read_text()
    assert reckon(tree, "--check") == 0
    assert "| 2 | GB-month of S3 Standard |" in page
    assert page.startswith((_ROOT / "docs" / "cost.md").read_text()[:2_000])


def test_every_price_says_when_and_where_it_was_seen() -> None:
    with (_ROOT / "infrastructure/cost/prices.csv").open(newline="") as file:
        prices = list(csv.DictReader(file))

    assert prices
    for each in prices:
        assert float(each["usd"]) > 0
        assert re.fullmatch(r"20[0-9]{2}-[01][0-9]", each["seen"]), each
        assert each["source"]


def test_the_ways_to_the_internet_get_dearer_from_one_to_the_next() -> None:
    page = (_ROOT / "docs" / "cost.md").read_text()
    rows = [
        [float(cell) for cell in cells.split("|")]
        for way in ("public_ip", "nat_single", "nat_per_az")
        for cells in re.findall(
            rf"^\| \*\*all of it with `{way}`\*\* \|(.*)\|$", page, re.MULTILINE
        )
    ]

    assert len(rows) == 3
    assert all(
        cheap < dear
        for one, next_ in itertools.pairwise(rows)
        for cheap, dear in zip(one, next_, strict=True)
    )
