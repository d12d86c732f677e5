"""The first line of a commit, where it is not what a commit begins with."""

from __future__ import annotations

import pytest

from adapters.ledger.codec import decode_commit, encode_commit
from domain.errors import LedgerDamagedError
from domain.events import GENESIS
from tests.support.log_writing import commit_after


@pytest.mark.parametrize("line", ["[]", "1", '"v"', "null", '[{"v":2}]'])
def test_a_header_that_is_no_object_is_damage(line: str) -> None:
    with pytest.raises(LedgerDamagedError, match="line 1: Invalid input type"):
        decode_commit(f"{line}\n".encode(), 7)


@pytest.mark.parametrize("version", ["0", '"2"', "null", "2.0", "true"])
def test_a_version_that_is_no_later_one_is_damage(version: str) -> None:
    body = encode_commit(commit_after(GENESIS))
    with pytest.raises(LedgerDamagedError, match="line 1: v: "):
        decode_commit(body.replace(b'"v":1', f'"v":{version}'.encode()), 0)


def test_a_later_version_asks_for_an_update() -> None:
    with pytest.raises(LedgerDamagedError, match="format 2 was made by a newer"):
        decode_commit(b'{"v":2}\n', 7)
