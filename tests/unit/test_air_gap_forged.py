"""Exports whose sums are right and whose content is not: nothing is touched."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import TypeAlias

import pytest

from adapters.archive.folder import FolderExportReader, FolderExportWriter
from adapters.ledger.layout import COMMITS, DOCUMENTS
from domain.errors import MirrorError
from domain.events import Position
from domain.export import CONTENT, Export, Piece
from ports.errors import DamagedExportError
from tests.support.air_gap import Side, like_the_other_side
from tests.support.near_side import Near, first_week, rebuilt_week

Members: TypeAlias = dict[str, bytes]


@pytest.fixture
def export(tmp_path: Path) -> Path:
    """Return where an export of two weeks is."""
    near = Near()
    first_week(near)
    rebuilt_week(near)
    near.side.export(tmp_path / "true")
    return tmp_path / "true"


def same(members: Members) -> Members:
    return members


def forged(
    true: Path,
    change: Callable[[Members], Members],
    said: Callable[[Export], Export] = lambda export: export,
) -> Path:
    """Return an export with other members and other words, and all sums right."""
    reader = FolderExportReader(true)
    export = said(reader.export())
    pieces = reader.check(lambda *_: None)
    members = change({p.name: b"".join(reader.read(p.name)) for p in pieces})
    folder = true.parent / "forged"
    writer = FolderExportWriter(folder)
    writer.begin()
    outgoing = (
        (Piece(name, len(body)), iter((body,))) for name, body in members.items()
    )
    segment = writer.write(export, 1, 1, outgoing)
    writer.seal(replace(export, segments=(segment,)))
    return folder


def refused(folder: Path, sentence: str) -> None:
    far = Side()
    with pytest.raises(DamagedExportError, match=sentence):
        far.bring(folder)
    assert far.tree() == {}


def test_what_is_not_changed_is_taken(export: Path) -> None:
    far = Side()
    far.bring(forged(export, same))
    assert far.ledger().published == 2


def _first(members: Members, prefix: str) -> str:
    return next(name for name in members if name.startswith(prefix))


def _last(members: Members, prefix: str) -> str:
    return [name for name in members if name.startswith(prefix)][-1]


@pytest.mark.parametrize("prefix", [CONTENT, DOCUMENTS])
def test_other_bytes_under_a_digest(export: Path, prefix: str) -> None:
    def change(members: Members) -> Members:
        return members | {_first(members, prefix): b"other bytes"}

    refused(forged(export, change), "its bytes are those of")


def test_a_commit_that_says_something_else(export: Path) -> None:
    def change(members: Members) -> Members:
        name = next(n for n, b in members.items() if COMMITS in n and b"jq" in b)
        return members | {name: members[name].replace(b"jq", b"qj")}

    refused(forged(export, change), "its commits: the ledger is damaged at commit")


def test_a_commit_that_is_left_out(export: Path) -> None:
    for which in (_first, _last):

        def change(members: Members) -> Members:
            name = which(members, COMMITS)  # noqa: B023 - used before the next one
            return {key: body for key, body in members.items() if key != name}

        folder = forged(export, change)
        refused(folder, "its commits")
        _empty(folder)


def test_bytes_that_are_left_out(export: Path) -> None:
    """Those of bottles, lists and documents, each in its turn."""
    reader = FolderExportReader(export)
    indexes = 0
    for piece in reader.check(lambda *_: None):
        if not piece.name.startswith(CONTENT):
            continue
        body = b"".join(reader.read(piece.name))
        if body.startswith(b"["):
            indexes += 1
            continue

        def change(members: Members, name: str = piece.name) -> Members:
            return {key: body for key, body in members.items() if key != name}

        folder = forged(export, change)
        refused(folder, "it lacks [0-9a-f]{64}")
        _empty(folder)
    assert indexes


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (
            lambda export: replace(export, hash_file="00" * 32),
            "do not give the hash file",
        ),
        (
            lambda export: replace(export, head=Position(99, "00" * 32)),
            "lead to [0-9]+, and not to commit 99",
        ),
        (
            lambda export: replace(export, head=Position(export.head.seq, "00" * 32)),
            "its commits",
        ),
        (
            lambda export: replace(
                export, ledger="0d9b3a52-6a5e-4b7f-8f0e-2f5c7a1d9e30"
            ),
            "they are of ledger",
        ),
    ],
)
def test_words_that_are_not_true(
    export: Path, said: Callable[[Export], Export], sentence: str
) -> None:
    refused(forged(export, same, said), sentence)


def test_any_other_word_changes_nothing_that_is_checked(export: Path) -> None:
    """The numbers are for people."""
    near = Side()
    near.bring(export)
    folder = forged(export, same, lambda e: replace(e, bottles=7, bytes=7, commits=7))
    far = Side()
    far.bring(folder)
    like_the_other_side(near, far)


def test_a_key_that_would_leave_the_store_is_never_used(export: Path) -> None:
    def change(members: Members) -> Members:
        digest = sha256(b"mine").hexdigest()
        return members | {
            "../../etc/passwd": b"mine",
            "bottles_hash.json": b"mine",
            f"{CONTENT}{digest}": b"mine",
        }

    far = Side()
    far.bring(forged(export, change))
    assert b"mine" not in far.tree().values()
    with pytest.raises(MirrorError):
        far.bring(forged(export.parent / "nowhere", change))


def _empty(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()
