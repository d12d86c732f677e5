"""What lies under each key of a bucket, and the keys in order."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.fake_s3.bucket import Version


class Shelf:
    """A pile of versions under each key. Not for threads: its bucket has the lock."""

    def __init__(self) -> None:
        # Oldest first, and never empty.
        self._piles: dict[str, list[Version]] = {}
        # In the order of code points, which is that of their UTF-8 bytes: every key,
        # and those under which a GET would find something.
        self._keys: list[str] = []
        self._present: list[str] = []

    def latest(self, key: str) -> Version | None:
        """Return what is on top, be it a delete marker."""
        pile = self._piles.get(key)
        return pile[-1] if pile else None

    def find(self, key: str, version_id: str) -> Version | None:
        """Return the version that is named."""
        for version in self._piles.get(key, ()):
            if version.version_id == version_id:
                return version
        return None

    def present(self, prefix: str, after: str, most: int) -> list[Version]:
        """Return what GETs would find, by key, from the first that follows on."""
        found = _following(self._present, prefix, after, most)
        return [self._piles[key][-1] for key in found]

    def all(self, prefix: str) -> list[Version]:
        """Return every version, by key and the newest first."""
        found = _following(self._keys, prefix, "", len(self._keys))
        return [version for key in found for version in reversed(self._piles[key])]

    def lay(self, version: Version) -> None:
        """Put a new version on top of its pile."""
        pile = self._piles.get(version.key)
        if pile is None:
            insort(self._keys, version.key)
            self._piles[version.key] = [version]
        else:
            pile[-1] = replace(pile[-1], latest=False)
            pile.append(version)
        self._show(version.key, present=not version.marker)

    def take(self, version: Version) -> None:
        """Take a version away, from wherever in its pile."""
        key = version.key
        pile = self._piles[key]
        pile.remove(version)
        if pile:
            pile[-1] = replace(pile[-1], latest=True)
            self._show(key, present=not pile[-1].marker)
        else:
            del self._piles[key]
            del self._keys[bisect_left(self._keys, key)]
            self._show(key, present=False)

    def _show(self, key: str, *, present: bool) -> None:
        place = bisect_left(self._present, key)
        listed = place < len(self._present) and self._present[place] == key
        if present and not listed:
            self._present.insert(place, key)
        elif listed and not present:
            del self._present[place]


def _following(keys: list[str], prefix: str, after: str, most: int) -> Iterator[str]:
    begin = bisect_left(keys, prefix)
    if after >= prefix:
        begin = bisect_right(keys, after, begin)
    for key in keys[begin : begin + most]:
        if not key.startswith(prefix):
            return
        yield key
