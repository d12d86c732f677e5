"""Errors go from process to process as they are."""

from __future__ import annotations

import pickle

import pytest

from domain.errors import DigestMismatchError, InvalidValueError, MirrorError
from ports.errors import (
    ConflictError,
    FollowerError,
    NoLedgerError,
    PayloadTooLargeError,
    UnavailableError,
)

ERRORS = [
    UnavailableError("ask", "no answer", 3, retry_after=2.5),
    ConflictError("put", "something is there"),
    PayloadTooLargeError("put", "the order", 9, 8, unit="bytes", advice="send less"),
    NoLedgerError(),
    FollowerError("0123"),
    DigestMismatchError("jq", "aa", "bb"),
    InvalidValueError("a digest", "x", "hexadecimal"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_error_that_was_pickled_says_and_knows_the_same(error: MirrorError) -> None:
    again = pickle.loads(pickle.dumps(error))  # noqa: S301 - of this very test

    assert type(again) is type(error)
    assert str(again) == str(error)
    assert vars(again) == vars(error)
    assert again.args == error.args
