from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

import pytest

from domain.bottle import Bottle
from domain.generations import Generation
from domain.ledger import Ledger
from domain.listing import Listing
from domain.records import HashEntry, Superseded
from domain.retention import Retention, retention_of
from tests.support.catalogs import make_bottle

DAY = date(2026, 8, 1)
TWO_WEEKS = timedelta(days=14)


def ledger_of(
    *held: Bottle, superseded: Iterable[Bottle] = (), published: date = DAY
) -> Ledger:
    """Return a ledger that holds bottles, some of which were dropped on ``DAY``."""
    ledger = Ledger()
    for bottle in (*held, *superseded):
        object_key = bottle.object_key(DAY)
        ledger.held[bottle.key] = HashEntry(bottle, 7, object_key, DAY)
    for bottle in superseded:
        old = Superseded(bottle.key, bottle.digest, 7, DAY)
        ledger.superseded[bottle.object_key(DAY)] = old
    at = datetime(published.year, published.month, published.day, 3, tzinfo=UTC)
    for number in (1, 2):
        ledger.generations[number] = Generation(number, at, {}, "", 0, 0, {})
    return ledger


def listing_of(*bottles: Bottle) -> Listing:
    return Listing({bottle.key: bottle.digest for bottle in bottles}, {})


def retained(
    ledger: Ledger, day: int, *listings: Listing, grace: timedelta | None = TWO_WEEKS
) -> Retention:
    """Return what may go so many days after ``DAY``."""
    today = DAY + timedelta(days=day)
    return retention_of(ledger, grace, today, dict(enumerate(listings, start=1)))


OLD, NEW = make_bottle("jq", "1.0"), make_bottle("jq", "1.1")


class TestWhatGoes:
    @pytest.mark.parametrize(("day", "goes"), [(13, False), (14, True), (400, True)])
    def test_what_is_superseded_stays_for_its_grace(
        self, day: int, *, goes: bool
    ) -> None:
        found = retained(ledger_of(NEW, superseded=[OLD]), day)
        assert [old.key for old in found.evict] == [OLD.key] * goes
        assert len(found.kept) == 1 - goes
        assert found.objects == 2

    def test_what_is_offered_never_goes(self) -> None:
        found = retained(ledger_of(OLD, NEW), 4_000)
        assert (found.evict, found.kept) == ((), ())

    def test_without_a_grace_nothing_ever_goes(self) -> None:
        found = retained(ledger_of(superseded=[OLD]), 4_000, grace=None)
        assert found.evict == ()
        assert found.kept[0].until is None

    def test_what_stays_says_until_when(self) -> None:
        (kept,) = retained(ledger_of(superseded=[OLD]), 3).kept
        assert (kept.until, kept.needed_by) == (date(2026, 8, 15), ())

    def test_what_a_kept_generation_needs_stays_whatever_its_grace(self) -> None:
        ledger = ledger_of(NEW, superseded=[OLD])
        found = retained(ledger, 40, listing_of(OLD), listing_of(OLD, NEW))
        assert found.evict == ()
        assert found.kept[0].needed_by == (1, 2)

    def test_a_generation_needs_a_digest_and_not_only_a_name(self) -> None:
        again = make_bottle("jq", "1.0", content="built again")
        ledger = ledger_of(superseded=[OLD])
        assert retained(ledger, 40, listing_of(again)).evict != ()

    def test_the_oldest_goes_first(self) -> None:
        ledger = ledger_of(superseded=[OLD, NEW])
        key = OLD.object_key(DAY)
        ledger.superseded[key] = Superseded(
            OLD.key, OLD.digest, 7, DAY + timedelta(days=1)
        )
        found = retained(ledger, 40)
        assert [old.key for old in found.evict] == [NEW.key, OLD.key]

    def test_what_was_replaced_under_its_name_goes_by_its_object(self) -> None:
        ledger = ledger_of(OLD)
        first = OLD.of(NEW.digest)
        key = first.object_key(DAY - timedelta(days=9))
        ledger.superseded[key] = Superseded(first.key, first.digest, 9, DAY)
        (old,) = retained(ledger, 14).evict
        assert (old.object_key, old.sha256, old.size) == (key, first.digest, 9)


class TestTooMuchAtOnce:
    @pytest.mark.parametrize(
        ("held", "share", "within"), [(9, 10, True), (8, 12, False), (0, 100, False)]
    )
    def test_the_share_is_of_all_objects(
        self, held: int, share: int, *, within: bool
    ) -> None:
        bottles = [make_bottle(f"held-{number}") for number in range(held)]
        found = retained(ledger_of(*bottles, superseded=[OLD]), 14)
        assert found.share == share
        assert found.is_within(10) == within
        assert found.is_within(found.share)

    def test_nothing_is_never_too_much(self) -> None:
        assert retained(Ledger(), 1).is_within(0)
        assert retained(Ledger(), 1).share == 0


class TestProposing:
    def test_what_the_newest_generation_does_not_serve_is_proposed(self) -> None:
        ledger = ledger_of(OLD, NEW, published=DAY + timedelta(days=1))
        found = retained(ledger, 2, listing_of(OLD, NEW), listing_of(NEW))
        assert [entry.bottle for entry in found.proposed] == [OLD]
        assert found.evict == ()

    def test_what_came_since_is_not(self) -> None:
        ledger = ledger_of(OLD, NEW, published=DAY)
        assert retained(ledger, 2, listing_of(), listing_of(NEW)).proposed == ()

    def test_what_upstream_dropped_is_not(self) -> None:
        ledger = ledger_of(NEW, superseded=[OLD], published=DAY + timedelta(days=1))
        assert retained(ledger, 2, listing_of(), listing_of(NEW)).proposed == ()

    def test_where_nothing_was_published_nothing_is_known(self) -> None:
        assert retained(ledger_of(OLD), 2).proposed == ()
