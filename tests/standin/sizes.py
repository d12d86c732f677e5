"""How large the invented bottles are: a size for every original digest."""

from __future__ import annotations

import csv
import gzip
import hashlib
import math
from collections.abc import Callable
from pathlib import Path
from statistics import NormalDist

MINIMUM_SIZE = 64
"""Bytes. No body is shorter than the header that tells it from the others."""

SizeOf = Callable[[str], int]
"""Gives the size in bytes of the bottle with this original digest."""

# Fitted to the estimated sizes of homebrew/core's bottles in August 2026, in bytes.
_LOG_SIZE = NormalDist(mu=13.5, sigma=2.2)
_SMALLEST, _LARGEST = 2_000, 1_500_000_000


def fixed(size: int) -> SizeOf:
    """Give every bottle the same size in bytes."""
    return lambda _original: size


def lognormal(scale: float = 1.0) -> SizeOf:
    """Draw sizes from the distribution of homebrew/core, times ``scale``.

    A draw depends on the digest alone, so it is the same in every process.
    """

    def size_of(original: str) -> int:
        draw = hashlib.sha256(b"size:" + original.encode()).digest()
        share = (int.from_bytes(draw[:8], "big") + 0.5) / 2**64
        size = math.exp(_LOG_SIZE.inv_cdf(share))
        return int(scale * min(max(size, _SMALLEST), _LARGEST))

    return size_of


def from_csv(*paths: Path, scale: float = 1.0) -> SizeOf:
    """Read sizes from the columns ``sha256`` and ``est_size_bytes``, times ``scale``.

    A digest that no file lists gets a size drawn by ``lognormal``.
    """
    listed: dict[str, int] = {}
    for path in paths:
        opened = gzip.open if path.suffix == ".gz" else open
        with opened(path, "rt", encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                listed[row["sha256"]] = int(float(row["est_size_bytes"]) * scale)
    unlisted = lognormal(scale)
    return lambda original: listed.get(original) or unlisted(original)


def parse_sizes(text: str) -> SizeOf:
    """Read ``fixed:BYTES``, ``lognormal[:SCALE]`` or ``csv:PATH[:SCALE]``.

    Raises:
        ValueError: the text is none of these.
    """
    kind, _, rest = text.partition(":")
    match kind:
        case "fixed":
            return fixed(int(rest))
        case "lognormal":
            return lognormal(float(rest or 1))
        case "csv":
            path, _, scale = rest.rpartition(":")
            if not path:
                return from_csv(Path(rest))
            return from_csv(Path(path), scale=float(scale))
    message = f"sizes {text!r}: not fixed:BYTES, lognormal[:SCALE] or csv:PATH[:SCALE]"
    raise ValueError(message)
