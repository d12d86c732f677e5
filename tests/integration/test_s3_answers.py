"""S3Store before answers that no S3 server gives on demand."""

from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from adapters.memory.clock import ManualClock
from adapters.pacing import Pacing
from adapters.s3.store import S3Store
from domain.bottle import ObjectKey
from domain.errors import DigestMismatchError
from ports.errors import (
    AccessDeniedError,
    ConflictError,
    MalformedError,
    NotFoundError,
    OutcomeUnknownError,
    PortError,
    RefusedError,
    StoreFullError,
    UnavailableError,
)
from tests.support.blobs import MIB, blob, digest_of, pieces, put
from tests.support.canned import Answer, CannedServer
from tests.support.expectations import wait_for_leave
from tests.support.nobody import nobody_listens
from tests.support.short_way import without_short_way

Serve = Callable[..., CannedServer]
Open = Callable[..., S3Store]

KEY = ObjectKey("bottles_hash.json")
SOURCE = ObjectKey("2026-11-22/source.tar.gz")
TARGET = ObjectKey("2026-11-22/target.tar.gz")
BODY = blob(3 * MIB)
DIGEST = digest_of(BODY)
CHECKSUM = b64encode(bytes.fromhex(DIGEST)).decode()

OK = Answer(200, headers={"ETag": '"etag"'})
GONE = Answer(404)
SEEN = Answer(200)  # the bucket, once
MOVED = Answer(
    301, "PermanentRedirect", {"x-amz-bucket-region": "eu-west-1"}, early=True
)


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    wait_for_leave(monkeypatch)


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Yield what makes a server with canned answers the one that stores use."""
    with ExitStack() as servers:

        def start(*answers: Answer) -> CannedServer:
            server = servers.enter_context(CannedServer(*answers))
            monkeypatch.setenv("AWS_ENDPOINT_URL", server.endpoint_url)
            return server

        yield start


@pytest.fixture(params=["boto3's way", "the short way"])
def open_(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Open:
    if request.param == "boto3's way":
        without_short_way(monkeypatch)

    def open_(attempts: int = 2) -> S3Store:
        pacing = Pacing(ManualClock(), lambda: 0.0, longest=8.0)
        return S3Store("bucket", pool_size=2, retry_attempts=attempts, pacing=pacing)

    return open_


WRITES: list[tuple[Answer, type[PortError], str | None]] = [
    (Answer(409, "ConditionalRequestConflict"), OutcomeUnknownError, None),
    (Answer(409, "OperationAborted"), OutcomeUnknownError, None),
    (Answer(500, "InternalError"), OutcomeUnknownError, None),
    (Answer(503, "SlowDown"), OutcomeUnknownError, None),
    (Answer(502, body=b"<html>Bad Gateway</html>"), OutcomeUnknownError, None),
    (Answer(200, body=b"<html>Log in"), OutcomeUnknownError, None),
    (Answer(412, "PreconditionFailed"), ConflictError, None),
    (Answer(400, "BadDigest"), UnavailableError, None),
    (Answer(400, "XAmzContentSHA256Mismatch"), UnavailableError, None),
    (Answer(400, "RequestTimeout"), UnavailableError, None),
    (Answer(400, "IncompleteBody"), UnavailableError, None),
    (Answer(429, "TooManyRequests"), UnavailableError, None),
    (Answer(507, "XMinioStorageFull"), StoreFullError, "make room"),
    (Answer(403, "QuotaExceeded"), StoreFullError, "make room"),
    (Answer(403, "AccessDenied"), AccessDeniedError, "lack a right"),
    (Answer(403, "InvalidAccessKeyId"), AccessDeniedError, "AWS_ACCESS_KEY_ID"),
    (Answer(403, "RequestTimeTooSkewed"), RefusedError, "set the clock"),
    (Answer(400, "ExpiredToken"), RefusedError, "aws sso login"),
    (Answer(501, "NotImplemented"), RefusedError, "lacks what a mirror needs"),
    (Answer(400, "KeyTooLongError"), RefusedError, "KeyTooLongError"),
    (Answer(404, "NoSuchBucket"), RefusedError, "aws s3 mb s3://bucket"),
]


class TestAnswersToWrites:
    def test_are_told_as_what_to_do_next(self, serve: Serve, open_: Open) -> None:
        server = serve(OK)
        store = open_()
        calls: tuple[Callable[[], object], ...] = (
            lambda: store.create(KEY, b"{}"),
            lambda: store.replace(KEY, b"{}", '"etag"'),
            lambda: put(store, KEY, b"{}"),
            lambda: put(store, KEY, BODY),
        )
        for answer, kind, said in WRITES:
            server.answers[0] = answer
            for call in calls:
                server.requests.clear()
                with pytest.raises(PortError, match=said) as raised:
                    call()
                assert (answer, raised.type) == (answer, kind)
                assert raised.value.attempts == len(server.requests) == 1

    def test_to_replace_what_is_not_there_is_a_conflict(
        self, serve: Serve, open_: Open
    ) -> None:
        serve(Answer(404, "NoSuchKey"))
        with pytest.raises(ConflictError, match="removed"):
            open_().replace(KEY, b"{}", '"etag"')

    @pytest.mark.parametrize(
        ("answer", "kind"),
        [
            (Answer(412, "PreconditionFailed", early=True), ConflictError),
            (Answer(403, "AccessDenied", early=True), AccessDeniedError),
            # The bytes have not left: nothing can have been written.
            (Answer(503, "SlowDown", early=True), UnavailableError),
        ],
    )
    def test_an_early_no_spares_the_bytes(
        self,
        serve: Serve,
        answer: Answer,
        kind: type[PortError],
        open_: Open,
    ) -> None:
        server = serve(answer, OK)
        store = open_()
        chunks = pieces(BODY)
        with pytest.raises(kind):
            store.put(KEY, DIGEST, len(BODY), chunks)
        assert next(chunks) == BODY[: 256 * 1024]
        put(store, KEY, BODY)
        assert server.requests[-1].body == BODY

    def test_do_not_count_before_the_bytes_have_left(
        self, serve: Serve, open_: Open
    ) -> None:
        serve(Answer(200, headers=OK.headers, early=True))
        with pytest.raises(MalformedError, match="says yes before it has the bytes"):
            put(open_(), KEY, BODY)

    def test_follow_a_bucket_into_its_region(self, serve: Serve) -> None:
        server = serve(MOVED, MOVED, OK, OK)
        store = S3Store("bucket", pool_size=2, retry_attempts=2)
        for key in SOURCE, TARGET:
            put(store, key, BODY)
            assert server.requests[-1].body == BODY
            assert "/eu-west-1/s3/" in server.requests[-1].headers["authorization"]
        assert len(server.requests) == 4

    def test_says_in_which_region_a_bucket_is(self, serve: Serve, open_: Open) -> None:
        serve(Answer(301, "PermanentRedirect", {"x-amz-bucket-region": "eu-central-1"}))
        store = open_()
        with pytest.raises(RefusedError, match=r"set aws_region .* eu-central-1"):
            store.create(KEY, b"{}")
        with pytest.raises(RefusedError, match=r"set aws_region .* eu-central-1"):
            store.info(KEY)

    def test_sends_the_digest_without_having_read_the_bytes(
        self, serve: Serve, open_: Open
    ) -> None:
        server = serve(OK)
        put(open_(), KEY, BODY)
        asked = server.requests[-1]
        assert asked.body == BODY
        assert asked.headers["x-amz-content-sha256"] == DIGEST
        assert asked.headers["content-length"] == str(len(BODY))
        assert asked.headers["if-none-match"] == "*"
        assert asked.headers["expect"] == "100-continue"
        assert "transfer-encoding" not in asked.headers

    def test_do_not_make_wrong_bytes_whole(self, serve: Serve, open_: Open) -> None:
        # This server checks nothing, and would say that all is well.
        server = serve(OK)
        with pytest.raises(DigestMismatchError):
            open_().put(KEY, digest_of(b"other"), len(BODY), pieces(BODY))
        assert server.arrived.acquire(timeout=60)
        assert len(server.requests[0].body) < len(BODY)

    def test_does_not_ask_before_it_sends_a_small_object(
        self, serve: Serve, open_: Open
    ) -> None:
        server = serve(OK)
        store = open_()
        for body in (b"", b"{}", BODY[: 256 * 1024]):
            put(store, KEY, body)
            asked = server.requests[-1]
            assert asked.body == body
            assert asked.headers["x-amz-content-sha256"] == digest_of(body)
            assert "expect" not in asked.headers


class TestAnswersToReads:
    def test_asks_again_as_often_as_it_may(self, serve: Serve, open_: Open) -> None:
        server = serve(
            Answer(503, "SlowDown"), Answer(200, body=b"{}", headers=OK.headers)
        )
        store = open_()
        assert store.get(KEY).body == b"{}"
        assert len(server.requests) == store.requests == 2

    def test_says_how_often_it_asked_and_when_to_ask_again(
        self, serve: Serve, open_: Open
    ) -> None:
        serve(Answer(503, "SlowDown", {"Retry-After": "7"}))
        store = open_()
        with pytest.raises(UnavailableError, match="tried 2 times") as raised:
            store.get(KEY)
        assert raised.value.attempts == 2
        assert raised.value.retry_after == 7.0

    def test_says_that_nobody_answers(
        self, monkeypatch: pytest.MonkeyPatch, open_: Open
    ) -> None:
        with nobody_listens() as port:
            monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
            store = open_()
            with pytest.raises(UnavailableError, match="Could not connect") as raised:
                store.get(KEY)
            assert raised.value.attempts == 2
            for body in (b"{}", BODY):
                with pytest.raises(UnavailableError, match="Could not connect"):
                    put(store, KEY, body)

    def test_does_not_take_a_web_page_for_an_answer(
        self, serve: Serve, open_: Open
    ) -> None:
        serve(Answer(200, body=b"<html><p>Log in to the network</p></html>"))
        store = open_()
        with pytest.raises(MalformedError, match="is this an S3 server"):
            list(store.list(""))
        with pytest.raises(MalformedError, match="is this an S3 server"):
            store.get(KEY)
        with pytest.raises(MalformedError, match="is this an S3 server"):
            store.info(KEY)
        with pytest.raises(MalformedError, match="is this an S3 server"):
            store.copy(SOURCE, TARGET, DIGEST)

    def test_does_not_read_on_from_a_server_that_begins_again(
        self, serve: Serve, open_: Open
    ) -> None:
        short = Answer(200, headers={**OK.headers, "Content-Length": "9"}, body=b"12")
        serve(short, Answer(200, headers=OK.headers, body=b"123456789"))
        with pytest.raises(MalformedError, match="no rest from byte 2 on"):
            open_().get(KEY)

    def test_looks_for_the_bucket_once(self, serve: Serve, open_: Open) -> None:
        server = serve(Answer(404), Answer(403), Answer(404))
        store = open_()
        assert [store.info(KEY) for _ in range(3)] == [None] * 3
        assert [asked.path for asked in server.requests] == [
            f"/bucket/{KEY}",
            "/bucket",
            f"/bucket/{KEY}",
            f"/bucket/{KEY}",
        ]


class TestAnswersToCopies:
    def test_one_request_is_enough_where_the_store_heeds_the_condition(
        self, serve: Serve, open_: Open
    ) -> None:
        refused = Answer(412, "PreconditionFailed")
        server = serve(OK, GONE, SEEN, _copied(CHECKSUM), refused, _copied(CHECKSUM))
        store = open_()
        put(store, SOURCE, BODY)
        store.copy(SOURCE, TARGET, DIGEST)
        assert len(server.requests) == 5
        store.copy(SOURCE, TARGET, DIGEST)
        assert len(server.requests) == 6
        asked = server.requests[-1].headers
        assert asked["x-amz-copy-source"] == f"bucket/{SOURCE}"
        assert asked["x-amz-copy-source-if-match"] == '"etag"'
        assert asked["x-amz-checksum-algorithm"] == "SHA256"
        assert asked["if-none-match"] == "*"

    def test_looks_first_where_the_store_ignores_the_condition(
        self, serve: Serve, open_: Open
    ) -> None:
        copied = _copied(CHECKSUM)
        server = serve(OK, GONE, SEEN, copied, copied, GONE, copied)
        store = open_()
        put(store, SOURCE, BODY)
        store.copy(SOURCE, TARGET, DIGEST)
        store.copy(SOURCE, TARGET, DIGEST)
        assert [asked.method for asked in server.requests[-2:]] == ["HEAD", "PUT"]

    def test_does_without_a_condition_that_the_store_does_not_know(
        self, serve: Serve, open_: Open
    ) -> None:
        copied = _copied(CHECKSUM)
        unknown = Answer(501, "NotImplemented")
        server = serve(OK, GONE, SEEN, unknown, copied, GONE, copied)
        store = open_()
        put(store, SOURCE, BODY)
        for _ in range(2):
            store.copy(SOURCE, TARGET, DIGEST)
            assert "if-none-match" not in server.requests[-1].headers
        assert len(server.requests) == 7

    def test_does_not_leave_a_copy_that_went_wrong(
        self, serve: Serve, open_: Open
    ) -> None:
        wrong = b64encode(bytes.fromhex(digest_of(b"wrong"))).decode()
        server = serve(OK, GONE, SEEN, _copied(wrong), Answer(204))
        store = open_()
        put(store, SOURCE, BODY)
        with pytest.raises(DigestMismatchError) as raised:
            store.copy(SOURCE, TARGET, DIGEST)
        assert raised.value.found == digest_of(b"wrong")
        assert server.requests[-1].method == "DELETE"
        assert server.requests[-1].path == f"/bucket/{TARGET}"

    def test_finds_no_source_that_was_deleted_by_another(
        self, serve: Serve, open_: Open
    ) -> None:
        serve(OK, GONE, SEEN, Answer(404, "NoSuchKey"))
        store = open_()
        put(store, SOURCE, BODY)
        with pytest.raises(NotFoundError):
            store.copy(SOURCE, TARGET, DIGEST)

    def test_does_not_copy_a_source_that_was_changed_by_another(
        self, serve: Serve, open_: Open
    ) -> None:
        refused = Answer(412, "PreconditionFailed")
        serve(OK, GONE, SEEN, refused, GONE)
        store = open_()
        put(store, SOURCE, BODY)
        with pytest.raises(UnavailableError, match="was changed"):
            store.copy(SOURCE, TARGET, DIGEST)


def _copied(checksum: str) -> Answer:
    shown = f"<ETag>etag</ETag><ChecksumSHA256>{checksum}</ChecksumSHA256>"
    return Answer(200, body=f"<CopyObjectResult>{shown}</CopyObjectResult>".encode())
