"""S3Store before a real S3 server: what it asks for, and what it says to a no."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from adapters.s3.store import S3Store
from domain.bottle import ObjectKey
from ports.errors import AccessDeniedError, RefusedError
from tests.support.blobs import MIB, blob, digest_of, pieces, put
from tests.support.seaweed import SeaweedS3
from tests.support.stores import shared_bucket, use_seaweed

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

KEY = ObjectKey("2026-11-22/curl-8.0.0.arm64_sonoma.bottle.tar.gz")
BODY = blob(3 * MIB)
DIGEST = digest_of(BODY)


@pytest.fixture
def client(seaweed: SeaweedS3) -> Iterator["S3Client"]:
    with closing(seaweed.client()) as client:
        yield client


@pytest.fixture
def bucket(client: "S3Client", request: pytest.FixtureRequest) -> str:
    """Return the name of a new bucket of the test's own."""
    name: str = request.node.name.replace("_", "-")[:50].strip("-").lower()
    client.create_bucket(Bucket=name)
    return name


@pytest.fixture
def store(seaweed: SeaweedS3, bucket: str, monkeypatch: pytest.MonkeyPatch) -> S3Store:
    use_seaweed(monkeypatch, seaweed)
    return _open(bucket)


def _open(bucket: str) -> S3Store:
    return S3Store(bucket, "mirror", pool_size=4, retry_attempts=3)


def _refusals(
    store: S3Store, kind: type[RefusedError] = RefusedError
) -> Iterator[RefusedError]:
    """Yield what each method says to a store that refuses everything."""
    calls: tuple[Callable[[], object], ...] = (
        lambda: store.get(KEY),
        lambda: list(store.read(KEY)),
        lambda: store.info(KEY),
        lambda: list(store.list("")),
        lambda: store.create(KEY, b"{}"),
        lambda: put(store, KEY, b"{}"),
        lambda: put(store, KEY, BODY),
        lambda: store.copy(KEY, ObjectKey("copy"), DIGEST),
        lambda: store.delete(KEY),
    )
    for call in calls:
        with pytest.raises(RefusedError) as raised:
            call()
        assert raised.type is kind
        yield raised.value


class TestRequests:
    def test_a_bottle_costs_one(self, store: S3Store) -> None:
        put(store, KEY, BODY)
        put(store, f"{KEY}.small", BODY[:1000])
        assert store.requests == 2

    def test_an_original_is_looked_at_once_however_many_its_names(
        self, store: S3Store
    ) -> None:
        put(store, KEY, BODY)
        store.copy(KEY, ObjectKey("first"), DIGEST)
        before = store.requests
        for number in range(5):
            store.copy(KEY, ObjectKey(f"further-{number}"), DIGEST)
        assert store.requests == before + 2 * 5

    def test_a_further_name_costs_a_copy_and_a_look(self, store: S3Store) -> None:
        put(store, KEY, BODY)
        store.copy(KEY, ObjectKey("first"), DIGEST)
        before = store.requests
        # SeaweedFS does not tell the checksum of a copy with the copy, as AWS does.
        store.copy(KEY, ObjectKey("second"), DIGEST)
        assert store.requests == before + 2

    def test_counts_each_page_of_a_list(
        self, store: S3Store, bucket: str, client: "S3Client"
    ) -> None:
        for number in range(3):
            client.put_object(Bucket=bucket, Key=f"mirror/{number}", Body=b"")
        list(store.list(""))
        assert store.requests == 1


class TestObjects:
    def test_the_store_keeps_the_digest_of_what_was_put(
        self, store: S3Store, bucket: str, client: "S3Client"
    ) -> None:
        put(store, KEY, BODY)
        found = store.info(KEY)
        assert found is not None
        assert found.sha256 == DIGEST
        answer = client.head_object(Bucket=bucket, Key=f"mirror/{KEY}")
        assert answer["ContentLength"] == len(BODY)

    def test_what_browsers_ask_for_is_labelled(
        self, store: S3Store, bucket: str, client: "S3Client"
    ) -> None:
        key = ObjectKey("status/status.json")
        writes: tuple[Callable[[], object], ...] = (
            lambda: store.create(key, b"{}"),
            lambda: store.replace(key, b"[]", store.get(key).version),
        )
        for write in writes:
            write()
            answer = client.head_object(Bucket=bucket, Key=f"mirror/{key}")
            assert answer["ContentType"] == "application/json"

    def test_a_checksum_of_checksums_is_no_digest(
        self, store: S3Store, bucket: str, client: "S3Client"
    ) -> None:
        key = f"mirror/{KEY}"
        upload = client.create_multipart_upload(
            Bucket=bucket, Key=key, ChecksumAlgorithm="SHA256"
        )["UploadId"]
        part = client.upload_part(
            Bucket=bucket,
            Key=key,
            UploadId=upload,
            PartNumber=1,
            Body=BODY,
            ChecksumAlgorithm="SHA256",
        )
        client.complete_multipart_upload(
            Bucket=bucket,
            Key=key,
            UploadId=upload,
            MultipartUpload={
                "Parts": [
                    {
                        "PartNumber": 1,
                        "ETag": part["ETag"],
                        "ChecksumSHA256": part["ChecksumSHA256"],
                    }
                ]
            },
        )
        found = store.info(KEY)
        assert found is not None
        assert found.sha256 is None
        # It is read instead.
        store.copy(KEY, ObjectKey("copy"), DIGEST)
        assert store.get(ObjectKey("copy")).body == BODY

    def test_sees_nothing_outside_its_prefix(
        self, store: S3Store, bucket: str, client: "S3Client"
    ) -> None:
        for key in ("mirror", "mirrors/x", "other", "mirror-2/x", "mirror/folder/"):
            client.put_object(Bucket=bucket, Key=key, Body=b"")
        store.create(KEY, b"{}")
        assert [found.key for found in store.list("")] == [KEY]

    def test_refuses_more_than_one_put_can_hold(self, store: S3Store) -> None:
        chunks = pieces(BODY)
        with pytest.raises(RefusedError, match="more than S3 takes in one put"):
            store.put(KEY, DIGEST, 5 * 1024**3 + 1, chunks)
        assert next(chunks)
        assert store.requests == 0


class TestRefusals:
    def test_names_a_bucket_that_does_not_exist(
        self, seaweed: SeaweedS3, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        use_seaweed(monkeypatch, seaweed)
        for error in _refusals(_open("no-such-bucket")):
            assert "aws s3 mb s3://no-such-bucket" in str(error)

    def test_does_not_take_a_refusal_for_an_absence(
        self, store: S3Store, bucket: str, client: "S3Client"
    ) -> None:
        policy = {
            "Version": "2012-10-17",
            "Statement": {
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
            },
        }
        client.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))
        for error in _refusals(store, AccessDeniedError):
            assert "lack a right" in str(error)
        with pytest.raises(
            RefusedError,
            match=r"An error occurred \(AccessDenied\) when calling the PutObject op",
        ):
            store.create(KEY, b"{}")

    def test_says_that_the_credentials_are_wrong_and_never_what_they_are(
        self, seaweed: SeaweedS3, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        bucket = shared_bucket(seaweed)
        use_seaweed(monkeypatch, seaweed)
        secret = "not/the+secret=of-this-key"
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret)
        for error in _refusals(_open(bucket), AccessDeniedError):
            assert "AWS_SECRET_ACCESS_KEY" in str(error)
            cause: BaseException | None = error
            while cause is not None:
                assert secret not in f"{cause} {cause!r} {vars(cause)}"
                cause = cause.__cause__ or cause.__context__
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "nobody")
        with pytest.raises(RefusedError, match="InvalidAccessKeyId"):
            _open(bucket).get(KEY)

    def test_says_that_there_are_no_credentials(
        self, seaweed: SeaweedS3, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        use_seaweed(monkeypatch, seaweed)
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
        monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
        for error in _refusals(_open("mirror")):
            assert "Unable to locate credentials; log in" in str(error)

    def test_says_how_to_trust_a_certificate(
        self, seaweed: SeaweedS3, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        use_seaweed(monkeypatch, seaweed)
        monkeypatch.delenv("AWS_CA_BUNDLE")
        store = S3Store("mirror", pool_size=1, retry_attempts=1)
        for error in _refusals(store):
            assert "AWS_CA_BUNDLE" in str(error)

    @pytest.mark.parametrize(
        ("name", "value", "said"),
        [
            ("AWS_ENDPOINT_URL", "banana", "Invalid endpoint: banana"),
            ("AWS_PROFILE", "nobody", r"profile \(nobody\) could not be found"),
        ],
    )
    def test_says_what_of_the_configuration_makes_no_sense(
        self, monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
    ) -> None:
        monkeypatch.setenv(name, value)
        with pytest.raises(RefusedError, match=f"open s3://mirror/mirror: .*{said}"):
            _open("mirror")

    def test_says_that_a_bucket_cannot_have_such_a_name(self) -> None:
        with pytest.raises(RefusedError, match='Invalid bucket name "a bucket"'):
            _open("a bucket").get(KEY)
