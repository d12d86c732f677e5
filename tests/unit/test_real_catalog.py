# Counts that were made independently, on two real catalogs a week apart.

import gzip
from pathlib import Path

import pytest

from adapters.homebrew.reader import read_formulae
from domain.catalog import Catalog, make_catalog
from domain.ledger import Ledger
from domain.plan import SyncPlan, make_plan
from domain.selection import Offer, Selection, choose
from domain.tags import ALL, Tag, is_linux, known_tags, macos_age, pour_tag
from domain.work import Work
from tests.support.catalogs import DOCUMENT, select
from tests.support.chain import ledger_holding


def read(path: Path) -> Catalog:
    if not path.exists():
        pytest.skip(f"no real catalog at {path}: set BOTTLES_TEST_DATA")
    body = gzip.decompress(path.read_bytes())
    return make_catalog(DOCUMENT, read_formulae(body, path.name))


@pytest.fixture(scope="module")
def catalog(real_data: Path) -> Catalog:
    return read(real_data / "formula-2026-08-22.json.gz")


@pytest.fixture(scope="module")
def last_week(real_data: Path) -> Catalog:
    return read(real_data / "formula-2026-08-15.json.gz")


@pytest.fixture(scope="module")
def latest(catalog: Catalog) -> Offer:
    return choose(catalog, Selection())


@pytest.fixture(scope="module")
def held(last_week: Catalog) -> Ledger:
    return ledger_holding(choose(last_week, Selection()).bottles())


@pytest.fixture(scope="module")
def plan(latest: Offer, held: Ledger) -> SyncPlan:
    return make_plan(latest, held, {})


def counts(offer: Offer) -> tuple[int, int]:
    bottles = offer.bottles()
    return len(bottles), len({bottle.digest for bottle in bottles})


def test_every_entry_is_a_formula(catalog: Catalog) -> None:
    assert len(catalog.formulae) == 8_560
    assert catalog.skipped == ()
    digests = [d for f in catalog.formulae.values() for d in f.digests.values()]
    assert len(digests) == 54_650
    assert len(set(digests)) == 52_245


def test_the_latest_three_macos_versions(latest: Offer) -> None:
    assert latest.tags == ("arm64_tahoe", "arm64_sequoia", "arm64_sonoma")
    assert counts(latest) == (22_879, 21_112)
    assert [len(bottles) for bottles in latest.by_tag.values()] == [8_394, 8_386, 8_377]


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        (("arm64_sonoma", "arm64_ventura", "monterey"), (11_761, 11_623)),
        (("x86_64_linux",), (8_402, 8_402)),
        (("arm64_linux",), (8_376, 8_376)),
        (("tahoe",), (8_373, 8_373)),
    ],
)
def test_what_other_clients_would_pour(
    catalog: Catalog, tags: tuple[str, ...], expected: tuple[int, int]
) -> None:
    assert counts(choose(catalog, select(*tags))) == expected


def test_the_week_that_follows_a_full_mirror(held: Ledger, plan: SyncPlan) -> None:
    assert len(held.held) == 22_839
    assert plan.work.bottles == 2_247
    assert len(plan.work.loads) == plan.work.unknown_sizes == 1_963
    assert plan.work.copies == 2_247 - 1_963
    assert plan.held == 22_879 - 2_247


def test_what_the_week_has_superseded(
    latest: Offer, held: Ledger, plan: SyncPlan
) -> None:
    offered = {bottle.key for bottle in latest.bottles()}
    assert {key for key, _ in plan.work.superseded} == held.held.keys() - offered


def test_a_full_mirror_has_nothing_to_do(latest: Offer) -> None:
    full = ledger_holding(latest.bottles())
    assert make_plan(latest, full, {}).work == Work()


def test_portable_ruby_is_there_for_the_first_run_of_brew(latest: Offer) -> None:
    tags = {b.tag for b in latest.bottles() if b.name == "portable-ruby"}
    assert tags == {"arm64_big_sur"}


def test_two_hundred_formulae_have_names_to_encode(catalog: Catalog) -> None:
    odd = {
        formula.name
        for formula in catalog.formulae.values()
        for bottle in formula.bottles()
        if "%" in bottle.url_name
    }
    assert len(odd) == 200


def test_pours_the_first_bottle_on_the_list_that_is_not_too_new(
    catalog: Catalog,
) -> None:
    clients = known_tags([])
    for formula in catalog.formulae.values():
        listed = list(formula.digests)
        for client in clients:
            assert pour_tag(client, formula.digests) == first_listed(client, listed)


def first_listed(client: Tag, listed: list[Tag]) -> Tag | None:
    """Return what brew finds: it takes the list in the order of the formula."""
    if client in listed or ALL in listed:
        return client if client in listed else ALL
    arch = client.partition("_")[0] == "arm64"
    for tag in listed if not is_linux(client) else ():
        same = (tag.partition("_")[0] == "arm64") == arch and not is_linux(tag)
        if same and macos_age(tag) >= macos_age(client):
            return tag
    return None
