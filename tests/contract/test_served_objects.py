"""What is promised of served objects, wherever they are kept."""

from __future__ import annotations

import gzip
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Protocol

import boto3
import pytest
from moto import mock_aws

from adapters.folder.served import ServedFolder
from adapters.folder.store import FolderStore
from adapters.memory.clock import ManualClock
from adapters.memory.served import ServedMemory
from adapters.s3.served import ServedBucket
from adapters.s3.store import S3Store
from domain.bottle import ObjectKey
from domain.served import BYTES_MEDIA_TYPE
from domain.views import INDEX_MEDIA_TYPE
from ports.errors import ConflictError, NotFoundError
from ports.served_objects import ServedObjects
from tests.support.seaweed import SeaweedS3
from tests.support.short_way import without_short_way
from tests.support.stores import shared_bucket, use_seaweed

BOTTLE = ObjectKey("flat/ale+hops@1.2-1.2.0_1.arm64_sonoma.bottle.2.tar.gz")
BLOB = ObjectKey(f"v2/homebrew/core/aleh/1.2/blobs/sha256:{'ab' * 32}")
INDEX = ObjectKey("v2/homebrew/core/aleh/1.2/manifests/1.2.0_1-2")
DOCUMENT = ObjectKey("api/internal/packages.arm64_sonoma.jws.json")
PAGE = ObjectKey("status/index.html")
# More than any adapter reads at once.
BODY = bytes(range(256)) * 6_000


class Place(Protocol):
    """Writes an object, in place of any that has its key."""

    def __call__(
        self, key: ObjectKey, body: bytes, media_type: str, *, compressed: bool = False
    ) -> None: ...


@dataclass(frozen=True, slots=True)
class Served:
    """Served objects, and the hand that writes them."""

    objects: ServedObjects
    place: Place


@contextmanager
def _memory(_: pytest.FixtureRequest) -> Iterator[Served]:
    memory = ServedMemory(ManualClock())

    def place(
        key: ObjectKey, body: bytes, media_type: str, *, compressed: bool = False
    ) -> None:
        body = gzip.compress(body) if compressed else body
        memory.store(key, body, media_type, compressed=compressed)

    yield Served(memory, place)


@contextmanager
def _folder(request: pytest.FixtureRequest) -> Iterator[Served]:
    root: Path = request.getfixturevalue("tmp_path")
    yield Served(ServedFolder(root), FolderStore(root).public.write)


def _bucket(bucket: str, prefix: str) -> Served:
    return Served(
        ServedBucket(bucket, prefix, pool_size=2, retry_attempts=2),
        S3Store(bucket, prefix, pool_size=2, retry_attempts=2).public.write,
    )


@contextmanager
def _moto(request: pytest.FixtureRequest) -> Iterator[Served]:
    monkeypatch: pytest.MonkeyPatch = request.getfixturevalue("monkeypatch")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    without_short_way(monkeypatch)
    with mock_aws():
        boto3.client("s3", "us-east-1").create_bucket(Bucket="mirror")
        yield _bucket("mirror", "mirrors/one")


@contextmanager
def _seaweed(request: pytest.FixtureRequest) -> Iterator[Served]:
    seaweed: SeaweedS3 = request.getfixturevalue("seaweed")
    use_seaweed(request.getfixturevalue("monkeypatch"), seaweed)
    yield _bucket(shared_bucket(seaweed), f"mirrors/{uuid.uuid4()}")


_OPEN: dict[str, Callable[[pytest.FixtureRequest], AbstractContextManager[Served]]] = {
    "memory": _memory,
    "folder": _folder,
    "moto": _moto,
    "seaweed": _seaweed,
}
_MARKS = {"seaweed": [pytest.mark.s3_server]}


@pytest.fixture(
    params=[pytest.param(kind, marks=_MARKS.get(kind, ())) for kind in _OPEN]
)
def served(request: pytest.FixtureRequest) -> Iterator[Served]:
    with _OPEN[request.param](request) as opened:
        yield opened


def read(
    served: Served,
    key: ObjectKey,
    start: int = 0,
    stop: int | None = None,
    *,
    compressed: bool = False,
) -> bytes:
    with closing(served.objects.open(key, compressed=compressed)) as found:
        return b"".join(found.read(start, found.head.size if stop is None else stop))


class TestServedObjectsContract:
    def test_gives_the_bytes_and_says_what_they_are(self, served: Served) -> None:
        for key, media_type in (
            # No file name: SeaweedFS makes a guess at what ends in .gz.
            (BLOB, BYTES_MEDIA_TYPE),
            (INDEX, INDEX_MEDIA_TYPE),
            (PAGE, "text/html; charset=utf-8"),
        ):
            served.place(key, BODY, media_type)
            with closing(served.objects.open(key, compressed=False)) as found:
                assert found.head.size == len(BODY)
                assert found.head.media_type == media_type
                assert not found.head.compressed
                assert b"".join(found.read(0, len(BODY))) == BODY

    @pytest.mark.parametrize(
        ("start", "stop"),
        [(0, 1), (907, 1_815), (len(BODY) - 1, len(BODY)), (1, len(BODY) - 1)],
    )
    def test_gives_any_part(self, served: Served, start: int, stop: int) -> None:
        served.place(BOTTLE, BODY, BYTES_MEDIA_TYPE)
        assert read(served, BOTTLE, start, stop) == BODY[start:stop]

    def test_gives_what_is_empty(self, served: Served) -> None:
        served.place(BOTTLE, b"", BYTES_MEDIA_TYPE)
        assert read(served, BOTTLE) == b""

    def test_gives_a_document_as_it_is_wanted_if_it_is_kept_so(
        self, served: Served
    ) -> None:
        served.place(DOCUMENT, BODY, "application/json", compressed=True)
        for compressed in (True, False):
            with closing(served.objects.open(DOCUMENT, compressed=compressed)) as found:
                head = found.head
                assert head.media_type == "application/json"
                body = b"".join(found.read(0, head.size))
            assert head.compressed or not compressed
            assert (gzip.decompress(body) if head.compressed else body) == BODY

    def test_gives_a_document_that_is_kept_in_one_form_alone(
        self, served: Served
    ) -> None:
        served.place(DOCUMENT, BODY, "application/json")
        assert read(served, DOCUMENT, compressed=True) == BODY

    def test_tells_one_version_from_the_next(self, served: Served) -> None:
        served.place(DOCUMENT, b"one", "application/json")
        with closing(served.objects.open(DOCUMENT, compressed=False)) as found:
            first = found.head
        with closing(served.objects.open(DOCUMENT, compressed=False)) as found:
            assert found.head == first
        served.place(DOCUMENT, b"two", "application/json")
        with closing(served.objects.open(DOCUMENT, compressed=False)) as found:
            assert found.head.etag != first.etag
        assert first.etag[0] == first.etag[-1] == '"'

    def test_says_when_an_object_was_written_in_whole_seconds(
        self, served: Served
    ) -> None:
        served.place(PAGE, BODY, "text/html; charset=utf-8")
        with closing(served.objects.open(PAGE, compressed=False)) as found:
            modified = found.head.modified
        assert modified.utcoffset() == timedelta()
        assert modified.microsecond == 0
        assert modified > datetime(2026, 1, 1, tzinfo=UTC)

    def test_what_is_read_belongs_to_what_was_said(self, served: Served) -> None:
        served.place(DOCUMENT, BODY, "application/json")
        with closing(served.objects.open(DOCUMENT, compressed=False)) as found:
            served.place(DOCUMENT, BODY[::-1], "application/json")
            try:
                body = b"".join(found.read(0, found.head.size))
            except ConflictError:
                return
        assert sha256(body).digest() == sha256(BODY).digest()

    def test_can_be_closed_with_bytes_still_to_come(self, served: Served) -> None:
        served.place(BOTTLE, BODY, BYTES_MEDIA_TYPE)
        for _ in range(4):
            found = served.objects.open(BOTTLE, compressed=False)
            assert next(found.read(0, len(BODY)))
            found.close()
            found = served.objects.open(BOTTLE, compressed=False)
            found.read(0, len(BODY))
            found.close()
        assert read(served, BOTTLE) == BODY

    @pytest.mark.parametrize(
        "key", ["flat/nothing", "flat", "flat/", "v2/homebrew/core/aleh"]
    )
    def test_says_what_is_not_there(self, served: Served, key: str) -> None:
        served.place(BOTTLE, BODY, BYTES_MEDIA_TYPE)
        served.place(INDEX, BODY, INDEX_MEDIA_TYPE)
        for compressed in (False, True):
            with pytest.raises(NotFoundError):
                served.objects.open(ObjectKey(key), compressed=compressed)


def test_a_folder_serves_neither_what_is_hidden_nor_twins(tmp_path: Path) -> None:
    for name in ("flat/.incoming", "flat/jq.gz", "api/x.json", "api/x.json.gz"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"{}")
    objects = ServedFolder(tmp_path)
    for key in ("flat/.incoming", "api/x.json.gz", "flat/../api/x.json", "/etc/passwd"):
        with pytest.raises(NotFoundError):
            objects.open(ObjectKey(key), compressed=False)
    objects.open(ObjectKey("flat/jq.gz"), compressed=False).close()


def test_a_folder_has_nothing_by_a_name_that_no_file_can_have(tmp_path: Path) -> None:
    for key in (f"flat/{'a' * 300}", f"flat/{'a/' * 3_000}b"):
        with pytest.raises(NotFoundError):
            ServedFolder(tmp_path).open(ObjectKey(key), compressed=False)


def test_a_folder_that_is_not_there_has_nothing(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        ServedFolder(tmp_path / "none").open(PAGE, compressed=False)
