"""What every store promises of copies."""

import pytest

from domain.bottle import ObjectKey
from domain.errors import DigestMismatchError
from ports.errors import ConflictError, NotFoundError
from ports.store import Store
from tests.support.blobs import MIB, blob, digest_of, put
from tests.support.crowd import CROWD, all_at_once
from tests.support.stores import RACING

SOURCE = ObjectKey("2026-11-22/ca-certificates-2026.all.bottle.tar.gz")
TARGET = ObjectKey("v2/homebrew/core/ca-certificates/blobs/sha256:0")
BODY = blob(2 * MIB)
DIGEST = digest_of(BODY)


class TestStoreCopyContract:
    def test_gives_bytes_a_further_key(self, store: Store) -> None:
        put(store, SOURCE, BODY)
        for number in range(3):
            key = ObjectKey(f"{TARGET}{number}")
            store.copy(SOURCE, key, DIGEST)
            assert store.get(key).body == BODY
            found = store.info(key)
            assert found is not None
            assert found.size == len(BODY)
            assert found.sha256 in {DIGEST, None}
        store.delete(SOURCE)
        assert store.get(ObjectKey(f"{TARGET}0")).body == BODY

    def test_copies_what_another_has_put(self, store: Store) -> None:
        store.create(SOURCE, BODY)
        store.copy(SOURCE, TARGET, DIGEST)
        assert store.get(TARGET).body == BODY

    def test_finds_no_source_that_is_not_there(self, store: Store) -> None:
        with pytest.raises(NotFoundError):
            store.copy(SOURCE, TARGET, DIGEST)
        put(store, SOURCE, BODY)
        store.delete(SOURCE)
        with pytest.raises(NotFoundError):
            store.copy(SOURCE, TARGET, DIGEST)
        assert store.info(TARGET) is None

    def test_refuses_a_source_that_holds_something_else(self, store: Store) -> None:
        put(store, SOURCE, BODY)
        with pytest.raises(DigestMismatchError) as raised:
            store.copy(SOURCE, TARGET, digest_of(b"other"))
        assert raised.value.expected == digest_of(b"other")
        assert raised.value.found == DIGEST
        assert store.info(TARGET) is None

    def test_notices_that_a_source_has_been_put_anew(self, store: Store) -> None:
        put(store, SOURCE, BODY)
        store.copy(SOURCE, TARGET, DIGEST)
        store.replace(SOURCE, b"other", store.get(SOURCE).version)
        with pytest.raises(DigestMismatchError):
            store.copy(SOURCE, ObjectKey("third"), digest_of(b"none of the two"))
        store.copy(SOURCE, ObjectKey("fourth"), digest_of(b"other"))
        assert store.get(ObjectKey("fourth")).body == b"other"
        assert store.get(TARGET).body == BODY

    def test_is_content_with_a_target_that_is_right(self, store: Store) -> None:
        put(store, SOURCE, BODY)
        put(store, TARGET, BODY)
        for _ in range(3):
            store.copy(SOURCE, TARGET, DIGEST)
        assert store.get(TARGET).body == BODY

    def test_refuses_a_target_that_holds_something_else(self, store: Store) -> None:
        put(store, SOURCE, BODY)
        put(store, TARGET, b"other")
        with pytest.raises(ConflictError):
            store.copy(SOURCE, TARGET, DIGEST)
        # Also once the store has been seen to copy.
        store.copy(SOURCE, ObjectKey("free"), DIGEST)
        with pytest.raises(ConflictError):
            store.copy(SOURCE, TARGET, DIGEST)
        assert store.get(TARGET).body == b"other"

    def test_what_is_put_over_the_target_leaves_the_source(self, store: Store) -> None:
        put(store, SOURCE, BODY)
        store.copy(SOURCE, TARGET, DIGEST)
        store.replace(TARGET, b"other", store.get(TARGET).version)
        assert store.get(SOURCE).body == BODY

    @pytest.mark.parametrize("store", RACING, indirect=True)
    def test_many_may_copy_to_one_target(self, store: Store) -> None:
        put(store, SOURCE, BODY)
        raised = all_at_once(lambda _: store.copy(SOURCE, TARGET, DIGEST))
        assert raised == [None] * CROWD
        assert store.get(TARGET).body == BODY
