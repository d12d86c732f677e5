from __future__ import annotations

from datetime import date

from application.carry_out import place
from domain.ledger import Ledger
from tests.support.catalogs import make_bottle
from tests.support.chain import DAY, Chain, ledger_holding, mirrored

NEW = make_bottle("jq", content="new")
OLD = make_bottle("jq", content="old")
KEY = NEW.object_key(DAY)


def test_a_bottle_lies_under_the_day_of_the_run() -> None:
    assert place(Ledger(), NEW, DAY) == KEY


def test_one_that_is_held_stays_where_it_is() -> None:
    held = ledger_holding([NEW])
    assert place(held, NEW, date(2027, 1, 1)) == KEY


def test_a_second_digest_within_the_day_lies_beside_the_first() -> None:
    held = ledger_holding([OLD])
    assert place(held, NEW, DAY) == NEW.beside(KEY)


def test_a_second_digest_of_another_day_needs_no_other_name() -> None:
    held = ledger_holding([OLD])
    tomorrow = date(2026, 8, 23)
    assert place(held, NEW, tomorrow) == NEW.object_key(tomorrow)


def test_a_digest_that_comes_back_within_the_day_lies_where_it_did() -> None:
    chain = Chain()
    chain.add(mirrored(OLD))
    chain.add(mirrored(NEW, object_key=NEW.beside(KEY)))
    assert place(chain.replay(), OLD, DAY) == KEY


def test_a_third_digest_within_the_day_lies_beside_both() -> None:
    third = make_bottle("jq", content="third")
    chain = Chain()
    chain.add(mirrored(OLD))
    chain.add(mirrored(NEW, object_key=NEW.beside(KEY)))
    assert place(chain.replay(), third, DAY) == third.beside(KEY)
