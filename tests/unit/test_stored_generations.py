"""Generations beside the bottles: whose number it is, and a list that is none."""

from __future__ import annotations

import pytest

from adapters.ledger.generations import StoredGenerations
from adapters.ledger.listing_codec import decode_listing
from adapters.memory.public_objects import MemoryPublicObjects
from adapters.memory.store import MemoryStore
from domain.bottle import ObjectKey
from domain.listing import Listing
from ports.errors import (
    ConflictError,
    MalformedError,
    NotFoundError,
    OutcomeUnknownError,
)
from tests.support.generations import long_ago


class SilentStore(MemoryStore):
    """A store whose answer to a new object gets lost."""

    def create(self, key: ObjectKey, body: bytes) -> None:
        super().create(key, body)
        raise OutcomeUnknownError(key, "the answer was lost")


def test_a_number_that_may_be_another_s_is_taken() -> None:
    store = SilentStore()
    generations = StoredGenerations(store, MemoryPublicObjects(store), long_ago)
    for _ in range(2):
        with pytest.raises(ConflictError):
            generations.keep(1, {}, Listing({}, {}))
    assert set(generations.numbers()) == {1}


def test_a_document_that_changed_since_it_was_staged_is_not_kept() -> None:
    store = MemoryStore()
    objects = MemoryPublicObjects(store)
    generations = StoredGenerations(store, objects, long_ago)
    sha256 = generations.stage(b"{}", "application/json")
    staged = ObjectKey(f"generations/staged/{sha256}")
    objects.write(staged, b"[]", "application/json")

    with pytest.raises(MalformedError, match=sha256):
        generations.keep(1, {"cask.jws.json": sha256}, Listing({}, {}))
    with pytest.raises(NotFoundError):
        generations.document(1, "cask.jws.json", sha256)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"bottles":{},"indexes":{},"v":2}\n',
        b'{"bottles":{"k":"short"},"indexes":{},"v":1}\n',
        b'{"bottles":{"k":"\xff"},"indexes":{},"v":1}\n',
    ],
)
def test_what_is_no_list_of_a_generation_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedError, match="not the list of a generation"):
        decode_listing("generations/1/listing.json", body)
