"""A tree of folders, read in the order of keys."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from adapters.object_keys import is_key


def files(root: Path, prefix: str, after: str) -> Iterator[tuple[str, int]]:
    """Yield the key and size in bytes of each file, in the order of the keys' bytes.

    Only folders that can hold a key which begins with ``prefix`` and follows
    ``after`` are read, each of them once. What is hidden is not there. A link to a
    folder is one, as it is for whoever reads a file in it, unless it leads back up.

    Raises:
        OSError: A folder could not be read.
    """
    base, slash, _ = prefix.rpartition("/")
    if not slash:
        yield from _below(root, "", prefix, after)
    elif is_key(base) and not is_hidden(base):
        yield from _below(root / base, base + slash, prefix, after)


def is_hidden(path: str) -> bool:
    """Tell whether a part of a path begins with a dot.

    Such are the files that are on their way in, and what others leave in a folder
    (``.DS_Store``, ``._name``: the macOS Finder).
    """
    return path.startswith(".") or "/." in path


def _below(
    folder: Path | str, base: str, prefix: str, after: str
) -> Iterator[tuple[str, int]]:
    try:
        with os.scandir(folder) as found:
            shown = (entry for entry in found if not is_hidden(entry.name))
            entries = sorted(shown, key=_name)
    except (FileNotFoundError, NotADirectoryError):
        # It is not there, or has been removed since it was seen.
        return
    for entry in entries:
        key = base + _name(entry)
        if key.endswith("/"):
            # Keys in it begin with its own: whether all of them come too early
            # shows as soon as that differs from what they must follow.
            if (key > after or after.startswith(key)) and (
                key.startswith(prefix) or prefix.startswith(key)
            ):
                yield from _below(entry.path, key, prefix, after)
        elif key > after and key.startswith(prefix) and is_key(key):
            try:
                if entry.is_file():
                    yield key, entry.stat().st_size
            except FileNotFoundError:
                continue


def _name(entry: os.DirEntry[str]) -> str:
    # A folder counts with its slash: "a-b" and "a.c" come before what is in "a".
    return f"{entry.name}/" if _is_folder(entry) else entry.name


def _is_folder(entry: os.DirEntry[str]) -> bool:
    if not entry.is_symlink():
        return entry.is_dir()
    try:
        return entry.is_dir() and not _leads_back(entry)
    except FileNotFoundError:
        # It has been removed since it was seen.
        return False


def _leads_back(entry: os.DirEntry[str]) -> bool:
    """Tell whether a link is to a folder that it lies in: there is no end to those."""
    target = entry.stat()
    return any(
        os.path.samestat(target, above.stat()) for above in Path(entry.path).parents
    )
