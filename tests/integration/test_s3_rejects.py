"""What S3Store makes of the answers to bytes under a wrong digest."""

from base64 import b64encode

import pytest

from adapters.s3.store import S3Store
from domain.bottle import ObjectKey
from ports.errors import (
    AccessDeniedError,
    ConflictError,
    OutcomeUnknownError,
    PortError,
    UnavailableError,
)
from tests.support.blobs import digest_of
from tests.support.canned import Answer, CannedServer

KEY = ObjectKey("probe/wrong")
BODY = b"first"
OTHER = digest_of(b"other")
OK = Answer(200, headers={"ETag": '"etag"'})

REFUSALS = [
    Answer(400, "BadDigest"),
    Answer(400, "InvalidDigest"),
    Answer(400, "XAmzContentChecksumMismatch"),
]
OTHERS: list[tuple[Answer, type[PortError]]] = [
    (Answer(412, "PreconditionFailed"), ConflictError),
    (Answer(500, "InternalError"), OutcomeUnknownError),
    (Answer(200, body=b"<html>Log in"), OutcomeUnknownError),
    (Answer(403, "AccessDenied"), AccessDeniedError),
    (Answer(403, "SignatureDoesNotMatch"), AccessDeniedError),
    # It is the signature that did not fit, whatever the checksum.
    (Answer(400, "XAmzContentSHA256Mismatch"), UnavailableError),
]


def _ask(monkeypatch: pytest.MonkeyPatch, answer: Answer) -> tuple[bool, CannedServer]:
    with CannedServer(answer) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.endpoint_url)
        store = S3Store("bucket", pool_size=1, retry_attempts=1)
        return store.rejects(KEY, OTHER, BODY), server


def test_the_request_is_right_in_all_but_the_checksum(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _, server = _ask(monkeypatch, OK)

    (request,) = server.requests
    headers = {name.lower(): value for name, value in request.headers.items()}
    assert request.body == BODY
    assert headers["if-none-match"] == "*"
    assert headers["x-amz-content-sha256"] == digest_of(BODY)
    wrong = b64encode(bytes.fromhex(OTHER)).decode()
    assert headers["x-amz-checksum-sha256"] == wrong


@pytest.mark.parametrize("answer", REFUSALS)
def test_a_wrong_checksum_is_what_it_was_refused_for(
    monkeypatch: pytest.MonkeyPatch, answer: Answer
) -> None:
    refused, _ = _ask(monkeypatch, answer)
    assert refused


def test_a_yes_is_told_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    refused, _ = _ask(monkeypatch, OK)
    assert not refused


@pytest.mark.parametrize(("answer", "kind"), OTHERS)
def test_no_other_answer_is_taken_for_either(
    monkeypatch: pytest.MonkeyPatch, answer: Answer, kind: type[PortError]
) -> None:
    with pytest.raises(PortError) as raised:
        _ask(monkeypatch, answer)
    assert raised.type is kind
