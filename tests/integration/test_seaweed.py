import base64
import hashlib
from collections.abc import Iterator
from contextlib import closing
from io import BytesIO, UnsupportedOperation
from typing import TYPE_CHECKING, NoReturn

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.support.seaweed import SeaweedS3

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# The upload idiom: the body goes out as it comes in, unsigned and read only once.
_STREAMING = Config(
    s3={"payload_signing_enabled": False},
    request_checksum_calculation="when_required",
    retries={"total_max_attempts": 1},
)
_BUCKET = "test-seaweed"


class OneWay(BytesIO):
    """Bytes that can be read once, from start to end, like those of a socket."""

    def seekable(self) -> bool:
        return False

    def seek(self, offset: int, whence: int = 0) -> NoReturn:
        raise UnsupportedOperation(offset, whence)

    def tell(self) -> NoReturn:
        raise UnsupportedOperation


@pytest.fixture(scope="module")
def s3(seaweed: SeaweedS3) -> Iterator["S3Client"]:
    with closing(seaweed.client(_STREAMING)) as client:
        client.create_bucket(Bucket=_BUCKET)
        yield client


def sha256(content: bytes) -> str:
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


def status(refused: pytest.ExceptionInfo[ClientError]) -> int:
    return refused.value.response["ResponseMetadata"]["HTTPStatusCode"]


def test_streams_a_body_that_cannot_seek(s3: "S3Client") -> None:
    content = bytes(range(256)) * 40_000

    s3.put_object(
        Bucket=_BUCKET,
        Key="streamed",
        Body=OneWay(content),
        ContentLength=len(content),
        ChecksumSHA256=sha256(content),
        IfNoneMatch="*",
    )

    with s3.get_object(Bucket=_BUCKET, Key="streamed")["Body"] as body:
        assert body.read() == content


def test_refuses_bytes_that_are_not_what_they_were_called(s3: "S3Client") -> None:
    with pytest.raises(ClientError) as refused:
        s3.put_object(
            Bucket=_BUCKET,
            Key="wrong",
            Body=OneWay(b"these bytes"),
            ContentLength=11,
            ChecksumSHA256=sha256(b"other bytes"),
        )

    assert status(refused) == 400
    with pytest.raises(ClientError) as missing:
        s3.head_object(Bucket=_BUCKET, Key="wrong")
    assert status(missing) == 404


def test_creates_an_object_only_once(s3: "S3Client") -> None:
    s3.put_object(Bucket=_BUCKET, Key="once", Body=b"first", IfNoneMatch="*")

    with pytest.raises(ClientError) as refused:
        s3.put_object(Bucket=_BUCKET, Key="once", Body=b"second", IfNoneMatch="*")

    assert status(refused) == 412
    with s3.get_object(Bucket=_BUCKET, Key="once")["Body"] as body:
        assert body.read() == b"first"


def test_refuses_a_wrong_secret(seaweed: SeaweedS3, s3: "S3Client") -> None:
    session = boto3.session.Session(
        aws_access_key_id=seaweed.access_key,
        aws_secret_access_key="not the secret",
        region_name=seaweed.region,
    )
    stranger = session.client(
        "s3", endpoint_url=seaweed.endpoint_url, verify=str(seaweed.ca_bundle)
    )
    with closing(stranger), pytest.raises(ClientError) as refused:
        stranger.put_object(Bucket=_BUCKET, Key="stranger", Body=b"")

    assert status(refused) == 403
    assert "Contents" not in s3.list_objects_v2(Bucket=_BUCKET, Prefix="stranger")


def test_does_not_make_a_bucket_by_writing_to_it(s3: "S3Client") -> None:
    with pytest.raises(ClientError) as refused:
        s3.put_object(Bucket="nobody-made-this", Key="k", Body=b"")

    assert refused.value.response["Error"]["Code"] == "NoSuchBucket"
