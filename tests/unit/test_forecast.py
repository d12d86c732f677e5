import csv
import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path, PurePath

import pytest

from domain import cost
from domain.bottle import Bottle
from domain.config import BucketAddress, FolderAddress, SyncConfig
from domain.exposure_config import ExposureConfig
from domain.forecast import ASSUMED_SIZE, forecast
from tests.support.catalogs import make_bottle

ROOT = Path(__file__).parents[2]
FOLDER = SyncConfig(FolderAddress(PurePath("mirror")))
BUCKET = SyncConfig(BucketAddress("bottles"))
ONE_VIEW = ExposureConfig(views=("registry",))

JQ = make_bottle("jq")
SAME = replace(make_bottle("jq", tag="arm64_tahoe"), digest=JQ.digest)
XZ = make_bottle("xz")


def many(number: int) -> list[Bottle]:
    return [make_bottle(f"f{each}") for each in range(number)]


def test_what_is_known_is_told_exactly_and_all_else_is_the_mean() -> None:
    made = forecast([JQ, XZ], {JQ.digest: 1_000}, FOLDER)

    assert (made.bottles, made.fetched, made.assumed) == (2, 1_000 + ASSUMED_SIZE, 1)


def test_a_folder_keeps_one_file_under_all_names_and_costs_nothing() -> None:
    made = forecast([JQ, SAME], {JQ.digest: 700_000}, FOLDER)

    assert (made.bottles, made.fetched) == (2, 700_000)
    # 30 days of news, of 14% a week.
    assert made.kept == 700_000 * 16 // 10
    assert made.storage is None


def test_a_bucket_keeps_each_name_and_each_view_for_longer_at_a_price() -> None:
    made = forecast([JQ, SAME], {JQ.digest: 700_000}, BUCKET)

    assert made.fetched == 700_000
    # Two names, each of them and its view, 60 days of news.
    assert made.kept == 700_000 * 4 * 22 // 10
    assert made.storage == made.kept * Decimal("0.023") / 10**9


@pytest.mark.parametrize(("views", "copies"), [((), 1), (("registry", "flat"), 3)])
def test_views_are_what_is_asked_for(views: tuple[str, ...], copies: int) -> None:
    exposure = replace(ONE_VIEW, views=views)  # type: ignore[arg-type]
    made = forecast([JQ], {JQ.digest: 700_000}, replace(BUCKET, exposure=exposure))

    assert made.kept == 700_000 * copies * 22 // 10


def test_nothing_takes_nothing() -> None:
    made = forecast([], {}, BUCKET)

    assert (made.bottles, made.fetched, made.kept) == (0, 0, 0)
    assert made.storage == 0


def test_the_page_on_costs_reckons_the_same() -> None:
    page = (ROOT / "docs" / "cost.md").read_text()
    row = re.search(r"^\| S3, storage \|(.*)\|$", page, re.MULTILINE)
    assert row is not None
    *_, one_tag, three_tags = (float(cell) for cell in row[1].split("|"))

    for bottles, told in ((8_370, one_tag), (22_876, three_tags)):
        storage = forecast(many(bottles), {}, BUCKET).storage
        assert storage is not None
        assert float(storage) == pytest.approx(told, rel=0.1)


def test_prices_are_those_of_the_table() -> None:
    with (ROOT / "infrastructure/cost/prices.csv").open(newline="") as file:
        prices = {row["name"]: Decimal(row["usd"]) for row in csv.DictReader(file)}

    assert prices["s3_gb_month"] == cost.GB_MONTH_PRICE
    assert prices["s3_put"] == cost.PUT_PRICE
    assert prices["s3_get"] == cost.GET_PRICE
