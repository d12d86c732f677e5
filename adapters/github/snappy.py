"""Snappy's block format, which GitHub keeps bundles in. Only the way back.

Source of the form: google/snappy ``format_description.txt``.
"""

from __future__ import annotations

from typing import Final

_LITERAL, _NEAR, _FAR = 0, 1, 2
_LONG_LITERAL: Final = 60  # from here on, the length stands in bytes of its own
_LENGTH_BYTES: Final = 5  # what a length of 32 bits takes


def decompressed(block: bytes, at_most: int) -> bytes:
    """Return what ``block`` stands for.

    Raises:
        ValueError: It is no whole block, or stands for more than ``at_most`` bytes.
    """
    length, at = _length(block)
    if length > at_most:
        raise ValueError(f"it would have {length:,} bytes, and may have {at_most:,}")
    out = bytearray()
    while at < len(block):
        tag, at = block[at], at + 1
        kind, rest = tag & 3, tag >> 2
        if kind == _LITERAL:
            if rest >= _LONG_LITERAL:
                rest, at = _number(block, at, rest - _LONG_LITERAL + 1)
            out += _piece(block, at, rest + 1)
            at += rest + 1
        elif kind == _NEAR:
            low, at = _number(block, at, 1)
            _repeat(out, 4 + (rest & 7), (tag >> 5) << 8 | low)
        else:
            back, at = _number(block, at, 2 if kind == _FAR else 4)
            _repeat(out, rest + 1, back)
        if len(out) > length:
            raise ValueError("it holds more bytes than it says")
    if len(out) != length:
        raise ValueError("it holds fewer bytes than it says")
    return bytes(out)


def _length(block: bytes) -> tuple[int, int]:
    """Return the length that a block begins with, and where the rest begins."""
    length = 0
    for at, byte in enumerate(block[:_LENGTH_BYTES]):
        length |= (byte & 0x7F) << 7 * at
        if not byte & 0x80:
            return length, at + 1
    raise ValueError("it does not begin with a length")


def _number(block: bytes, at: int, width: int) -> tuple[int, int]:
    return int.from_bytes(_piece(block, at, width), "little"), at + width


def _piece(block: bytes, at: int, count: int) -> bytes:
    piece = block[at : at + count]
    if len(piece) != count:
        raise ValueError("it ends early")
    return piece


def _repeat(out: bytearray, count: int, back: int) -> None:
    """Append ``count`` bytes that stand ``back`` bytes before; they may be the new."""
    if not 0 < back <= len(out):
        raise ValueError("it repeats what is not there")
    seed = bytes(out[len(out) - back :][:count])
    out += (seed * (count // len(seed) + 1))[:count]
