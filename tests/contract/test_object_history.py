"""What is promised of every store's past, be there one or not."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import boto3
import pytest
import requests
from moto import mock_aws

from adapters.folder.history import FolderHistory
from adapters.folder.store import FolderStore
from adapters.memory.history import MemoryHistory
from adapters.memory.store import MemoryStore
from adapters.s3.history import S3History
from adapters.s3.store import S3Store
from domain.bottle import ObjectKey
from ports.errors import NotFoundError, OutcomeUnknownError, RefusedError
from ports.object_history import ObjectHistory, ObjectVersion
from ports.store import Store
from tests.support.crowd import CROWD, all_at_once
from tests.support.seaweed import SeaweedS3
from tests.support.short_way import without_short_way
from tests.support.stores import shared_bucket, use_fake_s3, use_seaweed

KEY = ObjectKey("ledger/v1/commits/00000000000000000000.jsonl")
NEXT = ObjectKey("ledger/v1/commits/00000000000000000001.jsonl")
COMMITS = "ledger/v1/commits/"
PREFIX = "mirrors/one"


class Past(NamedTuple):
    """A store and its history."""

    store: Store
    history: ObjectHistory


@contextmanager
def _memory(_: pytest.FixtureRequest) -> Iterator[Past]:
    store = MemoryStore()
    yield Past(store, MemoryHistory(store))


@contextmanager
def _folder(request: pytest.FixtureRequest) -> Iterator[Past]:
    folder: Path = request.getfixturevalue("tmp_path")
    yield Past(FolderStore(folder / "mirror"), FolderHistory(folder / "mirror"))


def _bucket(name: str) -> Past:
    # Others have the rest of it.
    return Past(
        S3Store(name, PREFIX, pool_size=CROWD, retry_attempts=2),
        S3History(name, PREFIX, pool_size=CROWD, retry_attempts=2),
    )


@contextmanager
def _moto(request: pytest.FixtureRequest) -> Iterator[Past]:
    monkeypatch: pytest.MonkeyPatch = request.getfixturevalue("monkeypatch")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    without_short_way(monkeypatch)
    with mock_aws():
        client = boto3.client("s3", "us-east-1")
        client.create_bucket(Bucket="mirror")
        client.put_bucket_versioning(
            Bucket="mirror", VersioningConfiguration={"Status": "Enabled"}
        )
        yield _bucket("mirror")


@contextmanager
def _fake_s3(request: pytest.FixtureRequest) -> Iterator[Past]:
    endpoint_url: str = request.getfixturevalue("fake_s3")
    use_fake_s3(request.getfixturevalue("monkeypatch"), endpoint_url)
    bucket = f"mirror-{uuid4()}"
    # With Object Lock comes versioning.
    requests.put(
        f"{endpoint_url}/{bucket}",
        headers={"x-amz-bucket-object-lock-enabled": "true"},
        timeout=60,
    ).raise_for_status()
    yield _bucket(bucket)


@contextmanager
def _seaweed(request: pytest.FixtureRequest) -> Iterator[Past]:
    seaweed: SeaweedS3 = request.getfixturevalue("seaweed")
    use_seaweed(request.getfixturevalue("monkeypatch"), seaweed)
    bucket = f"mirror-{uuid4()}"
    with closing(seaweed.client()) as client:
        client.create_bucket(Bucket=bucket)
        client.put_bucket_versioning(
            Bucket=bucket, VersioningConfiguration={"Status": "Enabled"}
        )
    yield _bucket(bucket)


@contextmanager
def _unversioned(request: pytest.FixtureRequest) -> Iterator[Past]:
    seaweed: SeaweedS3 = request.getfixturevalue("seaweed")
    use_seaweed(request.getfixturevalue("monkeypatch"), seaweed)
    prefix, bucket = f"mirrors/{uuid4()}", shared_bucket(seaweed)
    yield Past(
        S3Store(bucket, prefix, pool_size=CROWD, retry_attempts=2),
        S3History(bucket, prefix, pool_size=CROWD, retry_attempts=2),
    )


_OPEN: dict[str, Callable[[pytest.FixtureRequest], AbstractContextManager[Past]]] = {
    "memory": _memory,
    "folder": _folder,
    "unversioned": _unversioned,
    "moto": _moto,
    "fake_s3": _fake_s3,
    "seaweed": _seaweed,
}
_MARKS = {
    "seaweed": [pytest.mark.s3_server],
    "unversioned": [pytest.mark.s3_server],
}


def _kinds(*names: str) -> pytest.MarkDecorator:
    kinds = [pytest.param(name, marks=_MARKS.get(name, ())) for name in names]
    return pytest.mark.parametrize("past", kinds, indirect=True)


EVERY = _kinds(*_OPEN)
VERSIONED = _kinds("moto", "fake_s3", "seaweed")
FORGETFUL = _kinds("memory", "folder")


@pytest.fixture
def past(request: pytest.FixtureRequest) -> Iterator[Past]:
    """Yield an empty store of a kind, and its history."""
    with _OPEN[request.param](request) as opened:
        yield opened


def _of(past: Past, key: ObjectKey = KEY) -> list[ObjectVersion]:
    return [each for each in past.history.versions(key) if each.key == key]


class TestObjectHistoryContract:
    @EVERY
    def test_an_empty_store_has_no_past(self, past: Past) -> None:
        assert list(past.history.versions("")) == []
        with pytest.raises(NotFoundError):
            past.history.read_version(KEY, "null")
        with pytest.raises(NotFoundError):
            past.history.remove_marker(KEY, "null")

    @EVERY
    def test_restores_over_what_is_there_and_where_nothing_is(self, past: Past) -> None:
        past.history.restore(KEY, b"first")
        assert past.store.get(KEY).body == b"first"
        past.history.restore(KEY, b"second")
        assert past.store.get(KEY).body == b"second"
        past.store.delete(KEY)
        past.history.restore(KEY, b"")
        assert past.store.get(KEY).body == b""
        assert [found.key for found in past.store.list("")] == [KEY]

    @EVERY
    def test_what_was_restored_is_replaced_in_its_version(self, past: Past) -> None:
        past.store.create(KEY, b"first")
        past.history.restore(KEY, b"second")
        past.store.replace(KEY, b"third", past.store.get(KEY).version)
        assert past.store.get(KEY).body == b"third"

    @_kinds("memory", "folder", "fake_s3", "seaweed")
    def test_of_many_that_restore_at_once_one_is_there_in_the_end(
        self, past: Past
    ) -> None:
        raised = all_at_once(lambda number: past.history.restore(KEY, b"%d" % number))
        # A busy server may break off a connection: then the outcome is not known.
        assert len(raised) == CROWD
        assert all(e is None or isinstance(e, OutcomeUnknownError) for e in raised)
        assert None in raised
        assert int(past.store.get(KEY).body) in range(CROWD)

    @EVERY
    def test_keeps_every_key_inside(self, past: Past) -> None:
        for name in ("", "/etc/passwd", "../x", "a/../../x", "a//b", "a\0b"):
            key = ObjectKey(name)
            with pytest.raises(RefusedError, match="would leave the store"):
                past.history.restore(key, b"")
            with pytest.raises(RefusedError, match="would leave the store"):
                past.history.read_version(key, "null")
            with pytest.raises(RefusedError, match="would leave the store"):
                past.history.remove_marker(key, "null")


class TestVersionedContract:
    @VERSIONED
    def test_every_version_is_told_and_can_be_read(self, past: Past) -> None:
        past.store.create(NEXT, b"next")
        past.store.create(KEY, b"first")
        past.history.restore(KEY, b"the second")
        past.store.create(ObjectKey("ledger/v1/ledger.json"), b"{}")

        found = list(past.history.versions(COMMITS))

        assert [each.key for each in found] == [KEY, KEY, NEXT]
        assert [each.latest for each in found] == [True, False, True]
        assert [each.size for each in found] == [10, 5, 4]
        assert not any(each.marker for each in found)
        bodies = [past.history.read_version(each.key, each.version) for each in found]
        assert bodies == [b"the second", b"first", b"next"]

    @VERSIONED
    def test_a_deletion_is_taken_back(self, past: Past) -> None:
        past.store.create(KEY, b"first")
        past.store.delete(KEY)

        marker, first = _of(past)
        assert (marker.latest, marker.marker, marker.size) == (True, True, 0)
        assert (first.latest, first.marker, first.size) == (False, False, 5)
        with pytest.raises(NotFoundError):
            past.history.read_version(KEY, marker.version)
        past.history.remove_marker(KEY, marker.version)

        assert past.store.get(KEY).body == b"first"
        assert [each.version for each in _of(past)] == [first.version]
        with pytest.raises(NotFoundError):
            past.history.remove_marker(KEY, marker.version)

    @VERSIONED
    def test_only_deletions_are_taken_back(self, past: Past) -> None:
        past.store.create(KEY, b"first")
        past.history.restore(KEY, b"second")
        before = _of(past)

        for each in before:
            with pytest.raises(RefusedError, match="no delete marker"):
                past.history.remove_marker(KEY, each.version)

        assert _of(past) == before

    @VERSIONED
    def test_there_is_no_version_that_never_was(self, past: Past) -> None:
        past.store.create(KEY, b"first")
        past.store.create(NEXT, b"second")
        (version,) = _of(past)

        with pytest.raises(NotFoundError):
            past.history.read_version(KEY, "3sL4kqtJlcpXroDTDmJ+rmSpXd3dIbrH")
        with pytest.raises(NotFoundError):
            past.history.remove_marker(NEXT, version.version)

    @_kinds("fake_s3")
    def test_more_versions_than_fit_into_an_answer(self, past: Past) -> None:
        for number in range(1005):
            past.history.restore(KEY, b"%d" % number)
        past.store.delete(KEY)

        found = _of(past)

        assert len({each.version for each in found}) == 1006
        assert found[0].marker
        assert [each.latest for each in found] == [True] + [False] * 1005


class TestForgetfulContract:
    @FORGETFUL
    def test_nothing_is_kept(self, past: Past) -> None:
        past.store.create(KEY, b"first")
        past.history.restore(KEY, b"second")

        assert list(past.history.versions("")) == []
        with pytest.raises(NotFoundError):
            past.history.read_version(KEY, past.store.get(KEY).version)

    @_kinds("unversioned")
    def test_what_is_there_is_the_one_version(self, past: Past) -> None:
        past.store.create(KEY, b"first")
        past.history.restore(KEY, b"second")

        (version,) = past.history.versions("")

        assert (version.key, version.latest, version.size) == (KEY, True, 6)
        assert past.history.read_version(KEY, version.version) == b"second"


def test_a_restore_leaves_nothing_else_in_the_folder(tmp_path: Path) -> None:
    FolderHistory(tmp_path).restore(KEY, b"first")

    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {str(path.relative_to(tmp_path)) for path in files} == {
        KEY,
        ".incoming/lock",
    }


def test_a_folder_s_own_files_are_not_to_be_restored(tmp_path: Path) -> None:
    with pytest.raises(RefusedError, match="the store's own"):
        FolderHistory(tmp_path).restore(ObjectKey(".incoming/lock"), b"")
    assert list(tmp_path.iterdir()) == []
