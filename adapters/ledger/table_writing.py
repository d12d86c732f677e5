"""The long tables of a hash file, written in one step each.

Every run writes them anew, and nearly all rows are as it has read them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import date
from itertools import islice
from operator import itemgetter
from typing import Final, TypeVar

import msgspec

from adapters.ledger.canonical_json import written
from adapters.ledger.held_rows import HeldRows, Row, row_of
from domain.bottle import BottleKey, Digest, ObjectKey
from domain.ledger import Ledger
from domain.records import Elsewhere, HashEntry, Superseded
from domain.state_digest import StateDigest, digest_of_facts

K = TypeVar("K", bound=str)

_ENCODER: Final = msgspec.json.Encoder()
_AT_ONCE: Final = 1_000
"""Rows that are made and written together: all of them would take a lot of memory."""


class _Old(msgspec.Struct, gc=False):
    """A superseded object, its fields in the order in which they are written."""

    key: BottleKey
    on: date
    sha256: Digest
    size: int


def bottle_table(ledger: Ledger) -> tuple[Iterator[bytes], StateDigest]:
    """Return the table of bottles, here or elsewhere, and the digest of those here.

    The table comes piece by piece.
    """
    held = ledger.held
    rows = held.rows if isinstance(held, HeldRows) else held
    size = sum([_size(row) for row in rows.values()])
    digest = digest_of_facts(_facts(rows), len(rows), size)
    return _table(_rows(rows, ledger.elsewhere)), digest


def superseded_table(superseded: Mapping[ObjectKey, Superseded]) -> Iterator[bytes]:
    """Return the table of superseded objects, piece by piece."""
    return _table(
        (object_key, _Old(old.key, old.on, old.sha256, old.size))
        for object_key, old in sorted(superseded.items(), key=itemgetter(0))
    )


def _size(row: Row | HashEntry) -> int:
    return row.file_size if isinstance(row, Row) else row.size


def _facts(rows: Mapping[BottleKey, Row | HashEntry]) -> Iterator[str]:
    for key, row in rows.items():
        digest = row.sha256 if isinstance(row, Row) else row.bottle.digest
        yield f"{key}\0{digest}\0{row.object_key}"


def _rows(
    held: Mapping[BottleKey, Row | HashEntry],
    elsewhere: Mapping[BottleKey, Elsewhere],
) -> Iterator[tuple[BottleKey, Row]]:
    for key in sorted((*held, *elsewhere)):
        row = held.get(key)
        if row is None:
            there = elsewhere[key]
            row = Row(
                download_date=there.download_date,
                file_size=there.size,
                sha256=there.digest,
            )
        yield key, row if isinstance(row, Row) else row_of(row)


def _table(rows: Iterable[tuple[K, msgspec.Struct]]) -> Iterator[bytes]:
    """Yield an object of JSON in its one written form.

    Args:
        rows: Sorted by their keys.
    """
    mark, waiting = b"{", iter(rows)
    while some := dict(islice(waiting, _AT_ONCE)):
        yield mark
        # Without its own braces.
        yield _written(some)[1:-1]
        mark = b","
    yield b"}" if mark == b"," else b"{}"


def _written(table: Mapping[K, msgspec.Struct]) -> bytes:
    # Half of a surrogate pair has a written form, and is no text.
    with suppress(UnicodeEncodeError):
        text = _ENCODER.encode(table)
        # Where nothing is escaped, and nothing would be, there is one way to write it.
        if text.isascii() and b"\\" not in text and b"\x7f" not in text:
            return text
    return written(msgspec.to_builtins(table)).encode()
