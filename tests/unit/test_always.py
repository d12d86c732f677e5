"""What clients need whatever they ask for: the Ruby that brew runs on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.config import SyncConfig
from domain.exposure_config import ExposureConfig
from domain.selection import Selection, choose
from domain.views import PORTABLE_RUBY
from tests.support.catalogs import make_formula, make_test_catalog, select

RUBY = make_formula(
    PORTABLE_RUBY, "4.0.6", ["arm64_big_sur", "catalina", "x86_64_linux"]
)
CATALOG = make_test_catalog(make_formula("jq", tags=["arm64_tahoe", "sonoma"]), RUBY)


def chosen(*tags: str, exclude: tuple[str, ...] = ()) -> list[str]:
    """Return the keys that are chosen beside jq."""
    selection = select(*tags, formulae=("jq",), exclude=exclude)
    offer = choose(CATALOG, replace(selection, always=(PORTABLE_RUBY,)))
    return [bottle.key for bottle in offer.bottles() if bottle.name != "jq"]


@pytest.mark.parametrize(
    ("client", "poured"),
    [
        ("arm64_tahoe", "arm64_big_sur"),
        ("sonoma", "catalina"),
        ("x86_64_linux", "x86_64_linux"),
    ],
)
def test_the_ruby_that_a_client_would_pour_is_chosen_beside_what_is_named(
    client: str, poured: str
) -> None:
    assert chosen(client) == [f"portable-ruby-4.0.6-{poured}"]


def test_who_excludes_it_does_without() -> None:
    assert chosen("arm64_tahoe", exclude=("portable-*",)) == []


def test_a_catalog_without_it_does_without() -> None:
    selection = replace(select("arm64_tahoe", formulae=("jq",)), always=("no-such",))
    assert [b.name for b in choose(CATALOG, selection).bottles()] == ["jq"]


def test_it_is_wanted_where_clients_read_any_view() -> None:
    assert SyncConfig().selection.always == (PORTABLE_RUBY,)
    none = SyncConfig(exposure=ExposureConfig(views=()))
    assert none.selection.always == ()


def test_a_selection_of_names_is_another_one_with_it() -> None:
    everything, named = Selection(), Selection(formulae=("jq",))
    assert replace(everything, always=("x",)).sha256 == everything.sha256
    assert replace(named, always=("x",)).sha256 != named.sha256


@pytest.mark.parametrize(
    ("config", "mirrors"),
    [
        (SyncConfig(), True),
        (SyncConfig(exposure=ExposureConfig(publish=False)), True),
        (SyncConfig(exposure=ExposureConfig(views=())), False),
        (SyncConfig(catalog="formula.json"), False),
        (SyncConfig(catalog="./formula.jws.json"), False),
    ],
)
def test_the_signed_api_is_mirrored_where_there_is_a_view_for_it(
    config: SyncConfig, *, mirrors: bool
) -> None:
    assert config.mirrors_api == mirrors
