"""Every store there is, for tests that hold all of them to one promise."""

import os
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from functools import cache
from pathlib import Path

import boto3
import pytest
import requests
from moto import mock_aws

from adapters.folder.store import FolderStore
from adapters.memory.store import MemoryStore
from adapters.s3.store import S3Store
from ports.store import Store
from tests.fake_s3.bucket import Bucket
from tests.fake_s3.store import FakeStore
from tests.support.seaweed import SeaweedS3
from tests.support.short_way import without_short_way

# As many threads as the tests let loose on one store.
_POOL = 16
REAL_BUCKET = os.environ.get("BOTTLES_TEST_BUCKET", "")


@contextmanager
def _memory(_: pytest.FixtureRequest) -> Iterator[Store]:
    yield MemoryStore()


@contextmanager
def _folder(request: pytest.FixtureRequest) -> Iterator[Store]:
    folder: Path = request.getfixturevalue("tmp_path")
    yield FolderStore(folder / "mirror")


@contextmanager
def _moto(request: pytest.FixtureRequest) -> Iterator[Store]:
    monkeypatch: pytest.MonkeyPatch = request.getfixturevalue("monkeypatch")
    # moto lets requests to any other endpoint through.
    _forget_aws(monkeypatch)
    without_short_way(monkeypatch)
    with mock_aws():
        boto3.client("s3", "us-east-1").create_bucket(Bucket="mirror")
        yield S3Store("mirror", pool_size=_POOL, retry_attempts=2)


@contextmanager
def _fake_bucket(_: pytest.FixtureRequest) -> Iterator[Store]:
    yield FakeStore(Bucket())


@contextmanager
def _fake_s3(request: pytest.FixtureRequest) -> Iterator[Store]:
    endpoint_url: str = request.getfixturevalue("fake_s3")
    monkeypatch: pytest.MonkeyPatch = request.getfixturevalue("monkeypatch")
    use_fake_s3(monkeypatch, endpoint_url)
    bucket = f"mirror-{uuid.uuid4()}"
    # With Object Lock comes versioning.
    locked = {"x-amz-bucket-object-lock-enabled": "true"}
    requests.put(
        f"{endpoint_url}/{bucket}", headers=locked, timeout=60
    ).raise_for_status()
    yield S3Store(bucket, pool_size=_POOL, retry_attempts=2)


@contextmanager
def _seaweed(request: pytest.FixtureRequest) -> Iterator[Store]:
    seaweed: SeaweedS3 = request.getfixturevalue("seaweed")
    monkeypatch: pytest.MonkeyPatch = request.getfixturevalue("monkeypatch")
    use_seaweed(monkeypatch, seaweed)
    # Each below a prefix of its own, as those who share a bucket would have it.
    prefix = f"mirrors/{uuid.uuid4()}"
    yield S3Store(shared_bucket(seaweed), prefix, pool_size=_POOL, retry_attempts=2)


@contextmanager
def _bucket(_: pytest.FixtureRequest) -> Iterator[Store]:
    prefix = f"test-{uuid.uuid4()}"
    store = S3Store(REAL_BUCKET, prefix, pool_size=_POOL, retry_attempts=5)
    try:
        yield store
    finally:
        for found in list(store.list("")):
            store.delete(found.key)


_OPEN: dict[str, Callable[[pytest.FixtureRequest], AbstractContextManager[Store]]] = {
    "memory": _memory,
    "folder": _folder,
    "moto": _moto,
    "fake_bucket": _fake_bucket,
    "fake_s3": _fake_s3,
    "seaweed": _seaweed,
    "bucket": _bucket,
}

_MARKS = {"seaweed": [pytest.mark.s3_server]}

STORES = [
    pytest.param(kind, marks=_MARKS.get(kind, ()))
    for kind in _OPEN
    if kind != "bucket" or REAL_BUCKET
]
# Those whose bytes go somewhere else than into this process.
STREAMING = [
    kind for kind in STORES if kind.values[0] not in {"memory", "moto", "fake_bucket"}
]
# Those that a race can be run in. moto at times lets two win, or closes a file that
# another thread is reading.
RACING = [kind for kind in STORES if kind.values[0] != "moto"]


def open_store(request: pytest.FixtureRequest) -> AbstractContextManager[Store]:
    """Return a new, empty store of the kind that is the fixture's parameter."""
    return _OPEN[request.param](request)


def use_seaweed(monkeypatch: pytest.MonkeyPatch, seaweed: SeaweedS3) -> None:
    """Make a server of the tests what AWS is to this process."""
    _forget_aws(monkeypatch)
    monkeypatch.setenv("AWS_ENDPOINT_URL", seaweed.endpoint_url)
    monkeypatch.setenv("AWS_CA_BUNDLE", str(seaweed.ca_bundle))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", seaweed.access_key)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", seaweed.secret_key)
    monkeypatch.setenv("AWS_DEFAULT_REGION", seaweed.region)


def use_fake_s3(monkeypatch: pytest.MonkeyPatch, endpoint_url: str) -> None:
    """Make an S3 of the tests, with any credentials, what AWS is to this process."""
    _forget_aws(monkeypatch)
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint_url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "anyone")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "anything")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")


def _forget_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away what would lead to the real bucket of the tests."""
    for name in (
        *("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_CA_BUNDLE"),
        *("AWS_SESSION_TOKEN", "AWS_PROFILE"),
    ):
        monkeypatch.delenv(name, raising=False)


@cache
def shared_bucket(seaweed: SeaweedS3) -> str:
    """Return the name of one bucket on the server, which tests divide by prefixes."""
    with closing(seaweed.client()) as client:
        client.create_bucket(Bucket="shared")
    return "shared"
