"""The long tables of a hash file, where they are beyond doubt.

A mirror of everything has tens of thousands of rows, and every command begins by
reading them: through the schemas that takes seconds. Here they are decoded straight
into typed fields (docs/adr/0014). A file that is spelt in any other way than this
program spells it is left to the schemas.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from adapters.ledger.plain_lines import Count, Sha256, day
from domain.bottle import Bottle, BottleKey, Digest, ObjectKey, parse_digest
from domain.records import Elsewhere, HashEntry, Superseded
from domain.tags import Tag


@dataclass(slots=True)
class Tables:
    """The long tables of a hash file."""

    held: dict[BottleKey, HashEntry]
    elsewhere: dict[BottleKey, Elsewhere]
    superseded: dict[ObjectKey, Superseded]


class _Row(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A bottle; one without an object key lies elsewhere.

    What a bottle that is here has to have, and this row has not, no bottle can be.
    """

    download_date: str
    file_size: Count
    sha256: Digest
    name: str = ""
    object_key: ObjectKey | UnsetType = UNSET
    pkg_version: str = ""
    rebuild: int = -1
    tag: Tag = Tag("")


class _Old(msgspec.Struct, forbid_unknown_fields=True, gc=False):
    """A superseded object."""

    key: BottleKey
    on: str
    sha256: Sha256
    size: Count


_PARTS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ROWS: Final = msgspec.json.Decoder(dict[BottleKey, _Row])
_OLD: Final = msgspec.json.Decoder(dict[ObjectKey, _Old])


def plain_tables(body: bytes) -> tuple[Tables, bytes] | None:
    """Return a hash file's long tables, and the file without them.

    Returns:
        None if anything of the tables is in doubt.
    """
    try:
        whole = _parts(memoryview(body)[:-1] if body.endswith(b"\n") else body)
        state = _parts(whole["state"])
        rows: dict[BottleKey, _Row] = _ROWS.decode(whole.pop("bottles"))
        old: dict[ObjectKey, _Old] = _OLD.decode(state.pop("superseded"))
        held, elsewhere = _bottles(rows)
        tables = Tables(held, elsewhere, _superseded(old))
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


def _bottles(
    rows: Mapping[BottleKey, _Row],
) -> tuple[dict[BottleKey, HashEntry], dict[BottleKey, Elsewhere]]:
    held: dict[BottleKey, HashEntry] = {}
    elsewhere: dict[BottleKey, Elsewhere] = {}
    for key, row in rows.items():
        on, object_key = day(row.download_date), row.object_key
        if on is None:
            raise ValueError(key)
        if isinstance(object_key, UnsetType):
            digest = parse_digest(row.sha256)
            elsewhere[key] = Elsewhere(digest, row.file_size, on)
            continue
        bottle = Bottle(row.name, row.pkg_version, row.rebuild, row.tag, row.sha256)
        if bottle.key != key:
            raise ValueError(key)
        # The bottle's own key: a table of another would be kept beside it.
        held[bottle.key] = HashEntry(bottle, row.file_size, object_key, on)
    return held, elsewhere


def _superseded(rows: Mapping[ObjectKey, _Old]) -> dict[ObjectKey, Superseded]:
    superseded: dict[ObjectKey, Superseded] = {}
    for object_key, row in rows.items():
        on = day(row.on)
        if on is None:
            raise ValueError(object_key)
        superseded[object_key] = Superseded(row.key, Digest(row.sha256), row.size, on)
    return superseded
