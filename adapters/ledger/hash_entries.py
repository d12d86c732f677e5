"""The long tables of the hash file: bottles, here or elsewhere; superseded objects.

A mirror of everything has some 20,000 rows in each, and every command begins by
reading them: through the schemas that takes a second. Here, what is beyond doubt is
read directly. Whatever is not is left to the schema.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from adapters.ledger import fields as wire
from domain.bottle import Bottle, BottleKey, Digest, ObjectKey
from domain.errors import InvalidValueError
from domain.records import Elsewhere, HashEntry, Superseded
from domain.tags import Tag


def bottle_rows(held: Mapping[BottleKey, HashEntry]) -> dict[str, dict[str, object]]:
    """Return the table of bottles."""
    return {
        key: {
            "download_date": entry.download_date.isoformat(),
            "file_size": entry.size,
            "name": entry.bottle.name,
            "object_key": entry.object_key,
            "pkg_version": entry.bottle.pkg_version,
            "rebuild": entry.bottle.rebuild,
            "sha256": entry.bottle.digest,
            "tag": entry.bottle.tag,
        }
        for key, entry in held.items()
    }


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


def superseded_rows(
    superseded: Mapping[ObjectKey, Superseded],
) -> dict[str, dict[str, object]]:
    """Return the table of superseded objects."""
    return {
        object_key: {
            "key": old.key,
            "on": old.on.isoformat(),
            "sha256": old.sha256,
            "size": old.size,
        }
        for object_key, old in superseded.items()
    }


def held_of(rows: object) -> dict[BottleKey, HashEntry] | None:
    """Return the bottles of a table, None when one of its rows is in doubt."""
    if not isinstance(rows, dict):
        return None
    held: dict[BottleKey, HashEntry] = {}
    days = _Days()
    for key, row in rows.items():
        if not isinstance(row, dict):
            return None
        try:
            name, pkg_version, rebuild = row["name"], row["pkg_version"], row["rebuild"]
            tag, sha256, size = row["tag"], row["sha256"], row["file_size"]
            object_key, day = row["object_key"], days[row["download_date"]]
            if not (
                isinstance(name, str)
                and isinstance(pkg_version, str)
                # Not isinstance: that would take true for 1.
                and type(rebuild) is int
                and isinstance(tag, str)
                and isinstance(sha256, str)
                and type(size) is int
                and size >= 0
                and isinstance(object_key, str)
                and object_key.isascii()
            ):
                return None
            bottle = Bottle(name, pkg_version, rebuild, Tag(tag), Digest(sha256))
        except (KeyError, TypeError, InvalidValueError):
            return None
        if bottle.key != key:
            return None
        held[bottle.key] = HashEntry(bottle, size, ObjectKey(object_key), day)
    return held


def elsewhere_of(rows: object) -> dict[BottleKey, Elsewhere] | None:
    """Return what lies elsewhere, None when one of its rows is in doubt."""
    if not isinstance(rows, dict):
        return None
    elsewhere: dict[BottleKey, Elsewhere] = {}
    days = _Days()
    for key, row in rows.items():
        try:
            sha256, size, day = (
                row["sha256"],
                row["file_size"],
                days[row["download_date"]],
            )
        except (KeyError, TypeError):
            return None
        if not (
            isinstance(sha256, str)
            and wire.SHA256.match(sha256)
            and type(size) is int
            and size >= 0
        ):
            return None
        elsewhere[BottleKey(key)] = Elsewhere(Digest(sha256), size, day)
    return elsewhere


def superseded_of(rows: object) -> dict[ObjectKey, Superseded] | None:
    """Return the objects of a table, None when one of its rows is in doubt."""
    if not isinstance(rows, dict):
        return None
    superseded: dict[ObjectKey, Superseded] = {}
    days = _Days()
    for object_key, row in rows.items():
        if not isinstance(row, dict):
            return None
        try:
            key, sha256, size, on = row["key"], row["sha256"], row["size"], row["on"]
            day = days[on]
        except (KeyError, TypeError):
            return None
        if not (
            object_key.isascii()
            and isinstance(key, str)
            and isinstance(sha256, str)
            and wire.SHA256.match(sha256)
            and type(size) is int
            and size >= 0
        ):
            return None
        superseded[ObjectKey(object_key)] = Superseded(
            BottleKey(key), Digest(sha256), size, day
        )
    return superseded


class _Days(dict[str, date]):
    """The days of a table, each read once: there are few, and most rows share one."""

    def __missing__(self, text: str) -> date:
        try:
            day = date.fromisoformat(text)
        except (ValueError, TypeError):
            raise KeyError(text) from None
        if day.isoformat() != text:
            raise KeyError(text)
        self[text] = day
        return day
