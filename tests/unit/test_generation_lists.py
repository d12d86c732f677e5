from __future__ import annotations

from dataclasses import replace

import pytest

from application.generation_lists import GenerationLists
from domain.bottle import ObjectKey
from domain.generations import Generation
from domain.listing import Listing
from domain.selection import Selection
from ports.errors import MalformedError, NotFoundError
from tests.support.publishing import PublishingMirror, made

JQ = made("jq", "1.0")
LIST = ObjectKey("generations/1/listing.json")


@pytest.fixture
def mirror() -> PublishingMirror:
    """Return a mirror that has published a generation."""
    mirror = PublishingMirror()
    mirror.mirror(JQ)
    mirror.offer(JQ)
    mirror.publish(mirror.journal(), Selection())
    return mirror


def first(mirror: PublishingMirror) -> Generation:
    return mirror.ledger().generations[1]


def test_a_list_is_read_from_where_it_is_kept(mirror: PublishingMirror) -> None:
    lists = GenerationLists(mirror.generations)
    assert lists.of(first(mirror)).bottles == {JQ.key: JQ.digest}
    assert lists.if_readable(first(mirror)) == lists.of(first(mirror))


def test_a_list_that_is_at_hand_is_not_read(mirror: PublishingMirror) -> None:
    at_hand = Listing({}, {})
    lists = GenerationLists(mirror.generations, {first(mirror).listing: at_hand})
    assert lists.of(first(mirror)) is at_hand
    assert lists.of(first(mirror)) is lists.if_readable(first(mirror))


def test_a_list_of_other_bytes_is_read(mirror: PublishingMirror) -> None:
    lists = GenerationLists(mirror.generations, {"0e" * 32: Listing({}, {})})
    assert lists.of(first(mirror)).bottles == {JQ.key: JQ.digest}


def test_a_list_that_is_gone_or_damaged_is_none(mirror: PublishingMirror) -> None:
    lists = GenerationLists(mirror.generations)
    with pytest.raises(MalformedError):
        lists.of(replace(first(mirror), listing="0e" * 32))
    assert lists.if_readable(replace(first(mirror), listing="0e" * 32)) is None
    mirror.store.delete(LIST)
    with pytest.raises(NotFoundError):
        lists.of(first(mirror))
    assert lists.if_readable(first(mirror)) is None
    assert lists.if_readable(None) is None
