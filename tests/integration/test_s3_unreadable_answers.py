"""S3Store before answers of which a part cannot be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from adapters.memory.clock import ManualClock
from adapters.pacing import Pacing
from adapters.s3.history import S3History
from adapters.s3.served import ServedBucket
from adapters.s3.store import S3Store
from domain.bottle import ObjectKey
from ports.errors import MalformedError, UnavailableError
from tests.support.blobs import digest_of
from tests.support.canned import Answer, CannedServer
from tests.support.short_way import without_short_way

Serve = Callable[..., None]

KEY = ObjectKey("bottles_hash.json")
TARGET = ObjectKey("target")
DATE = "Mon, 01 Jan 2024 00:00:00 GMT"


@pytest.fixture(params=["boto3's way", "the short way"])
def serve(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Serve]:
    """Yield what starts the server that stores use, with these answers."""
    if request.param == "boto3's way":
        without_short_way(monkeypatch)
    with ExitStack() as servers:

        def start(*answers: Answer) -> None:
            server = servers.enter_context(CannedServer(*answers))
            monkeypatch.setenv("AWS_ENDPOINT_URL", server.endpoint_url)

        yield start


def open_() -> S3Store:
    pacing = Pacing(ManualClock(), lambda: 0.0, longest=8.0)
    return S3Store("bucket", pool_size=1, retry_attempts=2, pacing=pacing)


def head(**headers: str) -> Answer:
    return Answer(200, headers={"ETag": '"etag"', "Last-Modified": DATE, **headers})


def page(*more: str) -> Answer:
    told = "".join(more)
    return Answer(200, body=f"<ListResult>{told}</ListResult>".encode())


@pytest.mark.parametrize("checksum", ["abc", "YWJj", "\xb2", "!" * 44, "===="])
def test_a_checksum_that_is_none_is_told(serve: Serve, checksum: str) -> None:
    serve(head(**{"x-amz-checksum-sha256": checksum}))
    store = open_()
    with pytest.raises(MalformedError, match="checksum"):
        store.info(KEY)
    with pytest.raises(MalformedError, match="checksum"):
        store.public.expose(KEY, TARGET, digest_of(b"body"))


@pytest.mark.parametrize(
    "moment",
    [
        "Mon, 01 Jan 99999999999999999999 00:00:00 GMT",
        "Fri, 31 Dec 9999 23:59:59 -2359",
        "yesterday",
    ],
)
def test_a_date_that_is_none_is_told(serve: Serve, moment: str) -> None:
    serve(head(**{"Last-Modified": moment}))
    with pytest.raises(MalformedError, match="is this an S3 server"):
        open_().info(KEY)
    served = ServedBucket("bucket", pool_size=1, retry_attempts=1)
    with pytest.raises(MalformedError, match="is this an S3 server"):
        served.open(KEY, compressed=False)


def test_a_date_in_a_list_that_is_none_is_told(serve: Serve) -> None:
    entry = "<Key>a</Key><LastModified>yesterday</LastModified><Size>1</Size>"
    serve(page("<IsTruncated>false</IsTruncated>", f"<Contents>{entry}</Contents>"))
    with pytest.raises(MalformedError, match="is this an S3 server"):
        list(open_().list(""))


@pytest.mark.parametrize("wait", ["\xb2", "soon", "-1", "1e3"])
def test_a_wait_that_is_no_number_is_none(serve: Serve, wait: str) -> None:
    serve(Answer(503, "SlowDown", {"Retry-After": wait}))
    with pytest.raises(UnavailableError, match="503") as raised:
        open_().info(KEY)
    assert raised.value.retry_after is None


@pytest.mark.parametrize(
    "more", ["", "<NextMarker>a</NextMarker>", "<NextKeyMarker>a</NextKeyMarker>"]
)
def test_a_list_that_goes_on_and_says_not_where_is_told(
    serve: Serve, more: str
) -> None:
    serve(page("<IsTruncated>true</IsTruncated>", more))
    with pytest.raises(MalformedError, match="is this an S3 server"):
        list(open_().list(""))
    history = S3History("bucket", pool_size=1, retry_attempts=1)
    with pytest.raises(MalformedError, match="is this an S3 server"):
        list(history.versions(""))
