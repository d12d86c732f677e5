import re
from collections.abc import Collection
from datetime import date
from urllib.parse import unquote

from hypothesis import given
from hypothesis import strategies as st

from domain.bottle import Bottle
from domain.catalog import Catalog, make_catalog
from domain.formula import Formula
from domain.selection import Selection, choose
from domain.tags import ALL, Tag, pour_tag
from tests.support.catalogs import (
    DOCUMENT,
    TAGS,
    catalogs,
    colliding_formulae,
    digest_of,
    formulae,
    selections,
)

DAY = date(2026, 8, 22)
MACOS = ["golden_gate", "tahoe", "sequoia", "sonoma", "ventura", "big_sur", "catalina"]

any_tags = st.sampled_from([*TAGS, ALL, Tag("catalina"), Tag("arm64_golden_gate")])
lists_of_entries = st.lists(colliding_formulae, max_size=6)


def naive_pour(client: str, offered: Collection[str]) -> str | None:
    """Look for the bottle from the best one down."""
    best = [client, "all"]
    if not client.endswith("_linux"):
        arch = "arm64_" if client.startswith("arm64_") else ""
        place = MACOS.index(client.removeprefix(arch))
        best += [arch + older for older in MACOS[place + 1 :]]
    return next((tag for tag in best if tag in offered), None)


@given(st.sampled_from(TAGS), st.frozensets(any_tags))
def test_pours_as_a_search_from_the_best_bottle_down_would(
    client: Tag, offered: frozenset[Tag]
) -> None:
    assert pour_tag(client, offered) == naive_pour(client, offered)


def naive_wanted(catalog: Catalog, selection: Selection, tag: Tag) -> set[str]:
    """Add what is needed until nothing is missing."""

    def excluded(name: str) -> bool:
        shapes = {"j*": name.startswith("j"), "curl": name == "curl"}
        shapes["*[0-9]"] = name[-1] in "0123456789"
        return any(shapes[pattern] for pattern in selection.exclude)

    def real(name: str) -> str:
        return catalog.aliases.get(name, name)

    roots = selection.formulae or tuple(catalog.formulae)
    wanted = {real(name) for name in roots if not excluded(real(name))}
    while selection.with_deps:
        needed = {
            real(name)
            for formula in catalog.formulae.values()
            if formula.name in wanted
            for name in formula.needs_on(tag)
            if not excluded(real(name))
        }
        if needed <= wanted:
            break
        wanted |= needed
    return wanted


@given(st.data())
def test_chooses_what_is_wanted_with_all_it_needs_and_nothing_else(
    data: st.DataObject,
) -> None:
    catalog = data.draw(catalogs)
    selection = data.draw(selections(catalog))
    offer = choose(catalog, selection)
    assert offer.tags == selection.tags.names
    for tag, bottles in offer.by_tag.items():
        poured = set()
        for name in naive_wanted(catalog, selection, tag) & catalog.formulae.keys():
            formula = catalog.formulae[name]
            if (best := naive_pour(tag, formula.digests)) is not None:
                poured.add(formula.bottle(Tag(best)))
        assert set(bottles) == poured
        assert len(bottles) == len(poured)


@given(st.data())
def test_chooses_each_bottle_once_and_in_the_order_of_the_keys(
    data: st.DataObject,
) -> None:
    catalog = data.draw(catalogs)
    offer = choose(catalog, data.draw(selections(catalog)))
    keys = [bottle.key for bottle in offer.bottles()]
    assert keys == sorted(set(keys))
    assert set(offer.bottles()) == {b for bs in offer.by_tag.values() for b in bs}


wild_names = st.from_regex(r"[a-z0-9][a-z0-9+._-]{0,8}(@[0-9.]{1,3})?", fullmatch=True)
wild_versions = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9@+._~,:-]{0,8}", fullmatch=True)


@given(wild_names, wild_versions, st.integers(0, 12), any_tags)
def test_every_name_becomes_one_that_brew_would_ask_for(
    name: str, version: str, rebuild: int, tag: Tag
) -> None:
    try:
        bottle = Bottle(name, version, rebuild, tag, digest_of(""))
    except ValueError:
        assert ".." in name + " " + version or "@." in name
        return
    asked = bottle.url_name
    assert re.fullmatch(r"(?:[A-Za-z0-9\-_.~]|%[0-9A-F]{2})+", asked)
    assert unquote(asked) == bottle.file_name
    assert asked.count("%40") == bottle.file_name.count("@")
    assert asked.count("%2B") == bottle.file_name.count("+")
    assert bottle.object_key(DAY).split("/") == ["2026-08-22", bottle.file_name]
    parts = bottle.image.split("/")
    assert all(part not in {"", ".", ".."} for part in parts)


@given(lists_of_entries)
def test_two_bottles_of_one_catalog_never_share_a_name(entries: list[Formula]) -> None:
    catalog = make_catalog(DOCUMENT, entries)
    bottles = [b for formula in catalog.formulae.values() for b in formula.bottles()]
    # A folder may take two names for one that differ in the case of their letters.
    keys = {bottle.key.lower() for bottle in bottles}
    places = {bottle.object_key(DAY).lower() for bottle in bottles}
    assert len(keys) == len(places) == len(bottles)
    images = {bottle.image.lower(): bottle.name for bottle in bottles}
    assert len(images) == len({bottle.name for bottle in bottles})
    assert all(catalog.offers(bottle) for bottle in bottles)


def meet(one: Formula, other: Formula) -> bool:
    """Tell whether names of the two could not be told apart, were their tags one."""
    if one.name == other.name:
        return True
    if not (one.digests and other.digests):
        return False
    names = [
        {bottle.key.lower(), bottle.file_name.lower(), f"{bottle.image.lower()}/"}
        for formula in (one, other)
        for bottle in [
            Bottle(
                formula.name, formula.pkg_version, formula.rebuild, ALL, digest_of("")
            )
        ]
    ]
    return not names[0].isdisjoint(names[1])


@given(lists_of_entries)
def test_exactly_the_entries_that_meet_are_refused_and_by_name(
    entries: list[Formula],
) -> None:
    catalog = make_catalog(DOCUMENT, entries)
    guilty = {
        entry.name
        for at, entry in enumerate(entries)
        if any(meet(entry, other) for i, other in enumerate(entries) if i != at)
    }
    assert {skipped.name for skipped in catalog.skipped} == guilty
    assert set(catalog.formulae) == {entry.name for entry in entries} - guilty


@given(st.lists(formulae, max_size=6))
def test_an_alias_always_means_a_formula_and_never_hides_one(
    entries: list[Formula],
) -> None:
    catalog = make_catalog(DOCUMENT, entries)
    assert set(catalog.aliases.values()) <= set(catalog.formulae)
    assert catalog.aliases.keys().isdisjoint(catalog.formulae)
