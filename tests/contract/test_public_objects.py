"""What is promised of what clients read, wherever it lies."""

import gzip
import os
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import boto3
import pytest
from moto import mock_aws

from adapters.folder.incoming import Incoming
from adapters.folder.store import FolderStore
from adapters.memory.public_objects import MemoryPublicObjects
from adapters.memory.store import MemoryStore
from adapters.s3.store import S3Store
from domain.bottle import ObjectKey
from domain.errors import DigestMismatchError
from domain.views import INDEX_MEDIA_TYPE
from ports.errors import MalformedError, NotFoundError, RefusedError
from ports.public_objects import PublicObjects
from ports.store import Store
from tests.support.blobs import MIB, blob, digest_of, put
from tests.support.crowd import CROWD, all_at_once
from tests.support.seaweed import SeaweedS3
from tests.support.short_way import without_short_way
from tests.support.stores import shared_bucket, use_fake_s3, use_seaweed

API = ObjectKey("api/formula.jws.json")
KEPT = ObjectKey("generations/3/api/formula.jws.json")
INDEX = ObjectKey("v2/homebrew/core/openssl/3/manifests/3.5.1_1-2")
SOURCE = ObjectKey("2026-11-22/gtk+@3-1%2.all.bottle.tar.gz")
OTHER = ObjectKey("2026-11-23/gtk+@3-1%2.all.bottle.tar.gz")
FLAT = ObjectKey("flat/gtk+@3-1%2.all.bottle.tar.gz")
BLOB = ObjectKey("v2/homebrew/core/gtkx/3/blobs/sha256:0")
BODY = blob(2 * MIB)
DIGEST = digest_of(BODY)
DOCUMENT = b'{"payload":"' + b"formula " * 20_000 + b'"}'


class Shown(NamedTuple):
    """A store, and what clients read of it."""

    store: Store
    public: PublicObjects
    bucket: str = ""
    prefix: str = ""


@contextmanager
def _memory(_: pytest.FixtureRequest) -> Iterator[Shown]:
    store = MemoryStore()
    yield Shown(store, MemoryPublicObjects(store))


@contextmanager
def _folder(request: pytest.FixtureRequest) -> Iterator[Shown]:
    folder: Path = request.getfixturevalue("tmp_path")
    store = FolderStore(folder / "mirror")
    yield Shown(store, store.public)


def _in_bucket(bucket: str, prefix: str) -> Shown:
    store = S3Store(bucket, prefix, pool_size=CROWD, retry_attempts=2)
    return Shown(store, store.public, bucket, f"{prefix}/")


@contextmanager
def _moto(request: pytest.FixtureRequest) -> Iterator[Shown]:
    monkeypatch: pytest.MonkeyPatch = request.getfixturevalue("monkeypatch")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    without_short_way(monkeypatch)
    with mock_aws():
        boto3.client("s3", "us-east-1").create_bucket(Bucket="mirror")
        yield _in_bucket("mirror", "mirrors/one")


@contextmanager
def _fake_s3(request: pytest.FixtureRequest) -> Iterator[Shown]:
    endpoint_url: str = request.getfixturevalue("fake_s3")
    use_fake_s3(request.getfixturevalue("monkeypatch"), endpoint_url)
    bucket = f"mirror-{uuid4()}"
    with closing(boto3.Session().client("s3")) as client:
        client.create_bucket(Bucket=bucket)
    yield _in_bucket(bucket, "mirrors/one")


@contextmanager
def _seaweed(request: pytest.FixtureRequest) -> Iterator[Shown]:
    seaweed: SeaweedS3 = request.getfixturevalue("seaweed")
    use_seaweed(request.getfixturevalue("monkeypatch"), seaweed)
    yield _in_bucket(shared_bucket(seaweed), f"mirrors/{uuid4()}")


_OPEN: dict[str, Callable[[pytest.FixtureRequest], AbstractContextManager[Shown]]] = {
    "memory": _memory,
    "folder": _folder,
    "moto": _moto,
    "fake_s3": _fake_s3,
    "seaweed": _seaweed,
}
_MARKS = {"seaweed": [pytest.mark.s3_server]}


def _kinds(*names: str) -> pytest.MarkDecorator:
    kinds = [pytest.param(name, marks=_MARKS.get(name, ())) for name in names]
    return pytest.mark.parametrize("shown", kinds, indirect=True)


EVERY = _kinds(*_OPEN)
# moto at times closes a file that another thread is reading.
RACING = _kinds("memory", "folder", "fake_s3", "seaweed")
BUCKETS = _kinds("moto", "fake_s3", "seaweed")


@pytest.fixture
def shown(request: pytest.FixtureRequest) -> Iterator[Shown]:
    """Yield an empty store of each kind, and what clients read of it."""
    with _OPEN[request.param](request) as opened:
        yield opened


def _keys(shown: Shown) -> list[str]:
    return [found.key for found in shown.store.list("")]


class TestPublicObjectsContract:
    @EVERY
    @pytest.mark.parametrize("compressed", [False, True])
    def test_what_was_written_last_is_read(
        self, shown: Shown, *, compressed: bool
    ) -> None:
        for body in (DOCUMENT, b"", DOCUMENT[:1000]):
            shown.public.write(API, body, "application/json", compressed=compressed)
            assert shown.public.read(API) == body
            assert b"".join(shown.public.pieces(API)) == body

    @EVERY
    def test_a_long_document_is_read_piece_by_piece(self, shown: Shown) -> None:
        body = b"formula " * MIB
        shown.public.write(API, body, "application/json", compressed=True)
        assert b"".join(shown.public.pieces(API)) == body

    @EVERY
    def test_what_was_compressed_can_be_written_plain_and_back(
        self, shown: Shown
    ) -> None:
        for compressed in (True, False, True, False):
            body = DOCUMENT + b"%d" % compressed
            shown.public.write(API, body, "application/json", compressed=compressed)
            assert shown.public.read(API) == body
        assert _keys(shown) == [API]
        assert shown.store.get(API).body == DOCUMENT + b"0"

    @EVERY
    def test_there_is_nothing_to_be_read_at_first(self, shown: Shown) -> None:
        with pytest.raises(NotFoundError):
            shown.public.read(INDEX)
        with pytest.raises(NotFoundError):
            tuple(shown.public.pieces(INDEX))
        shown.public.remove(INDEX)
        shown.public.write(INDEX, b"{}", INDEX_MEDIA_TYPE)
        with pytest.raises(NotFoundError):
            shown.public.read(API)

    @EVERY
    @pytest.mark.parametrize("compressed", [False, True])
    def test_what_was_removed_is_gone_with_all_of_it(
        self, shown: Shown, *, compressed: bool
    ) -> None:
        shown.public.write(API, DOCUMENT, "application/json", compressed=compressed)
        for _ in range(2):
            shown.public.remove(API)
            assert _keys(shown) == []
        with pytest.raises(NotFoundError):
            shown.public.read(API)

    @EVERY
    def test_an_object_is_exposed_under_names_as_clients_write_them(
        self, shown: Shown
    ) -> None:
        put(shown.store, SOURCE, BODY)
        for target in (FLAT, BLOB):
            for _ in range(2):
                shown.public.expose(SOURCE, target, DIGEST)
                assert shown.store.get(target).body == BODY
        assert set(_keys(shown)) == {SOURCE, FLAT, BLOB}
        shown.store.delete(SOURCE)
        assert shown.public.read(BLOB) == BODY

    @EVERY
    def test_what_is_exposed_takes_the_place_of_what_was(self, shown: Shown) -> None:
        put(shown.store, SOURCE, b"first")
        put(shown.store, OTHER, BODY)
        shown.public.expose(SOURCE, FLAT, digest_of(b"first"))
        shown.public.expose(OTHER, FLAT, DIGEST)
        assert shown.public.read(FLAT) == BODY
        shown.public.expose(SOURCE, FLAT, digest_of(b"first"))
        assert shown.public.read(FLAT) == b"first"
        assert shown.store.get(SOURCE).body == b"first"
        assert shown.store.get(OTHER).body == BODY

    @EVERY
    def test_what_is_written_over_what_was_exposed_leaves_the_source(
        self, shown: Shown
    ) -> None:
        put(shown.store, SOURCE, BODY)
        shown.public.expose(SOURCE, FLAT, DIGEST)
        shown.public.write(FLAT, b"other", "application/gzip")
        assert shown.public.read(FLAT) == b"other"
        assert shown.store.get(SOURCE).body == BODY

    @EVERY
    @pytest.mark.parametrize("compressed", [False, True])
    def test_a_copy_is_what_its_source_is_whatever_was_there(
        self, shown: Shown, *, compressed: bool
    ) -> None:
        for before in (True, False):
            shown.public.write(API, b"old", "text/plain", compressed=before)
            kept = (KEPT, DOCUMENT, "application/json")
            shown.public.write(*kept, compressed=compressed)
            for _ in range(2):
                shown.public.copy(KEPT, API)
                assert shown.public.read(API) == DOCUMENT
            shown.public.remove(KEPT)
            assert shown.public.read(API) == DOCUMENT
            shown.public.remove(API)
            assert _keys(shown) == []

    @EVERY
    def test_what_is_not_there_is_not_copied(self, shown: Shown) -> None:
        shown.public.write(API, DOCUMENT, "application/json", compressed=True)
        with pytest.raises(NotFoundError):
            shown.public.copy(KEPT, API)
        assert shown.public.read(API) == DOCUMENT

    @EVERY
    def test_a_source_that_is_wrong_or_not_there_changes_nothing(
        self, shown: Shown
    ) -> None:
        shown.public.write(FLAT, b"as it was", "application/gzip")
        with pytest.raises(NotFoundError):
            shown.public.expose(SOURCE, FLAT, DIGEST)
        put(shown.store, SOURCE, BODY)
        with pytest.raises(DigestMismatchError) as raised:
            shown.public.expose(SOURCE, FLAT, digest_of(b"other"))
        assert raised.value.found == DIGEST
        with pytest.raises(DigestMismatchError):
            shown.public.expose(SOURCE, BLOB, digest_of(b"other"))
        assert shown.public.read(FLAT) == b"as it was"
        assert set(_keys(shown)) == {SOURCE, FLAT}

    @EVERY
    def test_nothing_leaves_the_store(self, shown: Shown) -> None:
        for name in ("", "/etc/passwd", "../x", "a/../../x", "a//b"):
            key = ObjectKey(name)
            with pytest.raises(RefusedError):
                shown.public.write(key, b"", "text/plain")
            with pytest.raises(RefusedError):
                shown.public.read(key)
            with pytest.raises(RefusedError):
                shown.public.remove(key)
            put(shown.store, SOURCE, BODY)
            with pytest.raises(RefusedError):
                shown.public.expose(SOURCE, key, DIGEST)
            shown.store.delete(SOURCE)
        assert _keys(shown) == []

    @RACING
    def test_of_many_writers_one_is_read_in_the_end_and_never_a_mixture(
        self, shown: Shown
    ) -> None:
        bodies = [b"%d" % number * 100_000 for number in range(CROWD)]
        shown.public.write(INDEX, bodies[0], INDEX_MEDIA_TYPE)

        def write_and_read(number: int) -> None:
            shown.public.write(INDEX, bodies[number], INDEX_MEDIA_TYPE)
            assert shown.public.read(INDEX) in bodies

        assert all_at_once(write_and_read) == [None] * CROWD
        assert shown.public.read(INDEX) in bodies


class TestInBuckets:
    @BUCKETS
    def test_objects_are_served_as_they_were_said_to_be(self, shown: Shown) -> None:
        shown.public.write(INDEX, b"{}", INDEX_MEDIA_TYPE)
        shown.public.write(API, DOCUMENT, "application/json", compressed=True)
        first = _served(shown, API)

        index = _served(shown, INDEX)

        assert (index["ContentType"], index["body"]) == (INDEX_MEDIA_TYPE, b"{}")
        assert "ContentEncoding" not in index
        assert first["ContentType"] == "application/json"
        assert first["ContentEncoding"] == "gzip"
        assert gzip.decompress(first["body"]) == DOCUMENT
        assert len(first["body"]) < len(DOCUMENT) // 10
        shown.public.write(API, DOCUMENT, "application/json", compressed=True)
        assert _served(shown, API)["body"] == first["body"]

    @BUCKETS
    def test_a_copy_is_served_as_its_source_is(self, shown: Shown) -> None:
        shown.public.write(KEPT, DOCUMENT, "application/json", compressed=True)
        shown.public.write(API, b"old", "text/plain")
        shown.public.copy(KEPT, API)
        copied = _served(shown, API)
        assert copied["ContentType"] == "application/json"
        assert copied["ContentEncoding"] == "gzip"
        assert gzip.decompress(copied["body"]) == DOCUMENT

    @BUCKETS
    def test_a_copy_is_served_as_what_it_is_a_copy_of(self, shown: Shown) -> None:
        for version in (b"{}", b'{"manifests":[]}'):
            shown.public.write(API, version, INDEX_MEDIA_TYPE)
            shown.store.copy(API, INDEX, digest_of(version))
            copy = _served(shown, INDEX)
            assert (copy["ContentType"], copy["body"]) == (INDEX_MEDIA_TYPE, version)
            shown.public.remove(INDEX)

    @BUCKETS
    def test_an_object_that_lost_its_end_is_not_read(self, shown: Shown) -> None:
        shown.public.write(API, DOCUMENT, "application/json", compressed=True)
        body = _served(shown, API)["body"][:-9]
        with closing(boto3.Session().client("s3")) as client:
            client.put_object(
                Bucket=shown.bucket,
                Key=shown.prefix + API,
                Body=body,
                # Else it comes in chunks, which SeaweedFS takes for its encoding.
                ChecksumSHA256=b64encode(sha256(body).digest()).decode(),
                ContentEncoding="gzip",
            )
        with pytest.raises(MalformedError, match="gzip"):
            shown.public.read(API)
        with pytest.raises(MalformedError, match="gzip"):
            tuple(shown.public.pieces(API))


def _served(shown: Shown, key: ObjectKey) -> dict[str, Any]:
    with closing(boto3.Session().client("s3")) as client:
        answer = client.get_object(Bucket=shown.bucket, Key=shown.prefix + key)
        return {**answer, "body": answer["Body"].read()}


class TestInAFolder:
    def test_a_document_lies_there_plain_and_as_its_twin(self, tmp_path: Path) -> None:
        public = FolderStore(tmp_path).public
        public.write(API, DOCUMENT, "application/json", compressed=True)

        twin = tmp_path / f"{API}.gz"
        assert (tmp_path / API).read_bytes() == DOCUMENT
        assert gzip.decompress(twin.read_bytes()) == DOCUMENT
        assert _files(tmp_path) == {API, f"{API}.gz"}
        public.write(API, DOCUMENT, "application/json")
        assert _files(tmp_path) == {API}

    def test_what_is_written_again_is_as_young_as_its_last_writing(
        self, tmp_path: Path
    ) -> None:
        public = FolderStore(tmp_path).public
        public.write(API, DOCUMENT, "application/json", compressed=True)
        for name in (API, f"{API}.gz"):
            os.utime(tmp_path / name, (1, 1))
        public.write(API, DOCUMENT, "application/json", compressed=True)
        assert all((tmp_path / n).stat().st_mtime > 1 for n in (API, f"{API}.gz"))

    def test_a_copy_is_younger_than_its_source(self, tmp_path: Path) -> None:
        public = FolderStore(tmp_path).public
        public.write(KEPT, DOCUMENT, "application/json", compressed=True)
        for name in (KEPT, f"{KEPT}.gz"):
            os.utime(tmp_path / name, (1, 1))
        public.copy(KEPT, API)
        assert all((tmp_path / n).stat().st_mtime > 1 for n in (API, f"{API}.gz"))
        assert _files(tmp_path) == {API, f"{API}.gz", KEPT, f"{KEPT}.gz"}

    def test_what_is_exposed_costs_no_second_copy(self, tmp_path: Path) -> None:
        store = FolderStore(tmp_path)
        put(store, SOURCE, BODY)
        put(store, OTHER, b"other")
        store.public.expose(OTHER, FLAT, digest_of(b"other"))
        store.public.expose(SOURCE, FLAT, DIGEST)
        # Once more what it is already: rename(2) would leave the new name.
        FolderStore(tmp_path).public.expose(SOURCE, FLAT, DIGEST)
        assert (tmp_path / FLAT).samefile(tmp_path / SOURCE)
        assert (tmp_path / SOURCE).stat().st_nlink == 2
        assert _files(tmp_path) == {SOURCE, OTHER, FLAT}

    def test_a_name_on_its_way_is_not_swept_for_the_age_of_its_bytes(
        self, tmp_path: Path
    ) -> None:
        store = FolderStore(tmp_path)
        put(store, SOURCE, BODY)
        os.utime(tmp_path / SOURCE, (1, 1))
        with Incoming(tmp_path).link(tmp_path / SOURCE) as new:
            assert store.sweep(60.0) == 0
            assert new.samefile(tmp_path / SOURCE)
            assert store.sweep(-1.0) == 1


def _files(folder: Path) -> set[str]:
    return {
        str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()
    }
