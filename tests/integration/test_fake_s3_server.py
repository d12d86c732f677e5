"""The S3 of the tests as boto3 sees it."""

from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from hashlib import md5
from typing import TYPE_CHECKING

import boto3
import pytest
import requests
from botocore.exceptions import ClientError

from adapters.s3.store import S3Store
from domain.bottle import ObjectKey
from ports.errors import ConflictError, RefusedError
from tests.fake_s3.bucket import Bucket
from tests.fake_s3.server import FakeS3
from tests.support.blobs import MIB, blob, digest_of, pieces
from tests.support.expectations import wait_for_leave
from tests.support.stores import use_fake_s3

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

KEY = "2026-11-22/curl-8.0.0.all.bottle.tar.gz"
WILD = ["a b+c&d<e>", "f\u00fc\u00dfe/\U0001f37a", "x%20y%2Bz", "tab\there", "q\"u'o"]

COPY = {"x-amz-copy-source": KEY}
BEYOND: list[tuple[str, str, dict[str, str]]] = [
    ("POST", f"/{KEY}?uploads", {}),
    ("PUT", f"/{KEY}?tagging", {}),
    ("PUT", f"/{KEY}", {"If-None-Match": "etag"}),
    ("PUT", f"/{KEY}", {"x-amz-checksum-sha1": "AAAA"}),
    ("PUT", f"/{KEY}", {"x-amz-content-sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER"}),
    ("PUT", f"/{KEY}", {"x-amz-copy-source": f"other/{KEY}"}),
    ("PUT", f"/{KEY}", COPY | {"x-amz-checksum-algorithm": "CRC32"}),
    ("PUT", f"/{KEY}", COPY | {"x-amz-metadata-directive": "REPLACE"}),
    ("DELETE", f"/{KEY}", {"If-Match": "etag"}),
    ("PUT", "?versioning", {}),
    ("GET", "", {}),
    ("GET", "?list-type=2&delimiter=/", {}),
    ("GET", "?list-type=2&max-keys=0", {}),
]


@pytest.fixture
def server() -> Iterator[FakeS3]:
    with FakeS3() as running:
        running.buckets["mirror"] = Bucket(page_size=2)
        yield running


@pytest.fixture
def s3(server: FakeS3, monkeypatch: pytest.MonkeyPatch) -> Iterator["S3Client"]:
    use_fake_s3(monkeypatch, server.endpoint_url)
    with closing(boto3.client("s3")) as client:
        yield client


def refusal(act: Callable[[], object]) -> tuple[int, str]:
    with pytest.raises(ClientError) as raised:
        act()
    answer = raised.value.response
    return answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Code"]


def checksum(body: bytes) -> str:
    return b64encode(bytes.fromhex(digest_of(body))).decode()


class TestPut:
    def test_keeps_what_came_and_what_was_said_of_it(self, s3: "S3Client") -> None:
        for key in (KEY, *WILD):
            put = s3.put_object(
                Bucket="mirror",
                Key=key,
                Body=b"body",
                ContentType="text/plain",
                ContentEncoding="identity",
                Metadata={"run": "7"},
            )
            got = s3.get_object(Bucket="mirror", Key=key)
            assert got["Body"].read() == b"body"
            assert got["VersionId"] == put["VersionId"]
            assert got["ETag"] == put["ETag"] == f'"{md5(b"body").hexdigest()}"'  # noqa: S324 - what an ETag is
            assert (got["ContentType"], got["ContentEncoding"], got["Metadata"]) == (
                "text/plain",
                "identity",
                {"run": "7"},
            )

    @pytest.mark.parametrize(
        ("headers", "code"),
        [
            ({"x-amz-checksum-sha256": checksum(b"other")}, "BadDigest"),
            ({"x-amz-checksum-sha256": "c2hvcnQ="}, "InvalidRequest"),
            ({"x-amz-checksum-crc32": "AAAAAA=="}, "BadDigest"),
            ({"Content-MD5": "AAAAAAAAAAAAAAAAAAAAAA=="}, "BadDigest"),
            ({"Content-MD5": "?"}, "InvalidDigest"),
            ({"x-amz-content-sha256": "0" * 64}, "XAmzContentSHA256Mismatch"),
            ({"x-amz-object-lock-mode": "COMPLIANCE"}, "InvalidArgument"),
        ],
    )
    def test_never_shows_what_is_not_as_it_was_said(
        self, server: FakeS3, headers: dict[str, str], code: str
    ) -> None:
        url = f"{server.endpoint_url}/mirror/{KEY}"
        answer = requests.put(url, b"body", headers=headers, timeout=60)
        assert answer.status_code == 400
        assert f"<Code>{code}</Code>" in answer.text
        assert server.buckets["mirror"].versions() == []

    def test_asks_for_no_bytes_that_are_not_wanted(
        self, server: FakeS3, s3: "S3Client", monkeypatch: pytest.MonkeyPatch
    ) -> None:
        wait_for_leave(monkeypatch)
        s3.put_object(Bucket="mirror", Key=KEY, Body=b"first")
        store = S3Store("mirror", pool_size=1, retry_attempts=1)
        body = blob(3 * MIB)
        chunks = pieces(body)
        with pytest.raises(ConflictError):
            store.put(ObjectKey(KEY), digest_of(body), len(body), chunks)
        # One piece is fetched before anything is sent.
        assert next(chunks) == body[: 256 * 1024]
        assert server.buckets["mirror"].get(KEY).body == b"first"

    def test_lacks_what_it_does_not_know_rather_than_pass_over_it(
        self, server: FakeS3
    ) -> None:
        with requests.Session() as session:
            statuses = [
                session.request(
                    method, f"{server.endpoint_url}/mirror{path}", None, b"x", headers
                ).status_code
                for method, path, headers in BEYOND
            ]
            assert statuses == [501] * len(BEYOND)
            url = f"{server.endpoint_url}/mirror/{KEY}"
            assert session.put(url, iter([b"x"]), timeout=60).status_code == 501
        assert server.buckets["mirror"].versions() == []


class TestGet:
    def test_tells_a_checksum_to_who_asks(self, s3: "S3Client") -> None:
        s3.put_object(
            Bucket="mirror", Key=KEY, Body=b"body", ChecksumSHA256=checksum(b"body")
        )
        asked = s3.head_object(Bucket="mirror", Key=KEY, ChecksumMode="ENABLED")
        assert asked["ChecksumSHA256"] == checksum(b"body")
        assert asked["ChecksumType"] == "FULL_OBJECT"
        assert asked["ContentLength"] == 4
        assert "ChecksumSHA256" not in s3.head_object(Bucket="mirror", Key=KEY)

    def test_gives_a_part(self, s3: "S3Client") -> None:
        etag = s3.put_object(Bucket="mirror", Key=KEY, Body=b"0123456789")["ETag"]

        def part(asked: str) -> tuple[bytes, str]:
            got = s3.get_object(Bucket="mirror", Key=KEY, Range=asked, IfMatch=etag)
            return got["Body"].read(), got["ContentRange"]

        assert part("bytes=4-") == (b"456789", "bytes 4-9/10")
        assert part("bytes=0-0") == (b"0", "bytes 0-0/10")
        assert part("bytes=8-99") == (b"89", "bytes 8-9/10")
        assert part("bytes=-3") == (b"789", "bytes 7-9/10")
        assert refusal(lambda: part("bytes=10-")) == (416, "InvalidRange")

    def test_heeds_conditions(self, s3: "S3Client") -> None:
        etag = s3.put_object(Bucket="mirror", Key=KEY, Body=b"body")["ETag"]
        assert refusal(
            lambda: s3.get_object(Bucket="mirror", Key=KEY, IfMatch='"x"')
        ) == (412, "PreconditionFailed")
        assert refusal(
            lambda: s3.get_object(Bucket="mirror", Key=KEY, IfNoneMatch=etag)
        ) == (304, "304")

    def test_names_the_delete_marker_that_it_found(self, server: FakeS3) -> None:
        url = f"{server.endpoint_url}/mirror/{KEY}"
        requests.put(url, b"body", timeout=60)
        marker = requests.delete(url, timeout=60).headers["x-amz-version-id"]
        for query, status in (("", 404), (f"?versionId={marker}", 405)):
            answer = requests.head(url + query, timeout=60)
            assert answer.status_code == status
            assert answer.headers["x-amz-delete-marker"] == "true"
            assert answer.headers["x-amz-version-id"] == marker


class TestCopyAndDelete:
    def test_an_old_version_is_copied_over_the_new(self, s3: "S3Client") -> None:
        for key in (KEY, *WILD):
            old = s3.put_object(Bucket="mirror", Key=key, Body=b"old")["VersionId"]
            s3.put_object(Bucket="mirror", Key=key, Body=b"new")
            copied = s3.copy_object(
                Bucket="mirror",
                Key=key,
                CopySource={"Bucket": "mirror", "Key": key, "VersionId": old},
                ChecksumAlgorithm="SHA256",
            )["CopyObjectResult"]
            assert copied["ChecksumSHA256"] == checksum(b"old")
            got = s3.get_object(Bucket="mirror", Key=key)
            assert (got["Body"].read(), got["ETag"]) == (b"old", copied["ETag"])

    def test_a_delete_marker_is_laid_and_removed(self, s3: "S3Client") -> None:
        s3.put_object(Bucket="mirror", Key=KEY, Body=b"body")
        laid = s3.delete_object(Bucket="mirror", Key=KEY)
        assert laid["DeleteMarker"] is True
        assert refusal(lambda: s3.get_object(Bucket="mirror", Key=KEY)) == (
            404,
            "NoSuchKey",
        )
        gone = s3.delete_object(Bucket="mirror", Key=KEY, VersionId=laid["VersionId"])
        assert (gone["DeleteMarker"], gone["VersionId"]) == (True, laid["VersionId"])
        assert s3.get_object(Bucket="mirror", Key=KEY)["Body"].read() == b"body"

    def test_a_lock_is_kept_and_told(self, s3: "S3Client") -> None:
        s3.create_bucket(Bucket="locked", ObjectLockEnabledForBucket=True)
        until = datetime(2999, 1, 1, tzinfo=UTC)
        put = s3.put_object(
            Bucket="locked",
            Key=KEY,
            Body=b"commit",
            ObjectLockMode="GOVERNANCE",
            ObjectLockRetainUntilDate=until,
            ChecksumSHA256=checksum(b"commit"),
        )
        named = put["VersionId"]
        assert refusal(
            lambda: s3.delete_object(Bucket="locked", Key=KEY, VersionId=named)
        ) == (403, "AccessDenied")
        s3.delete_object(Bucket="locked", Key=KEY)
        got = s3.get_object(Bucket="locked", Key=KEY, VersionId=named)
        got["Body"].close()
        assert got["ObjectLockMode"] == "GOVERNANCE"
        assert abs(got["ObjectLockRetainUntilDate"] - until) < timedelta(seconds=1)
        source = {"Bucket": "locked", "Key": KEY, "VersionId": named}
        s3.copy_object(Bucket="locked", Key="copy", CopySource=source)  # type: ignore[arg-type]
        copied = s3.head_object(Bucket="locked", Key="copy")["ResponseMetadata"]
        assert not any("lock" in name for name in copied["HTTPHeaders"])


class TestLists:
    def test_give_every_object_page_by_page(self, s3: "S3Client") -> None:
        keys = sorted([KEY, *WILD])
        for key in keys:
            s3.put_object(Bucket="mirror", Key=key, Body=b"body")
        pages = list(
            s3.get_paginator("list_objects_v2").paginate(
                Bucket="mirror", StartAfter=keys[0]
            )
        )
        assert [page["KeyCount"] for page in pages] == [2, 2, 1]
        assert [each["Key"] for page in pages for each in page["Contents"]] == keys[1:]
        assert {each["Size"] for page in pages for each in page["Contents"]} == {4}

    def test_give_every_version_page_by_page(
        self, server: FakeS3, s3: "S3Client"
    ) -> None:
        for key in (WILD[0], KEY, WILD[1]):
            for body in (b"1", b"2"):
                s3.put_object(Bucket="mirror", Key=key, Body=body)
            s3.delete_object(Bucket="mirror", Key=key)
        pages = list(s3.get_paginator("list_object_versions").paginate(Bucket="mirror"))
        assert len(pages) == 5
        versions = [each for page in pages for each in page.get("Versions", ())]
        markers = [each for page in pages for each in page.get("DeleteMarkers", ())]
        kept = server.buckets["mirror"].versions()
        assert [(each["Key"], each["VersionId"]) for each in versions] == [
            (each.key, each.version_id) for each in kept if not each.marker
        ]
        assert [(each["Key"], each["VersionId"]) for each in markers] == [
            (each.key, each.version_id) for each in kept if each.marker
        ]
        assert {each["IsLatest"] for each in versions} == {False}
        assert {each["IsLatest"] for each in markers} == {True}


class TestBuckets:
    def test_keep_versions_from_when_they_are_told_to(self, s3: "S3Client") -> None:
        s3.create_bucket(Bucket="plain")
        assert "Status" not in s3.get_bucket_versioning(Bucket="plain")
        s3.put_object(Bucket="plain", Key=KEY, Body=b"old")
        s3.put_bucket_versioning(
            Bucket="plain", VersioningConfiguration={"Status": "Enabled"}
        )
        assert s3.get_bucket_versioning(Bucket="plain")["Status"] == "Enabled"
        s3.put_object(Bucket="plain", Key=KEY, Body=b"new")
        got = s3.get_object(Bucket="plain", Key=KEY, VersionId="null")
        assert got["Body"].read() == b"old"

    def test_are_there_or_not(self, s3: "S3Client") -> None:
        s3.head_bucket(Bucket="mirror")
        assert refusal(lambda: s3.head_bucket(Bucket="none")) == (404, "404")
        assert refusal(lambda: s3.put_object(Bucket="none", Key=KEY)) == (
            404,
            "NoSuchBucket",
        )
        assert refusal(lambda: s3.create_bucket(Bucket="mirror")) == (
            409,
            "BucketAlreadyOwnedByYou",
        )
        with pytest.raises(RefusedError, match="there is no bucket none"):
            S3Store("none", pool_size=1, retry_attempts=1).info(ObjectKey(KEY))
