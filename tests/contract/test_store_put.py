"""What every store promises of a bottle's bytes: whole and right, or not at all."""

import tracemalloc
from collections.abc import Iterator

import pytest

from domain.bottle import ObjectKey
from domain.errors import DigestMismatchError
from ports.errors import ConflictError, MalformedError, UnavailableError
from ports.store import Store
from tests.support.blobs import MIB, blob, digest_of, pieces, put
from tests.support.stores import STREAMING

KEY = ObjectKey("2026-11-22/curl-8.0.0.arm64_sonoma.bottle.tar.gz")
# Smaller than a piece of a stream; and more than any store gathers before it writes.
SIZES = (100_000, 3 * MIB + 1)

WHAT_BYTES_RAISE = (
    UnavailableError("fetch curl", "the registry went away"),
    DigestMismatchError("curl", "a" * 64, "b" * 64),
    # What the store's own connection could raise, too, and would be forgiven.
    BrokenPipeError("upstream"),
    ConnectionResetError("upstream"),
    TimeoutError("upstream"),
    KeyboardInterrupt(),
)


def _assert_nothing_was_left(store: Store) -> None:
    """Check that a put that failed can neither be seen nor be felt."""
    assert store.info(KEY) is None
    assert list(store.list("")) == []
    put(store, KEY, b"right")
    assert store.get(KEY).body == b"right"
    store.delete(KEY)


def _breaking(body: bytes, error: BaseException) -> Iterator[bytes]:
    yield from pieces(body[: len(body) // 2])
    raise error


class TestStorePutContract:
    def test_keeps_what_came_in_pieces(self, store: Store) -> None:
        for size in (0, 1, *SIZES):
            body = blob(size)
            put(store, KEY, body)
            found = store.info(KEY)
            assert found is not None
            assert found.size == size
            assert found.sha256 in {digest_of(body), None}
            read = list(store.read(KEY))
            assert b"".join(read) == body
            assert all(0 < len(piece) <= 2 * MIB for piece in read)
            store.delete(KEY)

    def test_takes_pieces_of_any_size(self, store: Store) -> None:
        body = blob(3 * MIB)
        chunks = [b"", body[:1], b"", body[1 : 2 * MIB], body[2 * MIB :], b""]
        store.put(KEY, digest_of(body), len(body), iter(chunks))
        assert store.get(KEY).body == body

    def test_refuses_to_put_over_an_object(self, store: Store) -> None:
        store.create(KEY, b"first")
        for size in SIZES:
            with pytest.raises(ConflictError):
                put(store, KEY, blob(size))
        assert store.get(KEY).body == b"first"

    def test_never_shows_wrong_bytes(self, store: Store) -> None:
        for size in SIZES:
            body = blob(size)
            with pytest.raises(DigestMismatchError) as raised:
                store.put(KEY, digest_of(b"other"), size, pieces(body))
            assert raised.value.expected == digest_of(b"other")
            assert raised.value.found == digest_of(body)
            _assert_nothing_was_left(store)

    def test_never_shows_bytes_that_ended_too_early(self, store: Store) -> None:
        for size in SIZES:
            body = blob(size)
            with pytest.raises(MalformedError, match=f"after {size} of the {size + 1}"):
                store.put(KEY, digest_of(body), size + 1, pieces(body))
            _assert_nothing_was_left(store)

    def test_never_shows_more_bytes_than_were_announced(self, store: Store) -> None:
        for size in SIZES:
            body = blob(size)
            with pytest.raises(MalformedError, match=f"more than the {size - 1}"):
                store.put(KEY, digest_of(body), size - 1, pieces(body))
            chunks = iter([body, b"more"])
            with pytest.raises(MalformedError, match=f"more than the {size}"):
                store.put(KEY, digest_of(body), size, chunks)
            _assert_nothing_was_left(store)

    def test_lets_out_what_the_bytes_raised(self, store: Store) -> None:
        for error in WHAT_BYTES_RAISE:
            for size in SIZES:
                body = blob(size)
                with pytest.raises(type(error)) as raised:
                    store.put(KEY, digest_of(body), size, _breaking(body, error))
                assert raised.value is error
            _assert_nothing_was_left(store)

    def test_shows_nothing_while_bytes_are_on_their_way(self, store: Store) -> None:
        body = blob(3 * MIB)
        seen: list[object] = []

        def chunks() -> Iterator[bytes]:
            for piece in pieces(body, MIB):
                yield piece
                seen.extend([store.info(KEY), *store.list("")])

        store.put(KEY, digest_of(body), len(body), chunks())
        assert seen == [None] * 3
        assert store.info(KEY) is not None

    @pytest.mark.parametrize("store", STREAMING, indirect=True)
    def test_never_holds_a_whole_bottle(self, store: Store) -> None:
        size, piece = 16 * MIB, blob(MIB)
        digest = digest_of(piece * 16)
        put(store, "first", blob(2 * MIB))
        tracemalloc.start()
        try:
            store.put(KEY, digest, size, (bytes(bytearray(piece)) for _ in range(16)))
            for read in store.read(KEY):
                assert len(read) <= 2 * MIB
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert peak < 5 * MIB
