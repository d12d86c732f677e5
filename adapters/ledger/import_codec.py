"""The entries of an imported hash file as bytes, and back.

What the bytes are is written in ``docs/ledger-format.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from marshmallow import ValidationError, fields
from marshmallow.validate import Equal

from adapters.ledger import fields as wire
from adapters.ledger.canonical_json import NotJsonError, parsed, written
from adapters.ledger.hash_entries import elsewhere_of, elsewhere_rows
from adapters.ledger.hash_schemas import ElsewhereSchema
from adapters.ledger.schemas import Written, explained
from domain.bottle import BottleKey
from domain.records import Elsewhere
from ports.errors import MalformedError

FORMAT: Final = 1
"""The version of the written form of imported entries."""


class ImportSchema(Written):
    """The entries of an imported hash file."""

    bottles = wire.by_name(wire.nested(ElsewhereSchema))
    v = fields.Integer(strict=True, required=True, validate=Equal(FORMAT))


_SCHEMA: Final = ImportSchema()


def encode_import(entries: Mapping[BottleKey, Elsewhere]) -> bytes:
    """Return the bytes of ``entries``; equal entries have equal bytes."""
    said = {"bottles": elsewhere_rows(entries), "v": FORMAT}
    return f"{written(said)}\n".encode()


def decode_import(name: str, body: bytes) -> Mapping[BottleKey, Elsewhere]:
    """Return the entries that ``body``, the document ``name``, lists.

    Raises:
        MalformedError: It lists none, or is of a newer version.
    """
    try:
        said = parsed(body.decode())
    except (UnicodeDecodeError, NotJsonError) as error:
        raise MalformedError(name, str(error)) from error
    rows = said.get("bottles") if isinstance(said, dict) else None
    entries = elsewhere_of(rows)
    try:
        # The schema need not see rows that are beyond doubt.
        if isinstance(said, dict) and entries is not None:
            said = {**said, "bottles": {}}
        loaded = _SCHEMA.load(said)  # type: ignore[arg-type]
    except ValidationError as error:
        raise MalformedError(name, explained(error)) from error
    if entries is not None:
        return entries
    return {BottleKey(key): Elsewhere(**row) for key, row in loaded["bottles"].items()}
