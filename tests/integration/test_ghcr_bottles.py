from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Event, Thread

import pytest

from adapters.homebrew.bottles import GhcrBottles
from adapters.homebrew.http import HttpClient, Patience
from adapters.memory.clock import ManualClock
from adapters.memory.metrics import NoMetrics
from adapters.retry import Backoff
from adapters.wire.incoming import Incoming
from domain.bottle import Bottle
from ports.bottle_source import BottleStream
from ports.errors import (
    MalformedError,
    NotFoundError,
    PortError,
    RefusedError,
    UnavailableError,
)
from tests.standin.catalog import plain_catalog
from tests.standin.faults import Fault, FaultKind
from tests.standin.listener import Listener
from tests.standin.server import Upstream
from tests.standin.sizes import fixed
from tests.standin.wire import Reply, Request, Text
from tests.support.catalogs import make_bottle
from tests.support.offers import offered_bottles

SIZE = 3_000_000
TAGS = ("arm64_tahoe", "arm64_sequoia", "arm64_sonoma")
TEN = Text(b"0123456789")

Source = Callable[..., GhcrBottles]


@pytest.fixture(scope="module")
def running() -> Iterator[Upstream]:
    with Upstream(plain_catalog(2, TAGS), sizes=fixed(SIZE), unsized=()) as upstream:
        yield upstream


@pytest.fixture
def upstream(running: Upstream) -> Iterator[Upstream]:
    running.faults.clear()
    running.reset_requests()
    yield running
    running.faults.clear()


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def source(clock: ManualClock) -> Iterator[Source]:
    """Return what makes a source on the registry at an origin."""
    with ExitStack() as stack:

        def make(
            origin: str, *, token: str | None = None, patience: float = 10.0
        ) -> GhcrBottles:
            http = HttpClient(
                clock,
                lambda: 0.5,
                pool_size=4,
                user_agent="bottles-tests/1",
                metrics=NoMetrics(),
                patience=Patience(Backoff(attempts=3), silence=5.0),
            )
            stack.enter_context(closing(http))
            return GhcrBottles(
                http,
                clock,
                lambda: 0.5,
                registry=origin,
                token=token,
                patience=patience,
            )

        yield make


@pytest.fixture
def bottles(upstream: Upstream, source: Source) -> GhcrBottles:
    return source(upstream.registry)


@contextmanager
def scripted(answer: Callable[[Request], Reply]) -> Iterator[str]:
    """Serve what the stand-in would never say, and yield where."""
    with closing(Listener(answer)) as listener:
        yield listener.origin


class Endless:
    """A body that goes on until its reader leaves."""

    size = 10**9

    def __init__(self) -> None:
        self.left = Event()

    def slices(self, _start: int, _stop: int) -> Iterator[memoryview]:
        try:
            while True:
                yield memoryview(bytes(65_536))
        finally:
            self.left.set()


class Talker:
    """Says the same bytes to each connection, HTTP or not, and hangs up."""

    def __init__(self, said: bytes) -> None:
        class Handler(StreamRequestHandler):
            def handle(self) -> None:
                while self.rfile.readline().strip():
                    pass
                self.wfile.write(said)

        self._server = ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._thread = Thread(target=self._server.serve_forever, args=(0.01,))

    def __enter__(self) -> str:
        self._thread.start()
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def a_bottle(upstream: Upstream, release: int = 0, tag: int = 0) -> Bottle:
    return offered_bottles(upstream, upstream.formulae[release]["name"])[tag]


def read(stream: BottleStream) -> bytes:
    return b"".join(stream.chunks)


def fetch(source: GhcrBottles, bottle: Bottle) -> bytes:
    with source.open(bottle) as stream:
        return read(stream)


def ranges(upstream: Upstream) -> list[str | None]:
    """Return the ``Range`` of each request for bytes."""
    requests = upstream.requests.recorded("signed_get")
    return [request.headers.get("range") for request in requests]


class TestOpening:
    def test_a_bottle_costs_two_requests(
        self, upstream: Upstream, bottles: GhcrBottles
    ) -> None:
        bottle = a_bottle(upstream)
        assert fetch(bottles, bottle) == upstream.content(bottle.digest)
        assert upstream.requests.counts() == {"blob": 1, "signed_get": 1}

    def test_the_token_never_reaches_the_storage(
        self, upstream: Upstream, bottles: GhcrBottles
    ) -> None:
        fetch(bottles, a_bottle(upstream))
        blob, signed = upstream.requests.recorded()
        assert blob.headers["authorization"] == "Bearer QQ=="
        assert "authorization" not in signed.headers

    def test_the_bytes_come_as_they_are(
        self, upstream: Upstream, bottles: GhcrBottles
    ) -> None:
        fetch(bottles, a_bottle(upstream))
        (signed,) = upstream.requests.recorded("signed_get")
        assert signed.headers["accept-encoding"] == "identity"

    def test_an_expired_address_is_resolved_again(
        self, upstream: Upstream, bottles: GhcrBottles
    ) -> None:
        upstream.faults.add(Fault("expired_redirect", times=1))
        bottle = a_bottle(upstream)
        assert fetch(bottles, bottle) == upstream.content(bottle.digest)
        assert upstream.requests.counts() == {"blob": 2, "signed_get": 2}

    @pytest.mark.parametrize(
        ("kind", "error"),
        [
            ("404", NotFoundError),
            ("403", RefusedError),
            ("500", UnavailableError),
            ("429", UnavailableError),
            ("foreign_redirect", RefusedError),
            ("expired_redirect", UnavailableError),
        ],
    )
    def test_tells_what_went_wrong_and_with_which_bottle(
        self,
        upstream: Upstream,
        bottles: GhcrBottles,
        kind: FaultKind,
        error: type[PortError],
    ) -> None:
        upstream.faults.add(Fault(kind))
        bottle = a_bottle(upstream)
        with pytest.raises(error, match=bottle.key) as caught:
            fetch(bottles, bottle)
        assert caught.value.attempts == (3 if error is UnavailableError else 1)

    def test_the_wait_that_the_body_asks_for_is_kept(
        self, upstream: Upstream, bottles: GhcrBottles, clock: ManualClock
    ) -> None:
        upstream.faults.add(
            Fault("429", times=1, retry_after=15.3, retry_after_in="body")
        )
        fetch(bottles, a_bottle(upstream))
        assert clock.monotonic() >= 15.3

    @pytest.mark.parametrize("length", ["", "Content-Length: 0", "Content-Length: -8"])
    def test_refuses_an_answer_that_tells_no_bottle_s_length(
        self, source: Source, length: str
    ) -> None:
        with (
            Talker(f"HTTP/1.1 200 OK\r\n{length}\r\n\r\nbytes".encode()) as origin,
            pytest.raises(MalformedError, match="length"),
        ):
            fetch(source(origin), make_bottle())

    def test_to_leave_early_ends_the_connection(self, source: Source) -> None:
        endless = Endless()
        with scripted(lambda _request: Reply("blob", 200, {}, endless)) as origin:
            with source(origin).open(make_bottle()) as stream:
                assert next(stream.chunks)
                assert not endless.left.is_set()
            assert endless.left.wait(60)

    def test_asks_nothing_of_a_registry_on_plain_http(self, source: Source) -> None:
        with pytest.raises(RefusedError, match="not encrypted"):
            fetch(source("http://ghcr.io"), make_bottle())


class TestTokens:
    def test_gets_a_token_where_the_registry_says_and_keeps_it(
        self, source: Source
    ) -> None:
        with Upstream(
            plain_catalog(2, TAGS), strict_tokens=True, unsized=()
        ) as upstream:
            bottles = source(upstream.registry)
            first, second, other = (
                a_bottle(upstream, release, tag)
                for release, tag in ((0, 0), (0, 1), (1, 0))
            )
            assert fetch(bottles, first) == upstream.content(first.digest)
            assert upstream.requests.count("token") == 1
            assert bottles.sizes([second])
            assert fetch(bottles, second) == upstream.content(second.digest)
            assert upstream.requests.count("token") == 1
            fetch(bottles, other)
            assert upstream.requests.count("token") == 2
            sent = upstream.requests.recorded("token", "signed_get")
            assert not any("authorization" in request.headers for request in sent)

    def test_gets_another_token_before_the_old_one_expires(
        self, source: Source, clock: ManualClock
    ) -> None:
        with Upstream(plain_catalog(1, TAGS), strict_tokens=True) as upstream:
            bottles = source(upstream.registry)
            fetch(bottles, a_bottle(upstream))
            clock.sleep(59)
            fetch(bottles, a_bottle(upstream))
            assert upstream.requests.count("token") == 2

    def test_sends_the_token_that_was_configured(
        self, upstream: Upstream, source: Source
    ) -> None:
        fetch(source(upstream.registry, token="c2VjcmV0"), a_bottle(upstream))
        (blob,) = upstream.requests.recorded("blob")
        assert blob.headers["authorization"] == "Bearer c2VjcmV0"

    @pytest.mark.parametrize("token", ["two words", "a\r\nHost: b", "t\u00f6ken"])
    def test_refuses_to_send_what_is_no_token(self, source: Source, token: str) -> None:
        with pytest.raises(RefusedError, match="characters") as caught:
            source("https://ghcr.io", token=token)
        assert token not in str(caught.value)

    def test_a_registry_that_takes_no_token_refuses(
        self, upstream: Upstream, bottles: GhcrBottles
    ) -> None:
        upstream.faults.add(Fault("401", on="blob"))
        with pytest.raises(RefusedError, match="another token"):
            fetch(bottles, a_bottle(upstream))
        assert upstream.requests.counts() == {"blob": 2, "token": 1}

    @pytest.mark.parametrize(
        ("challenge", "error"),
        [
            ('Bearer realm="http://192.0.2.1/token",service="x"', "not encrypted"),
            ('Bearer realm="ftp://ghcr.io/token"', "not an https address"),
            ('Basic realm="ghcr.io"', "another token"),
            ("Bearer", "another token"),
            ("", "registry_token"),
        ],
    )
    def test_asks_for_no_token_where_it_could_be_overheard(
        self, source: Source, challenge: str, error: str
    ) -> None:
        refusal = Reply("blob", 401, {"WWW-Authenticate": challenge})
        with (
            scripted(lambda _request: refusal) as origin,
            pytest.raises(PortError, match=error),
        ):
            fetch(source(origin), make_bottle())

    @pytest.mark.parametrize(
        "answer",
        [
            b"<html>",
            b"[]",
            b"{}",
            b'{"token": ""}',
            b'{"token": "a\\r\\nHost: elsewhere"}',
            b'{"token": 8}',
            b'{"token": "abc", "expires_in": "soon"}',
        ],
    )
    def test_takes_no_token_that_is_none(self, source: Source, answer: bytes) -> None:
        def reply(request: Request) -> Reply:
            if request.path == "/token":
                return Reply("token", 200, {}, Text(answer))
            challenge = f'Bearer realm="http://{request.headers["host"]}/token"'
            return Reply("blob", 401, {"WWW-Authenticate": challenge})

        with scripted(reply) as origin, pytest.raises(MalformedError, match="token"):
            fetch(source(origin), make_bottle())


class TestResuming:
    @pytest.mark.parametrize("after", [0, 1, 64, 262_144, SIZE - 1])
    def test_a_body_that_is_cut_goes_on_where_it_was_cut(
        self, upstream: Upstream, bottles: GhcrBottles, after: int
    ) -> None:
        upstream.faults.add(Fault("cut", on="signed_get", after=after, times=1))
        bottle = a_bottle(upstream)
        assert fetch(bottles, bottle) == upstream.content(bottle.digest)
        assert ranges(upstream) == [None, f"bytes={after}-"]
        assert upstream.requests.count("blob") == 2

    def test_a_body_that_gets_on_may_be_cut_often(self, source: Source) -> None:
        catalog = plain_catalog(1, TAGS)
        with Upstream(catalog, sizes=fixed(12_000_000)) as upstream:
            upstream.faults.add(Fault("cut", on="signed_get", after=1_200_000))
            bottle = a_bottle(upstream)
            content = fetch(source(upstream.registry), bottle)
            assert content == upstream.content(bottle.digest)
            assert len(ranges(upstream)) == 10

    def test_a_body_that_is_cut_over_and_over_is_given_up(
        self, upstream: Upstream, bottles: GhcrBottles
    ) -> None:
        upstream.faults.add(Fault("cut", on="signed_get", after=100_000))
        bottle = a_bottle(upstream)
        with (
            bottles.open(bottle) as stream,
            pytest.raises(UnavailableError, match="after 600,000 of") as caught,
        ):
            read(stream)
        assert caught.value.attempts == 6

    def test_a_body_that_stalls_goes_on(
        self, upstream: Upstream, source: Source, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        half, came = SIZE // 2, 0
        waits: list[float | None] = []
        into = Incoming.into

        def into_or_too_late(self: Incoming, view: memoryview) -> int:
            nonlocal came
            if came == half and not waits:
                # Nothing more will come: what the socket would find out in the end.
                waits.append(self._channel.gettimeout())  # type: ignore[attr-defined]
                raise TimeoutError
            count = into(self, view)
            came += count
            return count

        monkeypatch.setattr(Incoming, "into", into_or_too_late)
        upstream.faults.add(Fault("stall", on="signed_get", after=half, times=1))
        bottles = source(upstream.registry, patience=120.0)
        bottle = a_bottle(upstream)
        assert fetch(bottles, bottle) == upstream.content(bottle.digest)
        assert waits == [60.0]
        first, second = ranges(upstream)
        assert first is None
        assert second is not None

    def test_the_rest_is_asked_for_until_patience_ends(
        self, upstream: Upstream, bottles: GhcrBottles, clock: ManualClock
    ) -> None:
        upstream.faults.add(Fault("cut", on="signed_get", after=500_000, times=1))
        with bottles.open(a_bottle(upstream)) as stream:
            assert next(stream.chunks)
            upstream.faults.add(Fault("500", on="blob"))
            with pytest.raises(UnavailableError, match="broke off after 500,000 of"):
                read(stream)
        assert 5 < clock.monotonic() <= 10
        assert upstream.requests.count("blob") > 4

    def test_the_rest_may_come_late_but_in_time(
        self, upstream: Upstream, bottles: GhcrBottles
    ) -> None:
        upstream.faults.add(Fault("cut", on="signed_get", after=500_000, times=1))
        bottle = a_bottle(upstream)
        with bottles.open(bottle) as stream:
            upstream.faults.add(Fault("503", on="blob", times=2))
            assert read(stream) == upstream.content(bottle.digest)

    def test_a_host_that_wants_a_longer_pause_is_not_waited_for(
        self, upstream: Upstream, bottles: GhcrBottles, clock: ManualClock
    ) -> None:
        upstream.faults.add(Fault("cut", on="signed_get", after=500_000, times=1))
        with bottles.open(a_bottle(upstream)) as stream:
            upstream.faults.add(Fault("429", on="blob", retry_after=30))
            with pytest.raises(UnavailableError, match="429"):
                read(stream)
        assert clock.monotonic() == 0
        assert upstream.requests.count("blob") == 2

    def test_a_registry_that_goes_away_ends_the_stream(self, source: Source) -> None:
        with Upstream(plain_catalog(1, TAGS), sizes=fixed(SIZE)) as upstream:
            upstream.faults.add(Fault("cut", on="signed_get", after=500_000))
            with source(upstream.registry).open(a_bottle(upstream)) as stream:
                assert next(stream.chunks)
                upstream.close()
                with pytest.raises(UnavailableError, match="Connection refused"):
                    read(stream)

    def test_a_registry_that_gives_no_parts_ends_the_stream(
        self, upstream: Upstream, bottles: GhcrBottles
    ) -> None:
        upstream.faults.add(
            Fault("cut", on="signed_get", after=500_000, times=1), Fault("no_range")
        )
        with (
            bottles.open(a_bottle(upstream)) as stream,
            pytest.raises(UnavailableError, match="gives no part"),
        ):
            read(stream)
        assert len(ranges(upstream)) == 2

    def test_a_blob_that_is_gone_meanwhile_is_not_there(
        self, upstream: Upstream, bottles: GhcrBottles
    ) -> None:
        upstream.faults.add(Fault("cut", on="signed_get", after=500_000, times=1))
        with bottles.open(a_bottle(upstream)) as stream:
            upstream.faults.add(Fault("404", on="blob"))
            with pytest.raises(NotFoundError):
                read(stream)

    def test_a_length_that_is_too_long_is_found_out(
        self, upstream: Upstream, bottles: GhcrBottles
    ) -> None:
        upstream.faults.add(Fault("wrong_length", on="signed_get", by=1, times=1))
        with bottles.open(a_bottle(upstream)) as stream:
            assert stream.size == SIZE + 1
            with pytest.raises(MalformedError, match="3,000,001 bytes were promised"):
                read(stream)

    def test_never_gives_more_bytes_than_it_said(
        self, upstream: Upstream, bottles: GhcrBottles
    ) -> None:
        upstream.faults.add(Fault("wrong_length", on="signed_get", by=-7))
        with bottles.open(a_bottle(upstream)) as stream:
            assert stream.size == len(read(stream)) == SIZE - 7

    def test_not_even_when_the_body_has_no_end_of_its_own(self, source: Source) -> None:
        said = (
            b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n"
            b"14\r\n01234567890123456789\r\n0\r\n\r\n"
        )
        with Talker(said) as origin, source(origin).open(make_bottle()) as stream:
            assert stream.size == 10
            assert read(stream) == b"0123456789"

    def test_another_part_than_the_one_asked_for_is_refused(
        self, source: Source
    ) -> None:
        def reply(request: Request) -> Reply:
            if "range" in request.headers:
                return Reply("blob", 206, {"Content-Range": "bytes 0-9/10"}, TEN)
            cut = Reply("blob", 200, {}, TEN)
            fault = Fault("cut", after=5)
            return fault.apply(cut)

        with (
            scripted(reply) as origin,
            source(origin).open(make_bottle()) as stream,
            pytest.raises(MalformedError, match="10 bytes were promised"),
        ):
            read(stream)


class TestBeginningLater:
    def test_only_the_rest_is_asked_for(
        self, upstream: Upstream, bottles: GhcrBottles
    ) -> None:
        bottle = a_bottle(upstream)
        with bottles.open(bottle, 1_000_000) as stream:
            assert read(stream) == upstream.content(bottle.digest)[1_000_000:]
        assert ranges(upstream) == ["bytes=1000000-"]
        assert upstream.requests.counts() == {"blob": 1, "signed_get": 1}

    def test_the_rest_goes_on_where_it_is_cut(
        self, upstream: Upstream, bottles: GhcrBottles
    ) -> None:
        upstream.faults.add(Fault("cut", on="signed_get", after=500_000, times=1))
        bottle = a_bottle(upstream)
        with bottles.open(bottle, 1_000_000) as stream:
            assert read(stream) == upstream.content(bottle.digest)[1_000_000:]
        assert ranges(upstream) == ["bytes=1000000-", "bytes=1500000-"]

    def test_the_rest_of_a_body_that_gets_nowhere_is_given_up(
        self, upstream: Upstream, bottles: GhcrBottles
    ) -> None:
        upstream.faults.add(Fault("cut", on="signed_get", after=0))
        with (
            bottles.open(a_bottle(upstream), 2_000_000) as stream,
            pytest.raises(UnavailableError, match="after 2,000,000 of") as caught,
        ):
            read(stream)
        assert caught.value.attempts == 6

    def test_a_registry_that_gives_no_parts_gives_the_whole_at_once(
        self, upstream: Upstream, bottles: GhcrBottles
    ) -> None:
        upstream.faults.add(Fault("no_range"))
        bottle = a_bottle(upstream)
        with bottles.open(bottle, 1_000_000) as stream:
            assert (stream.start, stream.size) == (0, SIZE)
            assert read(stream) == upstream.content(bottle.digest)
        assert ranges(upstream) == ["bytes=1000000-"]

    def test_a_bottle_without_more_bytes_is_asked_for_anew(
        self, upstream: Upstream, bottles: GhcrBottles
    ) -> None:
        bottle = a_bottle(upstream)
        with bottles.open(bottle, SIZE) as stream:
            assert stream.start == 0
            assert read(stream) == upstream.content(bottle.digest)
        assert ranges(upstream) == [f"bytes={SIZE}-", None]

    @pytest.mark.parametrize(
        "told",
        [
            "bytes 0-9/10",
            "bytes 5-9/*",
            "bytes 5-8/10",
            "bytes 5-9/9",
            "bytes 5-999999999999999/1000000000000000",
            "five to nine",
            "",
        ],
    )
    def test_a_part_that_is_not_plainly_the_rest_is_not_taken(
        self, source: Source, told: str
    ) -> None:
        def reply(request: Request) -> Reply:
            if "range" in request.headers:
                return Reply("blob", 206, {"Content-Range": told}, Text(b"56789"))
            return Reply("blob", 200, {}, TEN)

        with scripted(reply) as origin, source(origin).open(make_bottle(), 5) as stream:
            assert stream.start == 0
            assert read(stream) == TEN.raw

    def test_a_whole_that_comes_unasked_must_tell_its_length_too(
        self, source: Source
    ) -> None:
        with (
            Talker(b"HTTP/1.1 200 OK\r\n\r\nbytes") as origin,
            pytest.raises(MalformedError, match="length"),
            source(origin).open(make_bottle(), 5),
        ):
            pass

    def test_a_registry_that_answers_not_at_all_is_waited_for(
        self, upstream: Upstream, bottles: GhcrBottles
    ) -> None:
        upstream.faults.add(Fault("503", on="blob", times=2))
        bottle = a_bottle(upstream)
        with bottles.open(bottle, SIZE - 1) as stream:
            assert read(stream) == upstream.content(bottle.digest)[-1:]


class TestSizes:
    def test_one_request_gives_all_sizes_of_a_release(
        self, upstream: Upstream, bottles: GhcrBottles
    ) -> None:
        release = offered_bottles(upstream, upstream.formulae[0]["name"])
        assert bottles.sizes(release) == dict.fromkeys(
            (bottle.digest for bottle in release), SIZE
        )
        assert upstream.requests.counts() == {"manifest": 1}

    def test_an_index_without_sizes_leads_to_the_manifests(
        self, source: Source
    ) -> None:
        catalog = plain_catalog(1, TAGS)
        with Upstream(catalog, unsized=[catalog[0]["name"]]) as upstream:
            release = offered_bottles(upstream, catalog[0]["name"])
            sizes = source(upstream.registry).sizes(release)
            assert set(sizes.values()) == {4_096}
            assert len(sizes) == 3
            assert upstream.requests.counts() == {"manifest": 1, "child_manifest": 3}

    @pytest.mark.parametrize(
        "kind", ["404", "html", "malformed_json", "truncated_json"]
    )
    def test_no_good_index_leads_to_the_blobs(
        self, upstream: Upstream, bottles: GhcrBottles, kind: FaultKind
    ) -> None:
        upstream.faults.add(Fault(kind, on="manifest"))
        bottle = a_bottle(upstream)
        assert bottles.sizes([bottle]) == {bottle.digest: SIZE}
        counts = {"manifest": 1, "blob_head": 1, "signed_head": 1}
        assert upstream.requests.counts() == counts

    def test_a_release_that_is_denied_costs_one_request(
        self, upstream: Upstream, bottles: GhcrBottles
    ) -> None:
        upstream.faults.add(Fault("403", on="manifest"))
        assert bottles.sizes([a_bottle(upstream)]) == {}
        assert upstream.requests.counts() == {"manifest": 1}

    @pytest.mark.parametrize("kind", ["404", "html", "malformed_json"])
    def test_no_good_manifest_leads_to_the_blob(
        self, source: Source, kind: FaultKind
    ) -> None:
        catalog = plain_catalog(1, TAGS)
        with Upstream(catalog, unsized=[catalog[0]["name"]]) as upstream:
            upstream.faults.add(Fault(kind, on="child_manifest"))
            bottle = a_bottle(upstream)
            assert source(upstream.registry).sizes([bottle]) == {bottle.digest: 4_096}
            assert upstream.requests.count("blob_head") == 1

    def test_a_storage_that_answers_no_head_leaves_the_size_unknown(
        self, upstream: Upstream, bottles: GhcrBottles
    ) -> None:
        upstream.faults.add(Fault("404", on="manifest"), Fault("403", on="signed_head"))
        assert bottles.sizes([a_bottle(upstream)]) == {}

    def test_a_registry_out_of_reach_costs_one_short_attempt(
        self, source: Source, clock: ManualClock
    ) -> None:
        with Upstream(plain_catalog(1, TAGS)) as upstream:
            bottle = a_bottle(upstream)
        with pytest.raises(UnavailableError, match="Connection refused") as caught:
            source(upstream.registry).sizes([bottle])
        assert caught.value.attempts == 1
        assert clock.monotonic() == 0

    def test_one_that_went_away_is_asked_again(
        self, source: Source, clock: ManualClock
    ) -> None:
        with Upstream(plain_catalog(1, TAGS)) as upstream:
            bottles = source(upstream.registry)
            bottle = a_bottle(upstream)
            assert bottles.sizes([bottle])
        with pytest.raises(UnavailableError) as caught:
            bottles.sizes([bottle])
        assert caught.value.attempts == 3
        assert clock.monotonic() > 0

    def test_one_that_is_busy_is_not_out_of_reach(
        self, upstream: Upstream, bottles: GhcrBottles
    ) -> None:
        upstream.faults.add(Fault("503", on="manifest", times=2))
        bottle = a_bottle(upstream)
        assert bottles.sizes([bottle]) == {bottle.digest: SIZE}

    def test_one_that_stays_busy_is_told_after_all_attempts(
        self, upstream: Upstream, bottles: GhcrBottles
    ) -> None:
        upstream.faults.add(Fault("503", on="manifest"))
        with pytest.raises(UnavailableError, match="503") as caught:
            bottles.sizes([a_bottle(upstream)])
        assert caught.value.attempts == 3

    def test_an_absurd_size_in_an_index_is_asked_for_elsewhere(
        self, source: Source
    ) -> None:
        bottle = make_bottle()
        annotations = {
            "sh.brew.bottle.digest": bottle.digest,
            "sh.brew.bottle.size": "-1",
        }
        child = {"digest": f"sha256:{'0' * 64}", "annotations": annotations}

        def reply(request: Request) -> Reply:
            if request.path.endswith(bottle.tagref):
                body = json.dumps({"manifests": [child]}).encode()
                return Reply("manifest", 200, {}, Text(body))
            if "manifests" in request.path:
                return Reply("child_manifest", 404)
            return Reply("blob_head", 200, {}, TEN)

        with scripted(reply) as origin:
            assert source(origin).sizes([bottle]) == {bottle.digest: 10}
