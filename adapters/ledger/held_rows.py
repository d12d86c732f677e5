"""Bottles that are held, as rows of a hash file: each is made when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from datetime import date
from typing import Final, TypeVar, cast, overload

import msgspec

from adapters.ledger.plain_lines import Count
from domain.bottle import Bottle, BottleKey, Digest, ObjectKey
from domain.records import HashEntry
from domain.tags import Tag

T = TypeVar("T")

ELSEWHERE: Final = cast("ObjectKey", msgspec.UNSET)
"""The object key of a bottle that lies in another mirror: that has none here."""


# The fields of each in the order in which they are written.
class Row(
    msgspec.Struct,
    forbid_unknown_fields=True,
    omit_defaults=True,
    kw_only=True,
    gc=False,
):
    """A bottle; one without an object key lies elsewhere.

    What a bottle that is here has to have, and this row has not, no bottle can be.
    """

    download_date: date
    file_size: Count
    name: str = ""
    object_key: ObjectKey = ELSEWHERE
    pkg_version: str = ""
    rebuild: int = -1
    sha256: Digest
    tag: Tag = Tag("")

    def entry(self) -> HashEntry:
        """Return what it says, of one that is here."""
        bottle = Bottle(
            self.name, self.pkg_version, self.rebuild, self.tag, self.sha256
        )
        return HashEntry(bottle, self.file_size, self.object_key, self.download_date)


def row_of(entry: HashEntry) -> Row:
    """Return the row of a bottle that is here."""
    bottle = entry.bottle
    return Row(
        download_date=entry.download_date,
        file_size=entry.size,
        name=bottle.name,
        object_key=entry.object_key,
        pkg_version=bottle.pkg_version,
        rebuild=bottle.rebuild,
        sha256=bottle.digest,
        tag=bottle.tag,
    )


class HeldRows(MutableMapping[BottleKey, HashEntry]):
    """Bottles by their keys; those that nobody asked for are still rows.

    All of the rows were checked. A run that finds nothing to do asks for none of some
    60,000, and a worker for those of its shard.
    """

    def __init__(self, rows: dict[BottleKey, Row | HashEntry]) -> None:
        self._rows = rows

    @property
    def rows(self) -> Mapping[BottleKey, Row | HashEntry]:
        """What there is, as it is."""
        return self._rows

    def __getitem__(self, key: BottleKey) -> HashEntry:
        return self._made(key, self._rows[key])

    @overload
    def get(self, key: BottleKey, default: None = None, /) -> HashEntry | None: ...
    @overload
    def get(self, key: BottleKey, default: HashEntry | T, /) -> HashEntry | T: ...
    def get(
        self, key: BottleKey, default: HashEntry | T | None = None, /
    ) -> HashEntry | T | None:
        """Return a bottle, or ``default`` when it is not held."""
        row = self._rows.get(key)
        return default if row is None else self._made(key, row)

    def __contains__(self, key: object) -> bool:
        return key in self._rows

    def __setitem__(self, key: BottleKey, entry: HashEntry) -> None:
        self._rows[key] = entry

    def __delitem__(self, key: BottleKey) -> None:
        del self._rows[key]

    def __iter__(self) -> Iterator[BottleKey]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __copy__(self) -> HeldRows:
        return HeldRows(dict(self._rows))

    def _made(self, key: BottleKey, row: Row | HashEntry) -> HashEntry:
        if isinstance(row, HashEntry):
            return row
        # Of several threads that ask at once, each makes an equal one.
        entry = self._rows[key] = row.entry()
        return entry
