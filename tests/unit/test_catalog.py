from dataclasses import replace
from typing import Any

import pytest

from domain.catalog import Catalog, Skipped
from domain.formula import Formula
from tests.support.catalogs import (
    DOCUMENT,
    digest_of,
    make_formula,
    make_test_catalog,
)


def reasons(catalog: Catalog) -> dict[str, str]:
    return {skipped.name: skipped.reason for skipped in catalog.skipped}


def test_holds_its_formulae_by_name() -> None:
    jq, curl = make_formula("jq"), make_formula("curl")
    assert make_test_catalog(jq, curl).formulae == {"jq": jq, "curl": curl}


def test_keeps_what_was_refused_before_with_its_reason() -> None:
    refused = Skipped("../evil", "not a name")
    catalog = make_test_catalog(refused, make_formula("jq"))
    assert catalog.skipped == (refused,)
    assert list(catalog.formulae) == ["jq"]


def test_offers_every_bottle_of_its_formulae() -> None:
    catalog = make_test_catalog(
        make_formula("jq", "1.8", revision=1, rebuild=2), make_formula("openssl@3", "3")
    )
    bottles = [b for formula in catalog.formulae.values() for b in formula.bottles()]
    assert all(catalog.offers(bottle) for bottle in bottles)


@pytest.mark.parametrize(
    "other",
    [
        {"name": "oniguruma"},
        {"pkg_version": "1.9"},
        {"rebuild": 2},
        {"tag": "catalina"},
        {"digest": digest_of("another")},
    ],
)
def test_does_not_offer_a_bottle_that_differs_in(other: dict[str, Any]) -> None:
    formula = make_formula("jq", "1.8", rebuild=1)
    bottle = next(formula.bottles())
    assert not make_test_catalog(formula).offers(replace(bottle, **other))


COLLISIONS: dict[str, tuple[Formula, Formula, str]] = {
    "its key": (
        make_formula("foo", "1-1"),
        make_formula("foo-1", "1", rebuild=0),
        "its key is also that of",
    ),
    "its key, by a rebuild": (
        make_formula("foo", "1", rebuild=1),
        make_formula("foo-1", "1"),
        "its key is also that of",
    ),
    "its file name, and with it its key": (
        make_formula("foo", "1-1", rebuild=2),
        make_formula("foo-1", "1", rebuild=2),
        "its key is also that of",
    ),
    "its image": (
        make_formula("foo+", "1"),
        make_formula("foox", "2"),
        "its image is also that of",
    ),
    "the case of its letters": (
        make_formula("foo", "1"),
        make_formula("Foo", "1"),
        "its image is also that of",
    ),
    "a tag that one of them has not yet": (
        make_formula("foo", "1-1", tags=("sonoma",)),
        make_formula("foo-1", "1", tags=("ventura",)),
        "its key is also that of",
    ),
}


@pytest.mark.parametrize(
    ("one", "other", "reason"), COLLISIONS.values(), ids=list(COLLISIONS)
)
def test_refuses_both_entries_that_would_meet_in_the_store(
    one: Formula, other: Formula, reason: str
) -> None:
    catalog = make_test_catalog(one, make_formula("jq"), other)
    assert list(catalog.formulae) == ["jq"]
    assert reasons(catalog) == {
        one.name: f"{reason} {other.name}",
        other.name: f"{reason} {one.name}",
    }


def test_refuses_both_entries_of_one_name() -> None:
    catalog = make_test_catalog(make_formula("jq", "1"), make_formula("jq", "2"))
    assert catalog.formulae == {}
    assert reasons(catalog) == {"jq": "its name is also that of jq"}


def test_names_everyone_that_an_entry_meets() -> None:
    catalog = make_test_catalog(
        make_formula("foo+", "1"), make_formula("foox", "2"), make_formula("Foox", "3")
    )
    assert reasons(catalog)["foox"] == "its image is also that of foo+, Foox"


def test_entries_without_bottles_meet_nobody() -> None:
    catalog = make_test_catalog(
        make_formula("foo+", tags=()), make_formula("foox", tags=("sonoma",))
    )
    assert set(catalog.formulae) == {"foo+", "foox"}


def test_an_alias_and_an_old_name_mean_their_formula() -> None:
    catalog = make_test_catalog(
        replace(
            make_formula("python@3.14", aliases=("python", "python3")), oldnames=("py",)
        )
    )
    assert catalog.aliases == {
        "python": "python@3.14",
        "python3": "python@3.14",
        "py": "python@3.14",
    }


def test_a_name_wins_over_an_alias_and_an_alias_over_an_old_name() -> None:
    catalog = make_test_catalog(
        replace(make_formula("a"), oldnames=("x",)),
        make_formula("b", aliases=("x", "c")),
        make_formula("c", aliases=("x",)),
    )
    assert catalog.aliases == {"x": "b"}


def test_the_name_of_a_refused_entry_means_no_other_formula() -> None:
    catalog = make_test_catalog(
        Skipped("foo", "?"), make_formula("b", aliases=("foo",))
    )
    assert catalog.aliases == {}


def test_a_refused_entry_has_no_aliases() -> None:
    catalog = make_test_catalog(
        make_formula("foo+", aliases=("f",)), make_formula("foox", aliases=("f",))
    )
    assert catalog.aliases == {}


def test_is_not_changed_by_whoever_made_it() -> None:
    formulae, aliases = {"jq": make_formula("jq")}, {"q": "jq"}
    catalog = Catalog(DOCUMENT, formulae, aliases)
    formulae.clear()
    aliases.clear()
    assert "jq" in catalog.formulae
    assert catalog.aliases == {"q": "jq"}
