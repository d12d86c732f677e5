"""Another mirror's hash file, kept in memory, and a note of what it was asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from domain.bottle import Bottle, BottleKey
from domain.records import Elsewhere
from ports.errors import PortError
from ports.external_hash_file import ExternalEntries, ExternalHashFile

DAY = date(2025, 7, 21)
"""The day under which bottles lie elsewhere, if nothing else is said."""


class ListedElsewhere(ExternalHashFile):
    """Lists what it is told to, under an ETag that changes with it.

    Attributes:
        asked: The ETag of each question, None where there was none.
        error: What it answers instead.
    """

    def __init__(
        self,
        entries: Mapping[BottleKey, Elsewhere],
        source: str = "https://mirror.test/bottles_hash.json",
        *,
        has_etags: bool = True,
    ) -> None:
        self._source = source
        self._has_etags = has_etags
        self._version = 0
        self.asked: list[str | None] = []
        self.error: PortError | None = None
        self.list(entries)

    def list(
        self,
        entries: Mapping[BottleKey, Elsewhere],
        migrated: Mapping[str, int] | None = None,
        skipped: Mapping[str, str] | None = None,
    ) -> None:
        """List something else from now on."""
        self._version += 1
        etag = f'"{self._version}"' if self._has_etags else None
        self._listed = ExternalEntries(etag, entries, migrated or {}, skipped or {})

    @property
    def source(self) -> str:
        return self._source

    def fetch(self, unless: str | None = None) -> ExternalEntries | None:
        self.asked.append(unless)
        if self.error is not None:
            raise self.error
        if unless is not None and unless == self._listed.etag:
            return None
        return self._listed


def entries_of(
    bottles: Iterable[Bottle], day: date = DAY, size: int = 0
) -> dict[BottleKey, Elsewhere]:
    """Return what a hash file lists that has these bottles."""
    return {bottle.key: Elsewhere(bottle.digest, size, day) for bottle in bottles}
