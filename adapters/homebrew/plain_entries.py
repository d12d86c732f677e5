"""The catalog's entries that are beyond doubt, each read in one step: the hot path.

Of an entry, a mirror needs less than half. Here the rest is passed over, and what is
needed is decoded straight into typed fields (docs/adr/0030). An entry that is not as
nearly all of them are is left to ``schemas``, which say what an entry is.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, TypeAlias, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from adapters.homebrew.schemas import NOT_AT_RUN_TIME
from domain.bottle import Digest
from domain.formula import Formula, Needs, SystemDependency
from domain.tags import Tag

T = TypeVar("T")

_PIECE: Final = 1 << 16  # bytes

# Python reads no integer of more than 4,300 digits. Where so many stand in a row, every
# 256th byte of the text is one, sixteen times running. Digests do not come to that.
_STEP: Final = 256
_MANY_DIGITS: Final = re.compile(rb"[0-9]{16}")


class _Part(msgspec.Struct, gc=False):
    """A part of an entry: the fields that nobody here reads may be anything."""


class _Versions(_Part):
    stable: str | None


class _File(_Part):
    sha256: Digest


class _Stable(_Part):
    rebuild: int
    files: dict[Tag, _File]


class _Bottle(_Part):
    stable: _Stable | None = None


class _Bound(_Part):
    since: str | None = None


_Use: TypeAlias = str | dict[str, str | list[str]]


class _Override(_Part):
    """A variation: of what a formula needs, it may say any part, or none."""

    dependencies: list[str] | UnsetType = UNSET
    recommended_dependencies: list[str] | UnsetType = UNSET
    uses_from_macos: list[_Use] | UnsetType = UNSET
    uses_from_macos_bounds: list[_Bound] | UnsetType = UNSET


class _Entry(_Part):
    name: str
    versions: _Versions
    revision: int
    bottle: _Bottle
    aliases: list[str]
    oldnames: list[str]
    dependencies: list[str]
    recommended_dependencies: list[str]
    uses_from_macos: list[_Use]
    uses_from_macos_bounds: list[_Bound]
    variations: dict[Tag, _Override]
    # Dumps of before 2023 have one, which is for the schemas.
    oldname: msgspec.Raw | UnsetType = UNSET


_LIST: Final = msgspec.json.Decoder(list[msgspec.Raw])
_ENTRY: Final = msgspec.json.Decoder(_Entry)
_NO_OVERRIDE: Final = _Override()
_NOTHING: Final = Needs()


def plain_entries(body: bytes) -> list[msgspec.Raw] | None:
    """Return the texts of the entries of a catalog, each of which is good JSON.

    Returns:
        None when ``body`` is not a list in JSON, or in doubt.
    """
    try:
        _check_text(body)
        entries: list[msgspec.Raw] = _LIST.decode(body)
    except (ValueError, RecursionError, msgspec.DecodeError):
        return None
    return entries


def plain_formula(entry: msgspec.Raw) -> Formula | None:
    """Return the formula of an entry that is as nearly all of them are, else None."""
    try:
        return _formula(_ENTRY.decode(entry))
    # ValueError: it is irregular, or makes no formula; has half of a surrogate pair.
    except (ValueError, RecursionError, msgspec.DecodeError):
        return None


def _check_text(body: bytes) -> None:
    """Look for what the decoder minds in what it reads, but not in what it passes over.

    Raises:
        ValueError: It is not text in UTF-8, or may have a number beyond reason.
    """
    if _MANY_DIGITS.search(body[::_STEP]):
        raise ValueError("many digits")
    # Piece by piece: as text, the whole may take four times as much memory.
    text, decoder = memoryview(body), codecs.getincrementaldecoder("utf-8")()
    for begun in range(0, len(text), _PIECE):
        decoder.decode(text[begun : begun + _PIECE])
    decoder.decode(b"", final=True)


def _formula(entry: _Entry) -> Formula:
    if entry.oldname is not UNSET:
        raise ValueError("oldname")
    stable = entry.bottle.stable
    return Formula(
        name=entry.name,
        version=entry.versions.stable,
        revision=entry.revision,
        rebuild=0 if stable is None else stable.rebuild,
        digests={}
        if stable is None
        else {tag: file.sha256 for tag, file in stable.files.items()},
        aliases=_names(entry.aliases),
        oldnames=_names(entry.oldnames),
        needs=_needs(
            entry.dependencies,
            entry.recommended_dependencies,
            entry.uses_from_macos,
            entry.uses_from_macos_bounds,
        ),
        variations={
            tag: _overridden(entry, override)
            for tag, override in entry.variations.items()
            if override != _NO_OVERRIDE
        },
    )


def _overridden(entry: _Entry, override: _Override) -> Needs:
    return _needs(
        _told(override.dependencies, entry.dependencies),
        _told(override.recommended_dependencies, entry.recommended_dependencies),
        _told(override.uses_from_macos, entry.uses_from_macos),
        _told(override.uses_from_macos_bounds, entry.uses_from_macos_bounds),
    )


def _told(override: T | UnsetType, else_: T) -> T:
    return else_ if isinstance(override, UnsetType) else override


def _needs(
    dependencies: list[str],
    recommended: list[str],
    uses: list[_Use],
    bounds: list[_Bound],
) -> Needs:
    if len(uses) != len(bounds):
        raise ValueError("bounds")
    if not (dependencies or recommended or uses):
        return _NOTHING
    return Needs(
        _names(dependencies) + _names(recommended),
        tuple(_from_system(uses, bounds)) if uses else (),
    )


def _from_system(uses: list[_Use], bounds: list[_Bound]) -> Iterator[SystemDependency]:
    for use, bound in zip(uses, bounds, strict=True):
        if isinstance(use, str):
            yield _dependency(use, bound.since)
            continue
        # More than one name, or none, is a ValueError.
        ((name, types),) = use.items()
        needed = _dependency(name, bound.since)
        if NOT_AT_RUN_TIME.isdisjoint([types] if isinstance(types, str) else types):
            yield needed


@lru_cache(maxsize=1_024)  # there are some two hundred
def _dependency(name: str, since: str | None) -> SystemDependency:
    _names([name] if since is None else [name, since])
    return SystemDependency(name, since)


def _names(values: list[str]) -> tuple[str, ...]:
    if not values:
        return ()
    if not all(values) or not "".join(values).isprintable():
        raise ValueError("name")
    return tuple(values)
