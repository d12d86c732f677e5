"""Sizes that somebody knows, and guesses of the others."""

from __future__ import annotations

from datetime import timedelta

import pytest

from domain.bottle import Bottle, BottleKey, Digest
from domain.estimates import estimates, exact_sizes
from domain.events import BottleSuperseded
from domain.ledger import Ledger
from domain.records import Elsewhere
from tests.support.catalogs import digest_of, make_bottle
from tests.support.chain import DAY, Chain, mirrored

LATER = DAY + timedelta(days=7)
NEW = make_bottle("jq", "3", content="new")


def guess(ledger: Ledger, *bottles: Bottle) -> int | None:
    """Return the guess for a digest that is all of ``bottles``."""
    digest = bottles[0].digest
    exact = exact_sizes(ledger, {})
    return estimates({digest: bottles}, ledger, exact).get(digest)


def listing(*entries: tuple[str, int]) -> Ledger:
    """Return a ledger that knows digests and sizes elsewhere."""
    return Ledger(
        elsewhere={
            BottleKey(f"x{at}-1-sonoma"): Elsewhere(digest_of(content), size, DAY)
            for at, (content, size) in enumerate(entries)
        }
    )


class TestExactSizes:
    def test_are_those_that_the_ledger_knows_and_those_that_were_told(self) -> None:
        old, held = make_bottle("jq", content="old"), make_bottle("jq", content="held")
        chain = Chain()
        chain.add(mirrored(old, 5), mirrored(held, 6, object_key="beside"))
        ledger = chain.replay()
        ledger.elsewhere.update(listing(("far", 7)).elsewhere)
        assert exact_sizes(ledger, {digest_of("told"): 8}) == {
            old.digest: 5,
            held.digest: 6,
            digest_of("far"): 7,
            digest_of("told"): 8,
        }

    def test_a_zero_elsewhere_says_nothing(self) -> None:
        assert exact_sizes(listing(("far", 0)), {}) == {}

    def test_of_two_mirrors_words_the_larger_is_taken_in_whatever_order(self) -> None:
        for sizes in ([("far", 7), ("far", 9)], [("far", 9), ("far", 7)]):
            assert exact_sizes(listing(*sizes), {}) == {digest_of("far"): 9}

    def test_what_is_held_was_counted_and_what_lies_elsewhere_is_hearsay(self) -> None:
        held = make_bottle("jq", content="x")
        chain = Chain()
        chain.add(mirrored(held, 5))
        told: dict[Digest, int] = {held.digest: 6}
        assert exact_sizes(chain.replay(), told) == {held.digest: 5}
        assert exact_sizes(listing(("x", 7)), told) == {held.digest: 6}


class TestEstimates:
    def test_a_bottle_is_taken_to_be_as_large_as_the_last_one_for_its_tag(self) -> None:
        chain = Chain()
        chain.add(mirrored(make_bottle("jq", "1"), 10, DAY))
        chain.add(mirrored(make_bottle("jq", "2"), 20, LATER))
        chain.add(mirrored(make_bottle("jq", "2", tag="sonoma"), 70, LATER))
        chain.add(mirrored(make_bottle("bat", "2"), 80, LATER))
        assert guess(chain.replay(), NEW) == 20

    def test_also_when_that_one_is_superseded(self) -> None:
        old = make_bottle("jq", "2")
        chain = Chain()
        chain.add(mirrored(old, 20), mirrored(make_bottle("bat"), 80))
        chain.add(BottleSuperseded(old.key, old.digest, LATER))
        assert guess(chain.replay(), NEW) == 20

    def test_else_as_the_last_one_of_its_formula_for_any_tag(self) -> None:
        chain = Chain()
        chain.add(mirrored(make_bottle("jq", "1", tag="sonoma"), 10, LATER))
        chain.add(mirrored(make_bottle("jq", "1", tag="monterey"), 20, DAY))
        chain.add(mirrored(make_bottle("bat"), 80, LATER))
        assert guess(chain.replay(), NEW) == 10

    def test_else_as_the_median_of_all_that_are_known(self) -> None:
        chain = Chain()
        chain.add(mirrored(make_bottle("bat"), 1), mirrored(make_bottle("fd"), 5))
        ledger = chain.replay()
        assert guess(ledger, NEW) == 3
        told = {digest_of("told"): 100}
        exact = exact_sizes(ledger, told)
        assert estimates({NEW.digest: [NEW]}, ledger, exact) == {NEW.digest: 5}

    def test_a_digest_of_several_bottles_is_guessed_by_any_of_them(self) -> None:
        chain = Chain()
        chain.add(mirrored(make_bottle("jq", "1", tag="sonoma"), 10))
        chain.add(mirrored(make_bottle("jq", "1", tag="monterey"), 20, LATER))
        other = make_bottle("jq", "3", tag="sonoma", content="new")
        assert guess(chain.replay(), NEW, other) == 10

    def test_where_nothing_is_known_nothing_is_guessed(self) -> None:
        assert guess(Ledger(), NEW) is None

    @pytest.mark.parametrize("turned", [False, True])
    def test_the_order_of_the_ledger_does_not_matter(self, *, turned: bool) -> None:
        chain = Chain()
        both = [mirrored(make_bottle("jq", "1"), 10), mirrored(make_bottle("jq", "2"))]
        chain.add(*(reversed(both) if turned else both))
        assert guess(chain.replay(), NEW) == 100
