"""S3Store before answers that say yes and mean no, and copies that went wrong."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from adapters.memory.clock import ManualClock
from adapters.pacing import Pacing
from adapters.s3.store import S3Store
from domain.bottle import Digest, ObjectKey
from domain.errors import DigestMismatchError
from ports.errors import MalformedError, OutcomeUnknownError, UnavailableError
from tests.support.blobs import digest_of
from tests.support.canned import Answer, CannedServer
from tests.support.short_way import without_short_way

Answering = Callable[..., tuple[S3Store, CannedServer]]

SOURCE = ObjectKey("source")
TARGET = ObjectKey("target")
DIGEST = digest_of(b"new")
OLD = digest_of(b"old")

FAILED = Answer(200, "InternalError", {"ETag": '"put"'})
GONE = Answer(404)
SEEN = Answer(200)  # the bucket, once


@pytest.fixture(params=["boto3's way", "the short way"])
def answering(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Answering]:
    """Yield what makes a store, and the server that gives it these answers."""
    if request.param == "boto3's way":
        without_short_way(monkeypatch)
    with ExitStack() as servers:

        def open_(*answers: Answer) -> tuple[S3Store, CannedServer]:
            server = servers.enter_context(CannedServer(*answers))
            monkeypatch.setenv("AWS_ENDPOINT_URL", server.endpoint_url)
            pacing = Pacing(ManualClock(), lambda: 0.0, longest=8.0)
            store = S3Store("bucket", pool_size=2, retry_attempts=2, pacing=pacing)
            return store, server

        yield open_


def there(digest: Digest | None, etag: str = "etag", body: bytes = b"") -> Answer:
    """Return what is said of an object, with its checksum if there is one."""
    headers = {"ETag": f'"{etag}"', "Last-Modified": "Mon, 01 Jan 2024 00:00:00 GMT"}
    if digest is not None:
        headers["x-amz-checksum-sha256"] = checksum(digest)
    return Answer(200, headers=headers, body=body)


def copied(digest: Digest | None, etag: str = "copy") -> Answer:
    told = f"<ETag>&quot;{etag}&quot;</ETag>" if etag else ""
    if digest is not None:
        told += f"<ChecksumSHA256>{checksum(digest)}</ChecksumSHA256>"
    return Answer(200, body=f"<CopyObjectResult>{told}</CopyObjectResult>".encode())


def checksum(digest: Digest) -> str:
    return b64encode(bytes.fromhex(digest)).decode()


def methods(server: CannedServer) -> list[str]:
    return [request.method for request in server.requests]


def test_a_copy_that_fails_after_its_yes_is_made_again(answering: Answering) -> None:
    store, server = answering(there(DIGEST), FAILED, copied(DIGEST))
    store.public.copy(SOURCE, TARGET)
    assert methods(server) == ["HEAD", "PUT", "PUT"]


def test_a_copy_that_never_succeeds_is_not_taken_for_one(answering: Answering) -> None:
    store, _ = answering(there(DIGEST), FAILED)
    with pytest.raises(UnavailableError, match="InternalError") as raised:
        store.public.copy(SOURCE, TARGET)
    assert raised.value.attempts == 2

    store, _ = answering(there(DIGEST), GONE, FAILED)
    with pytest.raises(UnavailableError, match="InternalError"):
        store.copy(SOURCE, TARGET, DIGEST)


def test_what_clients_see_stays_where_its_successor_cannot_be_copied(
    answering: Answering,
) -> None:
    store, server = answering(there(OLD), there(DIGEST), FAILED, FAILED, there(OLD))
    with pytest.raises(UnavailableError, match="InternalError"):
        store.public.expose(SOURCE, TARGET, DIGEST)
    assert "DELETE" not in methods(server)


@pytest.mark.parametrize("body", [copied(None, etag="").body, b"", b"<html/>"])
def test_a_yes_without_a_version_is_no_answer_of_a_store(
    answering: Answering, body: bytes
) -> None:
    yes = Answer(200, body=body)
    store, server = answering(there(OLD), there(DIGEST), yes, there(OLD), Answer(204))
    with pytest.raises(MalformedError, match="is this an S3 server"):
        store.public.expose(SOURCE, TARGET, DIGEST)
    assert "DELETE" not in methods(server)


def test_a_list_that_fails_after_its_yes_is_asked_for_again(
    answering: Answering,
) -> None:
    page = b"<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"
    store, server = answering(FAILED, Answer(200, body=page))
    assert list(store.list("")) == []
    assert methods(server) == ["GET", "GET"]


def test_a_put_that_fails_after_its_yes_may_have_been_done(
    answering: Answering,
) -> None:
    store, server = answering(FAILED)
    with pytest.raises(OutcomeUnknownError, match="InternalError"):
        store.create(TARGET, b"{}")
    assert methods(server) == ["PUT"]


@pytest.mark.parametrize("at_first", [GONE, there(OLD)])
def test_of_a_copy_that_went_wrong_only_that_version_is_removed(
    answering: Answering, at_first: Answer
) -> None:
    store, server = answering(at_first, there(DIGEST), copied(OLD), Answer(204))
    if at_first is GONE:
        server.answers.insert(1, SEEN)
    with pytest.raises(DigestMismatchError):
        store.public.expose(SOURCE, TARGET, DIGEST)
    removal = server.requests[-1]
    assert (removal.method, removal.path) == ("DELETE", f"/bucket/{TARGET}")
    assert removal.headers["if-match"] == '"copy"'


@pytest.mark.parametrize("refusal", [412, 403, 501])
def test_a_copy_that_went_wrong_is_told_where_it_may_not_be_removed(
    answering: Answering, refusal: int
) -> None:
    store, _ = answering(there(OLD), there(DIGEST), copied(OLD), Answer(refusal))
    with pytest.raises(DigestMismatchError):
        store.public.expose(SOURCE, TARGET, DIGEST)


def test_without_a_checksum_it_is_the_copy_itself_that_is_looked_at(
    answering: Answering,
) -> None:
    seen = there(OLD, etag="copy")
    store, server = answering(there(OLD), there(DIGEST), copied(None), seen, SEEN)
    with pytest.raises(DigestMismatchError):
        store.public.expose(SOURCE, TARGET, DIGEST)
    assert methods(server)[-2:] == ["HEAD", "DELETE"]


def test_what_another_has_put_over_a_copy_is_not_removed(answering: Answering) -> None:
    another = there(OLD, etag="another's")
    store, server = answering(there(OLD), there(DIGEST), copied(None), another)
    with pytest.raises(UnavailableError, match="target was changed by another"):
        store.public.expose(SOURCE, TARGET, DIGEST)
    assert "DELETE" not in methods(server)
