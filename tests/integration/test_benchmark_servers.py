# What the figures of the transfer benchmark rest on.

import hashlib
import http.client
import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest
import requests
from botocore.exceptions import ClientError

from benchmarks.origin import Origin, origin
from benchmarks.sink import Sink, sink
from tests.standin.catalog import plain_catalog
from tests.standin.sizes import fixed
from tests.support.certificates import write_loopback_certificate
from tests.support.nginx import WHY_NOT, find_nginx
from tests.support.nobody import nobody_listens
from tests.support.seaweed import SeaweedS3

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

BUCKET = "sunk"
SIZE = 100_000


@pytest.fixture(scope="module", autouse=True)
def _nginx() -> None:
    if find_nginx() is None:
        pytest.skip(WHY_NOT)


@pytest.fixture(scope="module")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Origin, str]]:
    folder = tmp_path_factory.mktemp("origin")
    certificate = write_loopback_certificate(folder)
    with origin(plain_catalog(3), fixed(SIZE), folder, certificate) as running:
        yield running, str(certificate.authority)


@contextmanager
def sunk(seaweed: SeaweedS3, folder: Path) -> Iterator[tuple[Sink, str]]:
    certificate = write_loopback_certificate(folder)
    store = seaweed.endpoint_url.removeprefix("https://")
    with sink(store, folder, certificate) as running:
        yield running, str(certificate.authority)


def client_of(running: Sink, authority: str, seaweed: SeaweedS3) -> "S3Client":
    return boto3.client(
        "s3",
        endpoint_url=running.endpoint_url,
        verify=authority,
        aws_access_key_id=seaweed.access_key,
        aws_secret_access_key=seaweed.secret_key,
    )


@pytest.fixture(scope="module")
def bucket(seaweed: SeaweedS3) -> str:
    with closing(seaweed.client()) as client:
        client.create_bucket(Bucket=BUCKET)
    return BUCKET


@pytest.fixture(scope="module")
def running_sink(
    seaweed: SeaweedS3, bucket: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Sink, str]]:
    assert bucket
    with sunk(seaweed, tmp_path_factory.mktemp("sink")) as running:
        yield running


@pytest.fixture
def s3(running_sink: tuple[Sink, str], seaweed: SeaweedS3) -> Iterator["S3Client"]:
    with closing(client_of(*running_sink, seaweed)) as client:
        yield client


def test_the_origin_has_every_bottle_that_its_catalog_names(
    upstream: tuple[Origin, str],
) -> None:
    running, authority = upstream
    catalog = requests.get(
        f"{running.direct}/api/formula.json", verify=authority, timeout=60
    )
    named = {
        file["url"].replace("https://ghcr.io", "", 1)
        for formula in catalog.json()
        for file in formula["bottle"]["stable"]["files"].values()
    }
    assert named == {bottle.path for bottle in running.whole.bottles}
    for bottle in running.whole.bottles:
        for address in (running.direct, running.redirecting):
            answer = requests.get(
                f"{address}{bottle.path}", verify=authority, timeout=60
            )
            assert len(answer.content) == bottle.size == SIZE
            assert hashlib.sha256(answer.content).hexdigest() == bottle.digest
            moves = [move.status_code for move in answer.history]
            assert moves == ([307] if address == running.redirecting else [])


def test_the_origin_counts_what_it_was_asked(tmp_path: Path) -> None:
    certificate = write_loopback_certificate(tmp_path)
    with origin(plain_catalog(3), fixed(SIZE), tmp_path, certificate) as running:
        path = running.whole.bottles[0].path
        for url in (
            f"{running.direct}/idle/formula.json",
            f"{running.direct}{path}",
            f"{running.redirecting}{path}",
        ):
            assert requests.get(url, verify=str(certificate.authority), timeout=60).ok
    # Who has ended has written all of its log.
    asked = running.asked()
    # The redirect is one of them.
    assert (asked.bottles, asked.others) == (3, 1)
    assert asked.bytes > 2 * SIZE
    assert running.asked().bottles == 0


def test_the_sink_says_yes_to_a_bottle_and_keeps_nothing(
    seaweed: SeaweedS3, bucket: str, tmp_path: Path
) -> None:
    with (
        sunk(seaweed, tmp_path) as (running, authority),
        closing(client_of(running, authority, seaweed)) as s3,
    ):
        key = "run-1/2026-01-01/jolly-anvil-1.0.arm64_sonoma.bottle.tar.gz"
        body = bytes(SIZE)
        answer = s3.put_object(Bucket=bucket, Key=key, Body=body, IfNoneMatch="*")
        assert answer["ETag"]
        with pytest.raises(ClientError, match="NoSuchKey"):
            s3.get_object(Bucket=bucket, Key=key)
    # Who has ended has written all of its log.
    took = running.took()
    assert took.bottles == 2
    assert took.bytes > SIZE


def test_the_sink_takes_a_bottle_in_parts(s3: "S3Client") -> None:
    key = "run-1/2026-01-01/large"
    upload = s3.create_multipart_upload(Bucket=BUCKET, Key=key)["UploadId"]
    part = s3.upload_part(
        Bucket=BUCKET, Key=key, UploadId=upload, PartNumber=1, Body=bytes(SIZE)
    )
    done = s3.complete_multipart_upload(
        Bucket=BUCKET,
        Key=key,
        UploadId=upload,
        MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]},
    )
    assert done["ETag"]


def test_what_is_no_bottle_is_kept_by_the_store_behind_the_sink(
    s3: "S3Client", seaweed: SeaweedS3
) -> None:
    key = "run-1/ledger/v1/commits/@0+1"
    s3.put_object(Bucket=BUCKET, Key=key, Body=b"commit", IfNoneMatch="*")
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"other", IfNoneMatch="*")
    with closing(seaweed.client()) as behind:
        assert behind.get_object(Bucket=BUCKET, Key=key)["Body"].read() == b"commit"


def test_the_sink_does_not_answer_before_the_last_byte(
    running_sink: tuple[Sink, str],
) -> None:
    running, authority = running_sink
    host = running.endpoint_url.removeprefix("https://")
    trust = ssl.create_default_context(cafile=authority)
    with closing(http.client.HTTPSConnection(host, context=trust)) as connection:
        connection.putrequest("PUT", f"/{BUCKET}/run-1/2026-01-01/slow")
        connection.putheader("Content-Length", str(SIZE))
        connection.endheaders()
        connection.send(bytes(SIZE - 1))
        connection.sock.settimeout(0.3)
        with pytest.raises(TimeoutError):
            connection.sock.recv(1)
        connection.sock.settimeout(60)
        connection.send(b"\0")
        assert connection.getresponse().status == 200


def test_nothing_of_the_origin_is_left_behind(tmp_path: Path) -> None:
    certificate = write_loopback_certificate(tmp_path)
    with origin(plain_catalog(1), fixed(SIZE), tmp_path, certificate) as running:
        address = running.direct
    with (
        nobody_listens(int(address.rpartition(":")[2])),
        pytest.raises(requests.ConnectionError),
    ):
        requests.get(address, verify=str(certificate.authority), timeout=60)
