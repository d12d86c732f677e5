"""Which keys every store takes: those that stay inside it."""

from __future__ import annotations

from typing import Final

from ports.errors import RefusedError

_ODD_PARTS: Final = frozenset({"", ".", ".."})


def check_key(key: str) -> None:
    """Check that an object's key cannot leave the store.

    Raises:
        RefusedError: It is absolute, has an empty part, ``.`` or ``..``, a NUL, or
            cannot be written in UTF-8.
    """
    if not is_key(key):
        raise RefusedError(
            f"object key {key!r}", "it would leave the store: nothing was done"
        )


def is_key(key: str) -> bool:
    """Tell whether a key stays inside the store."""
    return _ODD_PARTS.isdisjoint(key.split("/")) and "\0" not in key and _is_utf8(key)


def _is_utf8(key: str) -> bool:
    # A file name that is not UTF-8 reaches Python with surrogates in it.
    return key.isascii() or not any("\ud800" <= letter <= "\udfff" for letter in key)
