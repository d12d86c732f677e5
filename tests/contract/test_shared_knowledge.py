"""What one process has found out of a store's objects, another need not."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
import requests

from adapters.folder.store import FolderStore
from adapters.s3.store import S3Store
from domain.bottle import ObjectKey
from tests.support.blobs import blob, digest_of, put
from tests.support.stores import use_fake_s3

BODY = blob(100_000)
SOURCE, TARGET = ObjectKey("2026-11-22/source.tar.gz"), ObjectKey("v2/target")


def no_file_digest(*_: object) -> None:
    raise AssertionError("a file is read to the end")


def test_a_file_that_another_has_written_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = FolderStore(tmp_path), FolderStore(tmp_path)
    theirs.share(ours.hear)
    put(theirs, SOURCE, BODY)
    monkeypatch.setattr("adapters.folder.folder.file_digest", no_file_digest)

    ours.copy(SOURCE, TARGET, digest_of(BODY))

    assert ours.get(TARGET).body == BODY
    with pytest.raises(AssertionError, match="read to the end"):
        FolderStore(tmp_path).copy(SOURCE, ObjectKey("v2/other"), digest_of(BODY))


def test_a_file_that_was_changed_since_is_read_all_the_same(tmp_path: Path) -> None:
    ours, theirs = FolderStore(tmp_path), FolderStore(tmp_path)
    theirs.share(ours.hear)
    put(theirs, SOURCE, BODY)
    (tmp_path / SOURCE).unlink()
    (tmp_path / SOURCE).write_bytes(BODY[:-1] + b"x")

    with pytest.raises(Exception, match="sha256 is"):
        ours.copy(SOURCE, TARGET, digest_of(BODY))


def test_an_object_that_another_has_put_is_not_looked_at(
    fake_s3: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    use_fake_s3(monkeypatch, fake_s3)
    bucket = f"mirror-{uuid.uuid4()}"
    requests.put(f"{fake_s3}/{bucket}", timeout=60).raise_for_status()
    ours, theirs, stranger = (
        S3Store(bucket, pool_size=2, retry_attempts=2) for _ in range(3)
    )
    theirs.share(ours.hear)
    put(theirs, SOURCE, BODY)

    ours.copy(SOURCE, TARGET, digest_of(BODY))
    stranger.copy(SOURCE, ObjectKey("v2/other"), digest_of(BODY))

    assert ours.requests == stranger.requests - 1
