"""The long tables of a hash file, written in one step each.

Every run writes them anew, and nearly all rows are as it has read them.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from typing import Final, TypeVar

import msgspec

from adapters.ledger.canonical_json import written
from adapters.ledger.held_rows import HeldRows, Row, row_of
from domain.bottle import BottleKey, Digest, ObjectKey
from domain.ledger import Ledger
from domain.records import Superseded
from domain.state_digest import StateDigest, digest_of_facts

K = TypeVar("K", bound=str)

_ENCODER: Final = msgspec.json.Encoder()


class _Old(msgspec.Struct, gc=False):
    """A superseded object, its fields in the order in which they are written."""

    key: BottleKey
    on: date
    sha256: Digest
    size: int


def bottle_table(ledger: Ledger) -> tuple[bytes, StateDigest]:
    """Return the table of bottles, here or elsewhere, and the digest of those here."""
    held = ledger.held
    rows = {
        key: row if isinstance(row, Row) else row_of(row)
        for key, row in (held.rows if isinstance(held, HeldRows) else held).items()
    }
    facts = [f"{key}\0{row.sha256}\0{row.object_key}" for key, row in rows.items()]
    digest = digest_of_facts(facts, sum([row.file_size for row in rows.values()]))
    for key, entry in ledger.elsewhere.items():
        rows[key] = Row(
            download_date=entry.download_date,
            file_size=entry.size,
            sha256=entry.digest,
        )
    return _table(rows), digest


def superseded_table(superseded: Mapping[ObjectKey, Superseded]) -> bytes:
    """Return the table of superseded objects."""
    return _table(
        {
            object_key: _Old(old.key, old.on, old.sha256, old.size)
            for object_key, old in superseded.items()
        }
    )


def _table(rows: Mapping[K, msgspec.Struct]) -> bytes:
    """Return ``rows`` as an object of JSON, in their one written form."""
    table = {key: rows[key] for key in sorted(rows)}
    # Half of a surrogate pair has a written form, and is no text.
    with suppress(UnicodeEncodeError):
        text = _ENCODER.encode(table)
        # Where nothing is escaped, and nothing would be, there is one way to write it.
        if text.isascii() and b"\\" not in text and b"\x7f" not in text:
            return text
    return written(msgspec.to_builtins(table)).encode()
