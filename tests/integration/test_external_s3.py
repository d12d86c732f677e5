"""External hash files in buckets."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import boto3
import pytest
from moto import mock_aws

from adapters.memory.clock import ManualClock
from adapters.s3.external import S3HashFile
from domain.bottle import BottleKey
from ports.errors import (
    AccessDeniedError,
    MalformedError,
    NotFoundError,
    PortError,
    RefusedError,
    UnavailableError,
)
from tests.support.canned import Answer, CannedServer
from tests.support.seaweed import SeaweedS3
from tests.support.short_way import without_short_way
from tests.support.stores import shared_bucket, use_seaweed

KEY = "mirrors/old/bottles_hash.json"
ENTRY = BottleKey("curl-8.0.0-arm64_sonoma")
BODY = json.dumps(
    {"bottles": {ENTRY: {"download_date": "2025-07-21", "sha256": "ab" * 32}}}
).encode()


def external(
    bucket: str = "other", key: str = KEY, *, attempts: int = 1, at_most: int = 10**6
) -> S3HashFile:
    return S3HashFile(
        bucket, key, ManualClock(), retry_attempts=attempts, at_most=at_most
    )


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    without_short_way(monkeypatch)
    with mock_aws():
        client = boto3.client("s3", "us-east-1")
        client.create_bucket(Bucket="other")
        client.put_object(Bucket="other", Key=KEY, Body=BODY)
        yield "other"


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., CannedServer]]:
    """Yield what makes a server with canned answers the one that is asked."""
    with ExitStack() as servers:

        def start(*answers: Answer) -> CannedServer:
            server = servers.enter_context(CannedServer(*answers))
            monkeypatch.setenv("AWS_ENDPOINT_URL", server.endpoint_url)
            return server

        yield start


def test_reads_an_object_of_any_bucket(bucket: str) -> None:
    file = external(bucket)

    found = file.fetch()

    assert found is not None
    assert list(found.entries) == [ENTRY]
    assert found.migrated == {"missing last_updated": 1, "missing file_size": 1}
    assert found.etag is not None
    assert file.source == f"s3://other/{KEY}"


def test_says_none_when_it_is_still_what_it_was(bucket: str) -> None:
    file = external(bucket)
    found = file.fetch()

    assert found is not None
    assert file.fetch(found.etag) is None
    assert file.fetch('"another"') is not None


def test_says_what_is_not_there(bucket: str) -> None:
    with pytest.raises(NotFoundError, match=r"s3://other/nothing\.json"):
        external(bucket, "nothing.json").fetch()
    with pytest.raises(RefusedError, match="NoSuchBucket"):
        external("nowhere").fetch()


def test_what_is_too_large_is_not_read(bucket: str) -> None:
    with pytest.raises(MalformedError, match=f"s3://other/{KEY}: more than 10 bytes"):
        external(bucket, at_most=10).fetch()


@pytest.mark.parametrize("key", ["", "/hashes.json", "a//b", "../b"])
def test_refuses_a_key_that_is_not_one_place_to_every_client(
    bucket: str, key: str
) -> None:
    with pytest.raises(RefusedError):
        external(bucket, key).fetch()


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Answer(403, "AccessDenied"), AccessDeniedError),
        (Answer(404, "NoSuchKey"), NotFoundError),
        (Answer(503, "SlowDown"), UnavailableError),
        (Answer(500, "InternalError"), UnavailableError),
        (Answer(200, body=b"<html>Log in</html>"), MalformedError),
        (Answer(200, headers={"ETag": '"a"'}, body=b"<html>"), MalformedError),
        (
            Answer(200, headers={"ETag": '"a"', "Content-Length": "999"}, body=BODY),
            UnavailableError,
        ),
    ],
)
def test_tells_what_an_answer_means(
    serve: Callable[..., CannedServer], answer: Answer, kind: type[PortError]
) -> None:
    serve(answer)

    with pytest.raises(PortError) as caught:
        external().fetch()

    assert caught.type is kind
    assert caught.value.what == f"s3://other/{KEY}"


def test_asks_for_the_rest_by_its_version_when_a_connection_breaks(
    serve: Callable[..., CannedServer],
) -> None:
    half = len(BODY) // 2
    broken = {"ETag": '"one"', "Content-Length": str(len(BODY))}
    rest = {
        "ETag": '"one"',
        "Content-Range": f"bytes {half}-{len(BODY) - 1}/{len(BODY)}",
    }
    server = serve(
        Answer(200, headers=broken, body=BODY[:half]),
        Answer(206, headers=rest, body=BODY[half:]),
    )

    found = external(attempts=2).fetch('"zero"')

    assert found is not None
    assert list(found.entries) == [ENTRY]
    first, second = server.requests
    assert first.headers["if-none-match"] == '"zero"'
    assert second.headers["if-match"] == '"one"'
    assert "if-none-match" not in second.headers


def test_a_real_server_says_none_for_what_has_not_changed(
    monkeypatch: pytest.MonkeyPatch, seaweed: SeaweedS3
) -> None:
    use_seaweed(monkeypatch, seaweed)
    bucket = shared_bucket(seaweed)
    with closing(seaweed.client()) as client:
        client.put_object(Bucket=bucket, Key=KEY, Body=BODY)
    file = external(bucket)

    found = file.fetch()

    assert found is not None
    assert list(found.entries) == [ENTRY]
    assert file.fetch(found.etag) is None
