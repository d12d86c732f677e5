"""How much of an external hash file is read before it is none."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ports.errors import MalformedError

LARGEST: Final = 512 * 1024 * 1024
"""Bytes of a hash file, as it came and unpacked.

A mirror of everything has some 20,000 bottles, and about 300 bytes for each, superseded
ones included: this is room for 1,700,000, years of them kept. What is larger is no hash
file, and would only fill the memory."""

PIECE: Final = 1024 * 1024
"""Bytes that are read at once."""


def gathered(pieces: Iterable[bytes], source: str, at_most: int = LARGEST) -> bytes:
    """Return all ``pieces`` joined.

    Raises:
        MalformedError: They have more than ``at_most`` bytes. None is read beyond.
    """
    whole = bytearray()
    for piece in pieces:
        whole += piece
        if len(whole) > at_most:
            raise MalformedError(
                source, f"more than {at_most:,} bytes, which no hash file has"
            )
    return bytes(whole)
