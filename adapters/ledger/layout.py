"""Where the ledger lies in a store. These keys never change."""

from __future__ import annotations

import re
from typing import Final

from domain.bottle import ObjectKey

IDENTITY: Final = ObjectKey("ledger/v1/ledger.json")
COMMITS: Final = "ledger/v1/commits/"
DOCUMENTS: Final = "ledger/v1/documents/"
IMPORTED: Final = ObjectKey("ledger/v1/imported.json")
HASH_FILE: Final = ObjectKey("bottles_hash.json")

_DOCUMENT = re.compile(rf"{DOCUMENTS}([0-9a-f]{{64}})\.json")
_COMMIT = re.compile(rf"{COMMITS}([0-9]{{20}})\.jsonl")


def commit_key(seq: int) -> ObjectKey:
    """Return the key of a commit: so wide that keys sort as numbers do."""
    return ObjectKey(f"{COMMITS}{seq:020d}.jsonl")


def commit_seq(key: ObjectKey) -> int | None:
    """Return the number of the commit with this key, None when it is no such key."""
    found = _COMMIT.fullmatch(key)
    return int(found[1]) if found else None


def document_key(sha256: str) -> ObjectKey:
    """Return the key of a document."""
    return ObjectKey(f"{DOCUMENTS}{sha256}.json")


def document_sha256(key: ObjectKey) -> str | None:
    """Return the digest that names a document, None when it is no such key."""
    found = _DOCUMENT.fullmatch(key)
    return found[1] if found else None
