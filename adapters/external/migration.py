"""What another mirror's hash file says, brought up to date.

The first format has ``last_updated`` and, for each bottle, ``download_date``,
``file_size`` and ``sha256``. Today's has more fields, which are left aside: where a
bottle lies in that mirror's store, or whether it lies there at all, says nothing about
this one.
"""

from __future__ import annotations

import gzip
import json
import re
import zlib
from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime
from io import BytesIO
from typing import Any, Final

from adapters.external.gathering import LARGEST, PIECE, gathered
from adapters.ledger.canonical_json import NotJsonError, parsed
from domain.bottle import BottleKey, Digest
from domain.records import Elsewhere
from ports.errors import MalformedError
from ports.external_hash_file import ExternalEntries

_INVALID: Final = "Invalid hash file format"
_GZIP: Final = b"\x1f\x8b"
_SHA256: Final = re.compile(r"[0-9A-Fa-f]{64}")
_LARGEST_FILE: Final = 2**63 - 1  # bytes; no file system has a larger one
_SHOWN: Final = 80  # characters of a value in a reason


class _UnusableError(Exception):
    """An entry cannot be made valid; its text says why."""


def migrated(
    body: bytes,
    *,
    source: str,
    etag: str | None,
    today: date,
    at_most: int = LARGEST,
) -> ExternalEntries:
    """Return what a hash file lists, in today's form.

    A field that is null counts as missing.

    Args:
        body: The file as it came, compressed by gzip or not.
        source: Where it came from, for people.
        etag: What to ask its source with next time.
        today: The UTC day of the import, for entries that have none.
        at_most: Bytes that it may have, unpacked.

    Raises:
        MalformedError: It is no hash file, or too large for one.
    """
    said = _said(_unpacked(body, source, at_most), source)
    rows = said.get("bottles")
    if not isinstance(rows, dict):
        raise MalformedError(source, f'{_INVALID}: "bottles" is not an object in it')
    mended: Counter[str] = Counter(_lack_of_time(said.get("last_updated")))
    days = _Days()
    entries: dict[BottleKey, Elsewhere] = {}
    skipped: dict[str, str] = {}
    for key, row in rows.items():
        try:
            _check_key(key)
            entry, lacks = _read(row, days, today)
        except _UnusableError as error:
            skipped[_printable(key)] = str(error)
        else:
            entries[BottleKey(key)] = entry
            mended.update(lacks)
    return ExternalEntries(etag, entries, dict(mended), skipped)


def _unpacked(body: bytes, source: str, at_most: int) -> bytes:
    if not body.startswith(_GZIP):
        return body
    try:
        with gzip.open(BytesIO(body)) as unpacked:
            return gathered(iter(lambda: unpacked.read(PIECE), b""), source, at_most)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise MalformedError(
            source, f"{_INVALID}: not a whole gzip file ({error})"
        ) from error


def _said(body: bytes, source: str) -> Mapping[str, object]:
    try:
        # Some editors begin a file with a mark that JSON does not know.
        said = parsed(body.decode("utf-8-sig"))
    except (UnicodeDecodeError, NotJsonError) as error:
        raise MalformedError(source, f"{_INVALID}: {error}") from error
    if not isinstance(said, dict):
        raise MalformedError(source, f"{_INVALID}: it is not an object")
    return said


def _lack_of_time(last_updated: object) -> list[str]:
    if last_updated is None:
        return ["missing last_updated"]
    try:
        datetime.fromisoformat(last_updated if isinstance(last_updated, str) else "")
    except ValueError:
        return ["unreadable last_updated"]
    return []


def _check_key(key: str) -> None:
    # Half of a surrogate pair, which JSON can escape and UTF-8 cannot hold, is not
    # printable either.
    if not key or not key.isprintable():
        raise _UnusableError("the key is empty, or has what cannot be printed")


def _read(row: Any, days: _Days, today: date) -> tuple[Elsewhere, list[str]]:  # noqa: ANN401
    """Return what one entry says, and what was mended in it.

    Raises:
        _UnusableError: It cannot be made valid.
    """
    if not isinstance(row, dict):
        raise _UnusableError(f"{_shown(row)} is not an object")
    lacks: list[str] = []
    sha256, size, day = map(row.get, ("sha256", "file_size", "download_date"))
    if not isinstance(sha256, str) or not _SHA256.fullmatch(sha256):
        raise _UnusableError(f"sha256: {_shown(sha256)} is not 64 hex digits")
    digest = Digest(sha256.lower())
    if digest != sha256:
        lacks.append("upper-case sha256")
    if size is None:
        size = 0
        lacks.append("missing file_size")
    # Not isinstance: that would take true for 1.
    elif type(size) is not int or not 0 <= size <= _LARGEST_FILE:
        raise _UnusableError(f"file_size: {_shown(size)} is not a number of bytes")
    if day is None:
        on: date | None = today
        lacks.append("missing download_date")
    else:
        on = days[day] if isinstance(day, str) else None
    if on is None:
        raise _UnusableError(f"download_date: {_shown(day)} is not a day as 2026-11-22")
    return Elsewhere(digest, size, on), lacks


class _Days(dict[str, date | None]):
    """What texts mean as days, each read once: there are few, and most rows share one.

    A text that is no day means None.
    """

    def __missing__(self, text: str) -> date | None:
        try:
            day = date.fromisoformat(text)
        except ValueError:
            self[text] = None
        else:
            # Python reads more spellings than one, and more in each version.
            self[text] = day if day.isoformat() == text else None
        return self[text]


def _shown(value: object) -> str:
    match value:
        case None:
            return "nothing"
        case dict():
            return "an object"
        case list():
            return "an array"
    text = repr(value) if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _printable(key: str) -> str:
    return key if key.isprintable() else key.encode("unicode_escape").decode()
