"""What anybody may read of a mirror over HTTP, and how it is labelled."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Final

from domain.bottle import ObjectKey
from domain.views import API, FLAT, INDEX_MEDIA_TYPE

BYTES_MEDIA_TYPE: Final = "application/octet-stream"
"""What bottles are served as: nobody on the way is to unpack them."""

STATUS: Final = "status/"
"""The prefix of the status page."""

STATUS_PAGE: Final = ObjectKey(f"{STATUS}index.html")

PUBLIC: Final = ("v2/", API, FLAT, STATUS)
"""The prefixes that are there for others. The ledger and the hash file are not."""

_OF_SUFFIXES: Final = {
    ".html": "text/html; charset=utf-8",
    ".json": "application/json",
    ".txt": "text/plain; charset=utf-8",
}


def public_key(path: str) -> ObjectKey | None:
    """Return the object that a decoded path of a URL asks for.

    The folder of the status page is the page. None where nobody may read, whether or
    not there is an object.
    """
    key = path.removeprefix("/")
    if key == STATUS:
        return STATUS_PAGE
    if not key.startswith(PUBLIC):
        return None
    # What begins with a dot is the system's own, and leads out of the prefix.
    if "\0" in key or any(not part or part[0] == "." for part in key.split("/")):
        return None
    return ObjectKey(key)


def media_type(key: ObjectKey) -> str:
    """Return the media type of an object where nothing but its key tells of it."""
    path = PurePosixPath(key)
    if key.startswith((API, STATUS)):
        return _OF_SUFFIXES.get(path.suffix, BYTES_MEDIA_TYPE)
    return INDEX_MEDIA_TYPE if path.parent.name == "manifests" else BYTES_MEDIA_TYPE


def file_name(key: ObjectKey) -> str | None:
    """Return what a client should call the file, None where that does not matter.

    brew asks once more for the headers of a bottle that does not say so itself.
    """
    path = PurePosixPath(key)
    return path.name if str(path.parent) == FLAT.rstrip("/") else None
