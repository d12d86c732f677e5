from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.github.snappy import decompressed
from tests.support.github import packed

PLENTY = 1_000_000


@given(st.binary(max_size=200_000))
def test_what_was_packed_comes_back(content: bytes) -> None:
    assert decompressed(packed(content), PLENTY) == content


@pytest.mark.parametrize(
    ("block", "content"),
    [
        (b"\x00", b""),
        (b"\x03\x08abc", b"abc"),
        # Copies: 4 to 11 bytes from nearby, up to 64 from 64 KiB, up to 64 from 4 GiB.
        (b"\x0a\x08abc\x0d\x03", b"abcabcabca"),
        (b"\x07\x08abc\x0e\x03\x00", b"abcabca"),
        (b"\x07\x08abc\x0f\x03\x00\x00\x00", b"abcabca"),
        # One byte, again and again.
        (b"\x41\x00a\xfe\x01\x00", b"a" * 65),
        # The high bits of a distance stand in the tag.
        (
            b"\x84\x02\xf0\xff" + b"abcd" + b"y" * 252 + b"\x21\x00",
            b"abcd" + b"y" * 252 + b"abcd",
        ),
        # Lengths of literals in one byte to four.
        (b"\x46\xf0\x45" + b"z" * 70, b"z" * 70),
        (b"\x46\xf4\x45\x00" + b"z" * 70, b"z" * 70),
        (b"\x46\xf8\x45\x00\x00" + b"z" * 70, b"z" * 70),
        (b"\x46\xfc\x45\x00\x00\x00" + b"z" * 70, b"z" * 70),
    ],
)
def test_every_form_is_understood(block: bytes, content: bytes) -> None:
    assert decompressed(block, PLENTY) == content


@pytest.mark.parametrize(
    ("block", "told"),
    [
        (b"", "begin with a length"),
        (b"\xff\xff\xff\xff\xff\x01", "begin with a length"),
        (b"\x03\x08ab", "ends early"),
        (b"\x03\xf4\x02", "ends early"),
        (b"\x07\x08abc\x0e\x03", "ends early"),
        (b"\x03", "fewer bytes"),
        (b"\x02\x08abc", "more bytes"),
        (b"\x07\x08abc\x0e\x04\x00", "not there"),
        (b"\x07\x08abc\x0e\x00\x00", "not there"),
        (b"\x81\x80\xc0\x00\x00", "may have"),
    ],
)
def test_what_is_no_block_is_refused(block: bytes, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        decompressed(block, 4_096)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_block_or_refused(block: bytes) -> None:
    with suppress(ValueError):
        assert len(decompressed(block, 4_096)) <= 4_096
