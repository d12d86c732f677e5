"""What a store was found to hold, as bytes: evidence that is kept after a repair.

What the bytes are is written in ``docs/ledger-format.md``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from adapters.ledger.canonical_json import written
from ports.store import ObjectInfo

FORMAT: Final = 1
"""The version of the written form of findings."""


def encode_findings(found: Iterable[ObjectInfo]) -> bytes:
    """Return the bytes of what was found; the same objects have the same bytes."""
    objects = {
        info.key: {"size": info.size}
        | ({} if info.sha256 is None else {"sha256": info.sha256})
        for info in found
    }
    return f"{written({'objects': objects, 'v': FORMAT})}\n".encode()
