"""Bottles that are held, as rows of a hash file: a table as any other."""

from __future__ import annotations

from collections.abc import MutableMapping
from copy import copy

import pytest

from adapters.ledger.held_rows import HeldRows, Row, row_of
from domain.bottle import BottleKey
from domain.records import HashEntry
from tests.support.catalogs import make_bottle
from tests.support.chain import Chain, mirrored

JQ, BAT, XZ = make_bottle("jq"), make_bottle("bat"), make_bottle("xz")
NOBODY = BottleKey("nobody-1-all")


@pytest.fixture
def entries() -> dict[BottleKey, HashEntry]:
    """Return what a ledger holds."""
    chain = Chain()
    chain.add(mirrored(JQ), mirrored(BAT))
    return dict(chain.replay().held)


@pytest.fixture
def held(entries: dict[BottleKey, HashEntry]) -> HeldRows:
    """Return the same as a hash file has it."""
    return HeldRows({key: row_of(entry) for key, entry in entries.items()})


def unmade(held: HeldRows) -> set[BottleKey]:
    return {key for key, row in held.rows.items() if isinstance(row, Row)}


def test_say_what_the_entries_said(
    held: HeldRows, entries: dict[BottleKey, HashEntry]
) -> None:
    assert held == entries
    assert entries == held
    assert list(held.items()) == list(entries.items())
    assert held[JQ.key] == held.get(JQ.key) == entries[JQ.key]


def test_are_made_when_they_are_asked_for_and_once(held: HeldRows) -> None:
    assert len(held) == 2
    assert JQ.key in held
    assert list(held) == [JQ.key, BAT.key]
    assert unmade(held) == {JQ.key, BAT.key}
    assert held[JQ.key] is held.get(JQ.key) is held[JQ.key]
    assert unmade(held) == {BAT.key}


def test_have_nothing_of_what_is_not_held(held: HeldRows) -> None:
    assert NOBODY not in held
    assert held.get(NOBODY) is None
    assert held.get(NOBODY, "none") == "none"
    with pytest.raises(KeyError):
        held[NOBODY]


def test_change_as_a_dictionary_does(
    held: HeldRows, entries: dict[BottleKey, HashEntry]
) -> None:
    chain = Chain()
    chain.add(mirrored(XZ))
    new = chain.replay().held[XZ.key]
    tables: list[MutableMapping[BottleKey, HashEntry]] = [held, entries]
    for table in tables:
        table[XZ.key] = new
        assert table.pop(BAT.key).bottle == BAT
        assert table.pop(BAT.key, None) is None
        del table[JQ.key]
        assert table == {XZ.key: new}


def test_a_copy_changes_apart(held: HeldRows) -> None:
    other = copy(held)
    del other[JQ.key]
    assert other[BAT.key].bottle == BAT
    assert unmade(held) == {JQ.key, BAT.key}
