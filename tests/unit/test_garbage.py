from __future__ import annotations

from datetime import date

import pytest

from domain.bottle import Bottle, ObjectKey
from domain.garbage import Evicted, Garbage, garbage_of, names_of
from domain.generations import KeptIndex, release_key
from domain.ledger import Ledger
from domain.listing import Listing
from domain.records import HashEntry, Superseded
from domain.views import (
    blob_key,
    flat_index_key,
    flat_key,
    index_key,
    kept_index_key,
)
from tests.support.catalogs import digest_of, make_bottle

DAY = date(2026, 8, 1)
OLD = make_bottle("gtk+3", "1.0")
OBJECT = OLD.object_key(DAY)
INDEX = KeptIndex("gtk+3", "1.0", digest_of("index"), 5, {OLD.tag: OLD.digest})
ALL = {OBJECT, *names_of(OLD), kept_index_key("gtk+3", INDEX.digest)}


def left_after(
    ledger: Ledger,
    *listings: Listing,
    evicted: Bottle = OLD,
    there: set[ObjectKey] | None = None,
) -> set[ObjectKey]:
    """Return what is left of all that there is once a bottle's garbage is removed."""
    around = ALL if there is None else there
    gone = Evicted(evicted, evicted.object_key(DAY))
    garbage = garbage_of([gone], around, ledger, listings)
    return around - {*garbage.views, *garbage.objects}


def holding(*bottles: Bottle) -> Ledger:
    ledger = Ledger()
    for bottle in bottles:
        ledger.held[bottle.key] = HashEntry(bottle, 1, bottle.object_key(DAY), DAY)
    return ledger


def superseding(bottle: Bottle, object_key: str = "2026-07-01/before") -> Ledger:
    """Return a ledger in which a bottle is superseded, and nothing held."""
    ledger = Ledger()
    old = Superseded(bottle.key, bottle.digest, 1, DAY)
    ledger.superseded[ObjectKey(object_key)] = old
    return ledger


def test_without_anything_that_needs_it_all_of_it_goes() -> None:
    assert left_after(Ledger()) == set()


def test_views_are_told_apart_from_the_object() -> None:
    garbage = garbage_of([Evicted(OLD, OBJECT)], ALL, Ledger(), [])
    assert garbage.objects == (OBJECT,)
    assert len(garbage) == len(ALL)


def test_what_is_not_there_is_no_garbage() -> None:
    assert garbage_of([Evicted(OLD, OBJECT)], set(), Ledger(), []) == Garbage((), ())


def test_what_is_of_others_is_no_garbage() -> None:
    others = {
        ObjectKey("README"),
        kept_index_key("gtk", digest_of("index")),
        *names_of(make_bottle("gtk", "1.0")),
    }
    assert left_after(Ledger(), there=others) == others


def test_a_blob_stays_for_another_bottle_of_the_image() -> None:
    other = make_bottle("gtk+3", "1.1").of(OLD.digest)
    assert left_after(holding(other)) == {blob_key(OLD)}


def test_a_blob_stays_for_a_replaced_object() -> None:
    other = make_bottle("gtk+3", "0.9", "sonoma").of(OLD.digest)
    assert left_after(superseding(other)) == {blob_key(OLD)}


@pytest.mark.parametrize("promised", [False, True], ids=["superseded", "promised"])
def test_names_that_digests_share_stay_for_the_other_one(*, promised: bool) -> None:
    before = OLD.of(digest_of("before"))
    ledger: Ledger = superseding(before)
    listings: tuple[Listing, ...] = ()
    if promised:
        ledger, listings = Ledger(), (Listing({before.key: before.digest}, {}),)
    assert left_after(ledger, *listings) == {
        flat_key(OLD),
        index_key("gtk+3", "1.0"),
        flat_index_key("gtk+3", "1.0"),
    }


def test_the_index_stays_for_the_other_tags_of_the_release() -> None:
    indexes = {index_key("gtk+3", "1.0"), flat_index_key("gtk+3", "1.0")}
    other = make_bottle("gtk+3", "1.0", "sonoma")
    assert left_after(holding(other)) == indexes
    assert left_after(superseding(other)) == indexes


def test_an_index_stays_for_a_generation_and_for_the_next_one() -> None:
    release = release_key("gtk+3", "1.0", 0)
    kept = {kept_index_key("gtk+3", INDEX.digest)}
    assert left_after(Ledger(), Listing({}, {release: INDEX})) == kept
    ledger = Ledger()
    ledger.indexes[release] = INDEX
    assert left_after(ledger) == kept


@pytest.mark.parametrize("is_held", [False, True])
def test_an_object_that_the_ledger_speaks_of_stays(*, is_held: bool) -> None:
    other = make_bottle("other")
    ledger = superseding(other, OBJECT)
    if is_held:
        ledger = Ledger()
        ledger.held[other.key] = HashEntry(other, 1, OBJECT, DAY)
    assert OBJECT in left_after(ledger)
