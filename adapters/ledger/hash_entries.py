"""The long tables of the hash file: bottles, here or elsewhere; superseded objects."""

from __future__ import annotations

from collections.abc import Mapping

from adapters.ledger import fields as wire
from adapters.ledger.plain_lines import day
from domain.bottle import BottleKey, Digest
from domain.records import Elsewhere

_FIELDS = 3  # of a row that lies elsewhere


def elsewhere_rows(
    elsewhere: Mapping[BottleKey, Elsewhere],
) -> dict[str, dict[str, object]]:
    """Return the part of the table of bottles that lies elsewhere."""
    return {
        key: {
            "download_date": entry.download_date.isoformat(),
            "file_size": entry.size,
            "sha256": entry.digest,
        }
        for key, entry in elsewhere.items()
    }


def parted(said: dict[str, object]) -> dict[str, object]:
    """Return the content of a hash file, its bottles parted into here and elsewhere."""
    rows = said.get("bottles")
    if not isinstance(rows, dict):
        return {**said, "elsewhere": {}}
    elsewhere = {
        key: row
        for key, row in rows.items()
        if isinstance(row, dict) and "object_key" not in row
    }
    here = {key: row for key, row in rows.items() if key not in elsewhere}
    return {**said, "bottles": here, "elsewhere": elsewhere}


def elsewhere_of(rows: object) -> dict[BottleKey, Elsewhere] | None:
    """Return what lies elsewhere, None when one of its rows is in doubt."""
    if not isinstance(rows, dict):
        return None
    elsewhere: dict[BottleKey, Elsewhere] = {}
    for key, row in rows.items():
        try:
            sha256, size = row["sha256"], row["file_size"]
            on = day(row["download_date"])
        except (KeyError, TypeError, ValueError):
            return None
        # A field that is not known is the schema's to ignore.
        if not (
            len(row) == _FIELDS
            and isinstance(sha256, str)
            and wire.SHA256.match(sha256)
            and type(size) is int
            and size >= 0
        ):
            return None
        elsewhere[BottleKey(key)] = Elsewhere(Digest(sha256), size, on)
    return elsewhere
