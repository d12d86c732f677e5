"""What is said of what clients see and of what is let go, and what it changes."""

from __future__ import annotations

from datetime import timedelta

from domain.bottle import Digest
from domain.events import GENESIS, BottleSuperseded
from domain.fold import fold
from domain.generations import (
    BottleEvicted,
    GenerationDropped,
    GenerationEvent,
    GenerationPublished,
    GenerationRolledBack,
    GenerationShown,
    GraceRenewed,
)
from domain.ledger import Ledger
from tests.support.log_writing import AT, commit_after, mirrored

OTHER = Digest("f" * 64)
DAY = AT.date()


def told(ledger: Ledger, *events: GenerationEvent | BottleSuperseded) -> None:
    fold(ledger, commit_after(GENESIS, *events))


def holding() -> Ledger:
    ledger = Ledger()
    fold(ledger, commit_after(GENESIS, mirrored(1)))
    return ledger


def published(number: int) -> GenerationPublished:
    return GenerationPublished(number, {}, "a" * 64, 1, 0, {})


def test_a_bottle_that_is_offered_still_may_be_let_go_too() -> None:
    ledger, one = holding(), mirrored(1)
    ledger.settled["selection"] = "catalog"
    bottle = one.bottle
    told(ledger, BottleEvicted(bottle.key, bottle.digest, one.object_key))
    assert (ledger.held, ledger.superseded, ledger.settled) == ({}, {}, {})


def test_what_was_superseded_goes_and_settles_nothing_anew() -> None:
    ledger, one = holding(), mirrored(1)
    bottle = one.bottle
    told(ledger, BottleSuperseded(bottle.key, bottle.digest, DAY))
    ledger.settled["selection"] = "catalog"
    told(ledger, BottleEvicted(bottle.key, bottle.digest, one.object_key))
    assert (ledger.held, ledger.superseded) == ({}, {})
    assert ledger.settled == {"selection": "catalog"}


def test_another_object_than_was_meant_stays() -> None:
    ledger, one = holding(), mirrored(1)
    bottle = one.bottle
    told(ledger, BottleSuperseded(bottle.key, bottle.digest, DAY))
    before = ledger.fork()
    told(
        ledger,
        BottleEvicted(bottle.key, OTHER, one.object_key),
        GraceRenewed(bottle.key, OTHER, one.object_key, DAY + timedelta(days=9)),
        GraceRenewed(bottle.key, bottle.digest, one.object_key, DAY),
    )
    assert ledger == before


def test_a_number_that_is_not_the_next_one_changes_nothing() -> None:
    ledger = Ledger()
    told(ledger, published(2), published(1), published(2))
    assert (list(ledger.generations), ledger.published) == ([2], 2)


def test_what_is_not_kept_is_neither_gone_back_to_nor_shown() -> None:
    ledger = Ledger()
    told(ledger, published(1), GenerationRolledBack(7), GenerationShown(7))
    assert (ledger.published, ledger.shown) == (1, None)
    told(ledger, GenerationShown(1), published(2), GenerationDropped(1))
    assert list(ledger.generations) == [1, 2]
    told(ledger, GenerationShown(2), GenerationDropped(1), GenerationDropped(2))
    assert list(ledger.generations) == [2]
