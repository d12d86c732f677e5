"""The document that lists what another mirror holds."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from adapters.ledger.import_codec import decode_import, encode_import
from domain.bottle import BottleKey, Digest
from domain.records import Elsewhere
from ports.errors import MalformedError

KEY = BottleKey("jq-1.8.1-arm64_tahoe")
ENTRY = Elsewhere(Digest("a" * 64), 500_000, date(2026, 11, 22))
ROW = {"download_date": "2026-11-22", "file_size": 500_000, "sha256": "a" * 64}


def document(row: object, **others: object) -> bytes:
    return json.dumps({"bottles": {KEY: row}, "v": 1, **others}).encode()


def test_comes_back_as_it_was_written() -> None:
    assert decode_import("it", encode_import({KEY: ENTRY})) == {KEY: ENTRY}
    assert decode_import("it", document(ROW)) == {KEY: ENTRY}


def test_may_say_more_than_is_known() -> None:
    assert decode_import("it", document({**ROW, "mood": "fine"})) == {KEY: ENTRY}
    assert decode_import("it", document(ROW, mood="fine")) == {KEY: ENTRY}


@pytest.mark.parametrize(
    "body", [b"", b"\xff", b"{", b"[]", b"null", b"{}", b'{"bottles":[],"v":1}']
)
def test_that_lists_nothing_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedError, match=r"^the document: "):
        decode_import("the document", body)


@pytest.mark.parametrize(
    "row",
    [
        None,
        "a row",
        {},
        {**ROW, "sha256": "A" * 64},
        {**ROW, "sha256": 1},
        {**ROW, "file_size": -1},
        {**ROW, "file_size": True},
        {**ROW, "download_date": "22 November"},
        {**ROW, "download_date": None},
    ],
)
def test_with_a_row_that_cannot_be_understood_is_malformed(row: Any) -> None:  # noqa: ANN401 - any JSON
    with pytest.raises(MalformedError, match=KEY):
        decode_import("the document", document(row))


def test_of_a_version_that_is_not_known_is_malformed() -> None:
    with pytest.raises(MalformedError, match="v: "):
        decode_import("the document", document(ROW, v=2))
