"""JSON that is written piece by piece is what it is when it is written at once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from adapters.ledger.canonical_json import (
    gathered,
    list_pieces,
    object_pieces,
    written,
)

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda each: st.lists(each) | st.dictionaries(st.text(), each),
    max_leaves=5,
)


@given(st.lists(VALUES))
def test_a_list_in_pieces_is_the_list(values: list[object]) -> None:
    assert gathered(list_pieces(values)) == written(values).encode()


@given(st.dictionaries(st.text(), VALUES))
def test_an_object_in_pieces_is_the_object(fields: dict[str, object]) -> None:
    assert gathered(object_pieces(sorted(fields.items()))) == written(fields).encode()
