"""The long tables of a hash file, where they are beyond doubt.

A mirror of everything has tens of thousands of rows, and every command begins by
reading them: through the schemas that takes seconds. Here they are decoded straight
into typed fields (docs/adr/0014). A file that is spelt in any other way than this
program spells it is left to the schemas.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from datetime import date
from typing import Final, cast

import msgspec

from adapters.ledger.held_rows import ELSEWHERE, HeldRows, Row
from adapters.ledger.plain_lines import Count, Sha256
from domain.bottle import BottleKey, Digest, ObjectKey, is_digest, stem_of
from domain.records import Elsewhere, HashEntry, Superseded
from domain.tags import parse_tag


@dataclass(slots=True)
class Tables:
    """The long tables of a hash file.

    Attributes:
        bytes: How many those are that are held.
    """

    held: MutableMapping[BottleKey, HashEntry]
    bytes: int
    elsewhere: dict[BottleKey, Elsewhere]
    superseded: dict[ObjectKey, Superseded]


class _Old(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A superseded object."""

    key: BottleKey
    on: date
    sha256: Sha256
    size: Count


_PARTS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ROWS: Final = msgspec.json.Decoder(dict[BottleKey, Row])
_OLD: Final = msgspec.json.Decoder(dict[ObjectKey, _Old])


def plain_tables(body: bytes) -> tuple[Tables, bytes] | None:
    """Return a hash file's long tables, and the file without them.

    Returns:
        None if anything of the tables is in doubt.
    """
    try:
        whole = _parts(memoryview(body)[:-1] if body.endswith(b"\n") else body)
        state = _parts(whole["state"])
        rows: dict[BottleKey, Row] = _ROWS.decode(whole.pop("bottles"))
        old: dict[ObjectKey, _Old] = _OLD.decode(state.pop("superseded"))
        tables = _tables(rows, old)
        whole["state"] = msgspec.Raw(_joined(state))
        rest = _joined(whole)
    # ValueError also: no JSON, no UTF-8, no bottle, more digits than Python reads.
    except (KeyError, ValueError, RecursionError, msgspec.DecodeError):
        return None
    return tables, rest


def _parts(text: bytes | memoryview | msgspec.Raw) -> dict[str, msgspec.Raw]:
    """Return what the fields of an object are spelt as.

    Raises:
        ValueError: A field is there twice, or more is between the fields than has to
            be, or its name is not plain: there is something that nobody would look at.
    """
    parts: dict[str, msgspec.Raw] = _PARTS.decode(text)
    # Of each field, its name in quotes, a colon, and a comma or the closing brace.
    told = sum(len(name) + 4 + len(memoryview(raw)) for name, raw in parts.items())
    if len(memoryview(text)) != 1 + told:
        raise ValueError("not spelt as it would be written")
    return parts


def _joined(parts: Mapping[str, msgspec.Raw]) -> bytes:
    fields = (b'"%s":%s' % (name.encode(), raw) for name, raw in parts.items())
    return b"{%s}" % b",".join(fields)


def _tables(rows: dict[BottleKey, Row], old: Mapping[ObjectKey, _Old]) -> Tables:
    """Return what the rows say; those of bottles that are held are only looked at.

    Raises:
        ValueError: One is not of a bottle, or not of that of its key.
    """
    elsewhere: dict[BottleKey, Elsewhere] = {}
    held = 0
    name, version, rebuild, stem = "", "", -1, ""
    for key, row in rows.items():
        if not is_digest(row.sha256):
            raise ValueError(key)
        if row.object_key is ELSEWHERE:
            elsewhere[key] = Elsewhere(row.sha256, row.file_size, row.download_date)
            continue
        held += row.file_size
        # In their order, the bottles of a release come together.
        if row.name != name or row.pkg_version != version or row.rebuild != rebuild:
            name, version, rebuild = row.name, row.pkg_version, row.rebuild
            stem = stem_of(name, version, rebuild)
        if stem + parse_tag(row.tag) != key:
            raise ValueError(key)
    for key in elsewhere:
        del rows[key]
    return Tables(
        held=HeldRows(cast("dict[BottleKey, Row | HashEntry]", rows)),
        bytes=held,
        elsewhere=elsewhere,
        superseded=_superseded(old),
    )


def _superseded(rows: Mapping[ObjectKey, _Old]) -> dict[ObjectKey, Superseded]:
    return {
        object_key: Superseded(row.key, Digest(row.sha256), row.size, row.on)
        for object_key, row in rows.items()
    }
