"""Clients read the catalog or their packages: what either names is chosen."""

from __future__ import annotations

from datetime import timedelta

from domain.bottle import Bottle
from domain.catalog import Catalog, Skipped
from domain.packages import Packages
from domain.selection import Offer, Selection, choose
from domain.tags import ALL, Tag
from tests.support.catalogs import (
    make_bottle,
    make_formula,
    make_test_catalog,
    select,
)
from tests.support.published_api import CLIENT, NOON, packages

TAHOE = Tag("arm64_tahoe")
JQ = make_formula("jq", "1.0")
CATALOG = make_test_catalog(JQ, make_formula("bat", "1.0"))


def chosen(
    *offered: Packages, catalog: Catalog = CATALOG, selection: Selection | None = None
) -> Offer:
    served = {one.tag: one for one in offered}
    return choose(catalog, selection or select(*served), served)


def keys(offer: Offer) -> list[str]:
    return [bottle.key for bottle in offer.bottles()]


def aliased(other: str, *bottles: Bottle) -> Packages:
    """Return packages in which ``other`` means the first of ``bottles``."""
    named = {bottle.name: bottle for bottle in bottles}
    return Packages(CLIENT, NOON, named, {other: bottles[0].name})


def test_what_both_name_is_chosen_once() -> None:
    offer = chosen(packages(*choose(CATALOG, select(CLIENT)).bottles()))
    assert keys(offer) == ["bat-1.0-arm64_sonoma", "jq-1.0-arm64_sonoma"]
    assert offer.notes == ()


def test_another_version_or_rebuild_in_the_packages_is_chosen_beside() -> None:
    newer = make_bottle("jq", "1.1")
    rebuilt = make_bottle("bat", "1.0", rebuild=1)
    assert keys(chosen(packages(newer, rebuilt))) == [
        "bat-1.0-1-arm64_sonoma",
        "bat-1.0-arm64_sonoma",
        "jq-1.0-arm64_sonoma",
        "jq-1.1-arm64_sonoma",
    ]


def test_a_formula_without_a_bottle_in_the_catalog_has_one_in_the_packages() -> None:
    catalog = make_test_catalog(make_formula("jq", tags=["x86_64_linux"]))
    offer = chosen(
        packages(make_bottle("jq", "1.0")),
        catalog=catalog,
        selection=select(CLIENT, formulae=("jq",)),
    )
    assert keys(offer) == ["jq-1.0-arm64_sonoma"]
    assert offer.notes == ()


def test_packages_are_those_of_their_client_alone() -> None:
    offer = chosen(packages(make_bottle("jq", "1.1")), packages(client=TAHOE))
    assert [b.key for b in offer.by_tag[TAHOE]] == [
        "jq-1.0-arm64_sonoma",
        "bat-1.0-arm64_sonoma",
    ]
    assert "jq-1.1-arm64_sonoma" in keys(offer)


def test_of_two_digests_that_of_the_packages_is_taken_and_told() -> None:
    other = make_bottle("jq", "1.0", content="rebuilt in place")
    offer = chosen(packages(other), packages(client=TAHOE))
    assert other in offer.bottles()
    assert JQ.bottle(CLIENT) not in offer.bottles()
    assert other in offer.by_tag[TAHOE]
    (note,) = offer.notes
    assert note.startswith("jq-1.0-arm64_sonoma: the documents of the API name two")
    assert note.endswith(f"sha256:{other.digest}")


def test_of_two_digests_in_packages_that_of_the_later_ones_is_taken() -> None:
    catalog = make_test_catalog()
    early = make_bottle("jq", "1.0", ALL, content="early")
    late = make_bottle("jq", "1.0", ALL, content="late")
    later = packages(late, made=NOON + timedelta(minutes=15), client=TAHOE)
    for offered in ((packages(early), later), (later, packages(early))):
        offer = chosen(*offered, catalog=catalog)
        assert offer.bottles() == (late,)
        assert len(offer.notes) == 1


def test_what_only_the_packages_have_is_a_part_of_everything() -> None:
    new = make_bottle("zsh", "5.9")
    assert new in chosen(packages(new)).bottles()
    assert (
        new
        in chosen(packages(new), selection=select(CLIENT, formulae=("z*",))).bottles()
    )
    for other in (
        select(CLIENT, formulae=("jq",)),
        select(CLIENT, exclude=("zs?",)),
    ):
        assert new not in chosen(packages(new), selection=other).bottles()


def test_what_was_renamed_since_is_found_by_its_new_name() -> None:
    renamed = make_bottle("jq-ng", "2.0")
    only_jq = select(CLIENT, formulae=("jq",))
    offer = chosen(aliased("jq", renamed), selection=only_jq)
    assert keys(offer) == ["jq-1.0-arm64_sonoma", "jq-ng-2.0-arm64_sonoma"]


def test_what_was_renamed_before_is_found_by_its_old_name() -> None:
    catalog = make_test_catalog(make_formula("jq", "2.0", aliases=("jq-classic",)))
    offer = chosen(
        packages(make_bottle("jq-classic", "1.0")),
        catalog=catalog,
        selection=select(CLIENT, formulae=("jq",)),
    )
    assert keys(offer) == ["jq-2.0-arm64_sonoma", "jq-classic-1.0-arm64_sonoma"]


def test_what_the_catalog_refused_is_not_taken_from_the_packages() -> None:
    catalog = make_test_catalog(JQ, Skipped("odd", "its name meets another's"))
    assert keys(chosen(packages(make_bottle("odd", "1")), catalog=catalog)) == [
        "jq-1.0-arm64_sonoma"
    ]


def test_a_bottle_whose_key_is_that_of_another_formula_is_left_out() -> None:
    catalog = make_test_catalog(make_formula("foo", "1-1"))
    other = make_bottle("foo-1", "1")
    offer = chosen(packages(other), catalog=catalog)
    (bottle,) = offer.bottles()
    assert (bottle.name, bottle.key) == ("foo", other.key)
    assert offer.notes == (
        f"{other.key} of foo-1 is left out: its key is also that of foo",
    )


def test_what_any_document_names_is_on_offer_chosen_or_not() -> None:
    newer, older = make_bottle("jq", "1.1"), make_bottle("jq", "0.9")
    offer = chosen(packages(newer), selection=select(CLIENT, formulae=("bat",)))
    assert offer.includes(newer)
    assert offer.includes(JQ.bottle(CLIENT))
    assert not offer.includes(older)


def test_names_that_any_document_refused_are_unread() -> None:
    odd = Packages(CLIENT, NOON, {}, {}, (Skipped("one", "no"),))
    catalog = make_test_catalog(JQ, Skipped("two", "no"))
    assert chosen(odd, catalog=catalog).unread() == {"one", "two"}
