"""Laws of bytes that cannot become whole unless they are the right ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.verified import verified
from domain.bottle import ObjectKey
from domain.errors import DigestMismatchError
from ports.errors import MalformedError
from tests.support.blobs import digest_of

KEY = ObjectKey("2026-11-22/curl-8.0.0.all.bottle.tar.gz")

chunks = st.lists(st.binary(max_size=5), max_size=6)


@given(chunks)
def test_passes_the_right_bytes_on(chunks: list[bytes]) -> None:
    body = b"".join(chunks)
    found = list(verified(KEY, digest_of(body), len(body), iter(chunks)))
    assert b"".join(found) == body
    assert all(found)


@given(chunks, st.binary(max_size=5), st.integers(0, 40))
def test_anything_else_never_becomes_whole(
    chunks: list[bytes], promised: bytes, size: int
) -> None:
    body = b"".join(chunks)
    if (body, len(body)) == (promised, size):
        return
    passed: list[bytes] = []
    with pytest.raises((DigestMismatchError, MalformedError)):
        passed.extend(verified(KEY, digest_of(promised), size, iter(chunks)))
    assert len(b"".join(passed)) < max(size, 1)
