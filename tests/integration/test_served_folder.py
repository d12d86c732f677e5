"""Files as they are served, beyond what every store promises."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path

from adapters.folder.served import ServedFolder
from adapters.folder.store import FolderStore
from domain.bottle import ObjectKey

DOCUMENT = ObjectKey("api/formula.jws.json")


def etag(root: Path) -> str:
    with closing(ServedFolder(root).open(DOCUMENT, compressed=False)) as found:
        return found.head.etag


def test_versions_of_one_size_and_one_moment_are_told_apart(tmp_path: Path) -> None:
    told = set()
    for body in (b"one", b"two"):
        FolderStore(tmp_path).public.write(DOCUMENT, body, "application/json")
        os.utime(tmp_path / DOCUMENT, ns=(0, 1_800_000_000_000_000_000))
        told.add(etag(tmp_path))

    assert len(told) == 2


def test_who_serves_a_file_later_says_the_same_of_it(tmp_path: Path) -> None:
    FolderStore(tmp_path).public.write(DOCUMENT, b"one", "application/json")

    assert etag(tmp_path) == etag(tmp_path)
