"""S3Store on connections that break, before a real S3 server."""

import uuid
from collections.abc import Callable, Iterator

import botocore.session
import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from adapters.s3.pace import store_pacing
from adapters.s3.short_way import ShortWay
from adapters.s3.store import S3Store
from domain.bottle import ObjectKey
from ports.errors import OutcomeUnknownError, UnavailableError
from tests.support.blobs import MIB, blob, digest_of, put
from tests.support.relay import Cut, Relay
from tests.support.seaweed import SeaweedS3
from tests.support.short_way import without_short_way
from tests.support.stores import shared_bucket, use_seaweed

KEY = ObjectKey("2026-11-22/curl-8.0.0.arm64_sonoma.bottle.tar.gz")
BODY = blob(3 * MIB)
DIGEST = digest_of(BODY)


@pytest.fixture
def relay(seaweed: SeaweedS3) -> Iterator[Relay]:
    with Relay(seaweed.endpoint_url, seaweed.ca_bundle) as relay:
        yield relay


@pytest.fixture
def prefix() -> str:
    return str(uuid.uuid4())


@pytest.fixture
def beside(seaweed: SeaweedS3, prefix: str, monkeypatch: pytest.MonkeyPatch) -> S3Store:
    """Return the same store, as others reach it: nothing of that is ever cut."""
    use_seaweed(monkeypatch, seaweed)
    return S3Store(shared_bucket(seaweed), prefix, pool_size=4, retry_attempts=3)


@pytest.fixture(params=["boto3's way", "the short way"])
def store(
    request: pytest.FixtureRequest,
    seaweed: SeaweedS3,
    relay: Relay,
    prefix: str,
    monkeypatch: pytest.MonkeyPatch,
) -> S3Store:
    """Return a store whose connections are plain, and may be cut."""
    use_seaweed(monkeypatch, seaweed)
    monkeypatch.setenv("AWS_ENDPOINT_URL", relay.endpoint_url)
    if request.param == "boto3's way":
        without_short_way(monkeypatch)
    return S3Store(shared_bucket(seaweed), prefix, pool_size=4, retry_attempts=3)


class TestBrokenConnections:
    def test_streams_without_tls(self, store: S3Store) -> None:
        put(store, KEY, BODY)
        assert store.get(KEY).body == BODY

    def test_nothing_was_written_when_the_bytes_broke_off(
        self, store: S3Store, relay: Relay
    ) -> None:
        relay.cut(Cut("request", after=MIB))
        # More than what the machine takes before the cut is felt.
        with pytest.raises(UnavailableError):
            put(store, KEY, blob(32 * MIB))
        assert store.info(KEY) is None
        put(store, KEY, BODY)
        assert store.get(KEY).body == BODY

    def test_does_not_know_when_the_answer_is_lost(
        self, store: S3Store, relay: Relay
    ) -> None:
        # The first answer is "100 Continue", in 25 bytes.
        relay.cut(Cut("answer", after=26))
        with pytest.raises(OutcomeUnknownError):
            put(store, KEY, BODY)
        assert store.get(KEY).body == BODY
        version = store.get(KEY).version
        calls: tuple[Callable[[], object], ...] = (
            lambda: store.create(ObjectKey("created"), b"{}"),
            lambda: put(store, "small", b"{}"),
            lambda: store.replace(KEY, b"{}", version),
        )
        for call in calls:
            relay.cut(Cut("answer", after=1))
            with pytest.raises(OutcomeUnknownError):
                call()
        assert store.get(KEY).body == b"{}"

    def test_reads_on_where_a_connection_broke(
        self, store: S3Store, relay: Relay
    ) -> None:
        put(store, KEY, BODY)
        before = store.requests
        relay.cut(Cut("answer", after=MIB + 1000), Cut("answer", after=MIB + 1000))
        assert b"".join(store.read(KEY)) == BODY
        assert store.requests == before + 3
        relay.cut(Cut("answer", after=2 * MIB))
        assert store.get(KEY).body == BODY

    def test_gives_up_on_an_object_that_never_comes(
        self, store: S3Store, relay: Relay
    ) -> None:
        put(store, KEY, BODY)
        relay.cut(*[Cut("answer", after=1)] * 3)
        with pytest.raises(UnavailableError, match=r"tried 3 times") as raised:
            store.get(KEY)
        assert raised.value.attempts == 3

    def test_does_not_mend_an_object_with_another(
        self, beside: S3Store, store: S3Store, relay: Relay
    ) -> None:
        # More than what can be on its way when the cut is made.
        body = blob(32 * MIB)
        put(store, KEY, body)
        read = store.read(KEY)
        assert next(read) == body[:MIB]
        relay.cut(Cut("answer", after=1))
        # By another way: else the cut could meet the answer to one of these.
        beside.delete(KEY)
        put(beside, KEY, body[::-1])
        with pytest.raises(UnavailableError, match="changed while it was read"):
            list(read)

    def test_a_copy_whose_answer_is_lost_is_seen_to_be_done(
        self, store: S3Store, relay: Relay
    ) -> None:
        put(store, KEY, BODY)
        store.copy(KEY, ObjectKey("first"), DIGEST)
        relay.cut(Cut("answer", after=1))
        store.copy(KEY, ObjectKey("second"), DIGEST)
        assert store.get(ObjectKey("second")).body == BODY

    def test_tries_again_what_may_be_done_twice(
        self, store: S3Store, relay: Relay
    ) -> None:
        store.create(KEY, b"{}")
        calls: tuple[Callable[[], object], ...] = (
            lambda: store.info(KEY),
            lambda: list(store.list("")),
            lambda: store.delete(KEY),
        )
        for call in calls:
            relay.cut(Cut("answer", after=1))
            call()


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("https://mirror.example.com/mirror/key", "https://mirror.example.com/mirror/"),
        ("https://mirror.s3.example.com/mirror/key", "https://mirror.s3.example.com/"),
    ],
)
def test_a_host_that_begins_as_the_bucket_is_called_is_not_taken_for_its_own(
    url: str, base: str
) -> None:
    way = ShortWay(
        botocore.session.Session(), "mirror", 1, lambda: None, store_pacing()
    )
    request = AWSRequest("PUT", url)
    credentials = Credentials("key", "secret").get_frozen_credentials()
    S3SigV4Auth(credentials, "s3", "us-east-1").add_auth(request)
    way.learn("https://mirror.example.com", request.prepare())
    assert way.way is not None
    assert way.way.base + way.way.path == base
