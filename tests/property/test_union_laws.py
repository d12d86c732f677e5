"""The plan covers every bottle that any document names for what is selected."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.bottle import Bottle
from domain.catalog import Catalog
from domain.formula import Formula
from domain.ledger import Ledger
from domain.packages import Packages
from domain.plan import make_plan
from domain.selection import Offer, Selection, choose
from domain.tags import Tag, pour_tag
from tests.support.catalogs import NAMES, catalogs, formulae, selections
from tests.support.chain import ledger_holding
from tests.support.published_api import NOON

_OTHER_NAMES = st.sampled_from([*NAMES, "zsh", "jq@1"])


@st.composite
def packages_for(draw: st.DrawFn, client: Tag) -> Packages:
    """Draw packages of formulae as they were, are, or will be."""
    bottles: dict[str, Bottle] = {}
    for formula in draw(st.lists(formulae, max_size=4)):
        poured = pour_tag(client, formula.digests)
        if poured is not None:
            bottles[formula.name] = formula.bottle(poured)
    made = NOON + timedelta(minutes=draw(st.integers(0, 2)))
    others = st.sampled_from([*bottles]) if bottles else st.nothing()
    aliases = draw(st.dictionaries(_OTHER_NAMES, others, max_size=1))
    return Packages(client, draw(st.sampled_from([made, None])), bottles, aliases)


@st.composite
def offers(draw: st.DrawFn) -> Offer:
    """Draw what a selection chooses from documents that need not agree."""
    catalog = draw(catalogs)
    selection = draw(selections(catalog))
    served = {
        tag: draw(packages_for(tag))
        for tag in selection.tags.names
        if draw(st.booleans())
    }
    return choose(catalog, selection, served)


def wanted(offer: Offer, tag: Tag) -> set[str]:
    """Return the formulae that the catalog alone has for a client's selection."""
    alone = choose(offer.catalog, offer.selection)
    return {bottle.name for bottle in alone.by_tag[tag]}


@given(offers())
def test_every_key_that_any_document_names_is_chosen(offer: Offer) -> None:
    keys = {bottle.key for bottle in offer.bottles()}
    for tag in offer.tags:
        names = wanted(offer, tag)
        alone = choose(offer.catalog, offer.selection).by_tag[tag]
        assert {bottle.key for bottle in alone} <= keys
        named = offer.packages[tag].bottles if tag in offer.packages else {}
        assert {named[name].key for name in names & named.keys()} <= keys


@given(offers())
def test_every_digest_that_packages_name_is_chosen_unless_later_ones_say_otherwise(
    offer: Offer,
) -> None:
    chosen = {bottle.key: bottle for bottle in offer.bottles()}
    for tag, packages in offer.packages.items():
        for name in wanted(offer, tag) & packages.bottles.keys():
            bottle = packages.bottles[name]
            taken = chosen[bottle.key]
            if taken != bottle:
                assert any(taken in other.bottles.values() for other in _others(offer))


def _others(offer: Offer) -> list[Packages]:
    return list(offer.packages.values())


@given(offers())
def test_nothing_is_chosen_that_no_document_names(offer: Offer) -> None:
    for bottle in offer.bottles():
        assert offer.includes(bottle)
        assert offer.catalog.offers(bottle) or any(
            bottle in packages.bottles.values() for packages in offer.packages.values()
        )


@given(offers(), st.lists(formulae, max_size=4))
def test_a_plan_fetches_all_that_is_chosen_and_supersedes_nothing_that_is_named(
    offer: Offer, others: list[Formula]
) -> None:
    bottles = {b.key: b for formula in others for b in formula.bottles()}
    ledger = ledger_holding(bottles.values())
    work = make_plan(offer, ledger, {}).work
    fetched = {bottle for load in work.loads for bottle in load.bottles}
    assert fetched == {b for b in offer.bottles() if not ledger.has(b)}
    superseded = {key for key, _ in work.superseded}
    for key, bottle in bottles.items():
        assert (key in superseded) != offer.includes(bottle)


@given(catalogs, st.data())
def test_without_packages_it_is_the_catalog_alone(
    catalog: Catalog, data: st.DataObject
) -> None:
    selection: Selection = data.draw(selections(catalog))
    nothing: Mapping[Tag, Packages] = {
        tag: Packages(tag, None, {}, {}) for tag in selection.tags.names
    }
    alone = choose(catalog, selection)
    beside = choose(catalog, selection, nothing)
    assert (beside.by_tag, beside.notes) == (alone.by_tag, alone.notes)
    assert make_plan(beside, Ledger(), {}) == make_plan(alone, Ledger(), {})
