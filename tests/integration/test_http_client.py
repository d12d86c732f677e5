from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from adapters.homebrew.http import HttpClient, Patience
from adapters.memory.clock import ManualClock
from adapters.memory.metrics import MemoryMetrics
from adapters.retry import ONCE, Backoff
from ports.errors import (
    MalformedError,
    NotFoundError,
    PortError,
    RefusedError,
    UnavailableError,
)
from tests.standin.catalog import plain_catalog
from tests.standin.faults import Fault
from tests.standin.listener import Listener
from tests.standin.server import Upstream
from tests.standin.wire import Reply, Request, Text
from tests.support.certificates import write_loopback_certificate
from tests.support.nobody import nobody_listens
from tests.support.offers import offered_bottles

TOKEN = "Bearer QQ=="
WHAT = "jq from the registry"


@pytest.fixture(scope="module")
def running() -> Iterator[Upstream]:
    with Upstream(plain_catalog(2, ["arm64_sonoma"])) as upstream:
        yield upstream


@pytest.fixture
def upstream(running: Upstream) -> Upstream:
    running.faults.clear()
    running.reset_requests()
    return running


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def http(clock: ManualClock, metrics: MemoryMetrics) -> Iterator[HttpClient]:
    with closing(make_client(clock, metrics=metrics)) as client:
        yield client


@pytest.fixture
def metrics() -> MemoryMetrics:
    return MemoryMetrics()


def make_client(
    clock: ManualClock,
    patience: Patience | None = None,
    metrics: MemoryMetrics | None = None,
) -> HttpClient:
    return HttpClient(
        clock,
        lambda: 0.0,
        pool_size=8,
        user_agent="bottles-tests/1",
        metrics=metrics or MemoryMetrics(),
        patience=patience,
    )


@contextmanager
def scripted(answer: Callable[[Request], Reply]) -> Iterator[str]:
    """Serve what the stand-in would never say, and yield where."""
    with closing(Listener(answer)) as listener:
        yield listener.origin


def catalog_url(upstream: Upstream) -> str:
    return f"{upstream.api_domain}/formula.json"


def blob_url(upstream: Upstream) -> str:
    name = upstream.formulae[0]["name"]
    (bottle,) = offered_bottles(upstream, name)
    image = f"{upstream.registry}/v2/homebrew/core/{bottle.image}"
    return f"{image}/blobs/sha256:{bottle.digest}"


@pytest.fixture
def unused_origin() -> Iterator[str]:
    with nobody_listens() as port:
        yield f"http://127.0.0.1:{port}"


def told(error: BaseException) -> str:
    """Return all that a log would show of an error."""
    return "".join(traceback.format_exception(error))


def test_reads_a_whole_document_decompressed(
    upstream: Upstream, http: HttpClient
) -> None:
    answer = http.get(catalog_url(upstream), what=WHAT)
    assert answer.status == 200
    assert answer.body.startswith(b'[{"name":')
    assert answer.headers["content-encoding"] == "gzip"
    assert int(answer.headers["Content-Length"]) < len(answer.body)
    (request,) = upstream.requests.recorded()
    assert request.headers["user-agent"] == "bottles-tests/1"


def test_gives_a_status_that_the_caller_accepts(
    upstream: Upstream, http: HttpClient
) -> None:
    etag = http.get(catalog_url(upstream), what=WHAT).headers["ETag"]
    answer = http.get(
        catalog_url(upstream),
        {"If-None-Match": etag},
        what=WHAT,
        accept_status=(200, 304),
    )
    assert (answer.status, answer.body) == (304, b"")


def test_refuses_a_status_that_nobody_asked_for(
    upstream: Upstream, http: HttpClient
) -> None:
    etag = http.get(catalog_url(upstream), what=WHAT).headers["ETag"]
    with pytest.raises(RefusedError, match="304 Not Modified"):
        http.get(catalog_url(upstream), {"If-None-Match": etag}, what=WHAT)


def test_says_what_is_not_there(upstream: Upstream, http: HttpClient) -> None:
    with pytest.raises(NotFoundError, match=f"{WHAT}: 127.0.0.1 answers 404 Not Found"):
        http.get(f"{upstream.api_domain}/cask.json", what=WHAT)
    assert upstream.requests.count() == 1


@pytest.mark.parametrize("kind", ["401", "403"])
def test_does_not_insist_when_refused(
    upstream: Upstream, http: HttpClient, kind: str
) -> None:
    upstream.faults.add(Fault(kind))  # type: ignore[arg-type]
    with pytest.raises(RefusedError, match=kind):
        http.get(catalog_url(upstream), what=WHAT)
    assert upstream.requests.count() == 1


@pytest.mark.parametrize("kind", ["429", "500", "503", "cut"])
def test_tries_again_when_there_is_no_good_answer(
    upstream: Upstream, http: HttpClient, kind: str
) -> None:
    upstream.faults.add(Fault(kind, times=3, after=100))  # type: ignore[arg-type]
    assert http.get(catalog_url(upstream), what=WHAT).status == 200
    assert http.requests == upstream.requests.count() == 4


def test_gives_up_in_the_end_and_tells_the_attempts(
    upstream: Upstream, http: HttpClient
) -> None:
    upstream.faults.add(Fault("500"))
    with pytest.raises(UnavailableError, match=r"500.*tried 5 times") as caught:
        http.get(catalog_url(upstream), what=WHAT)
    assert caught.value.attempts == http.requests == 5


def test_a_document_that_is_cut_each_time_is_no_document(
    upstream: Upstream, http: HttpClient
) -> None:
    upstream.faults.add(Fault("cut", after=100))
    with pytest.raises(UnavailableError, match=r"connection to 127\.0\.0\.1 failed"):
        http.get(catalog_url(upstream), what=WHAT)


def test_a_document_that_stalls_is_no_answer(upstream: Upstream) -> None:
    upstream.faults.add(Fault("stall", after=100))
    patience = Patience(backoff=ONCE, silence=0.1)
    with (
        closing(make_client(ManualClock(), patience)) as http,
        pytest.raises(UnavailableError, match="does not answer"),
    ):
        http.get(catalog_url(upstream), what=WHAT)


def test_refuses_a_document_that_is_too_large(
    upstream: Upstream, http: HttpClient
) -> None:
    with pytest.raises(MalformedError, match="more than 1,000 bytes"):
        http.get(catalog_url(upstream), what=WHAT, at_most=1_000)


def test_what_cannot_be_decompressed_is_malformed(http: HttpClient) -> None:
    def answer(_request: Request) -> Reply:
        return Reply("odd", 200, {"Content-Encoding": "gzip"}, Text(b"not gzip"))

    with scripted(answer) as origin, pytest.raises(MalformedError, match="decompress"):
        http.get(origin, what=WHAT)


@pytest.mark.parametrize("place", ["header", "body"])
def test_waits_as_long_as_it_is_told(
    upstream: Upstream, http: HttpClient, clock: ManualClock, place: str
) -> None:
    upstream.faults.add(
        Fault(
            "429",
            times=1,
            retry_after=15.3,
            retry_after_in=place,  # type: ignore[arg-type]
        )
    )
    http.get(catalog_url(upstream), what=WHAT)
    assert clock.monotonic() == 15.3


def test_one_thread_that_is_told_to_slow_down_slows_them_all(
    upstream: Upstream, http: HttpClient, clock: ManualClock
) -> None:
    once = Patience(backoff=ONCE)
    upstream.faults.add(Fault("429", times=1, retry_after=30))
    with pytest.raises(UnavailableError) as caught:
        http.get(catalog_url(upstream), what=WHAT, patience=once)
    assert caught.value.retry_after == 30
    assert clock.monotonic() == 0

    def read_at(_: int) -> float:
        http.get(catalog_url(upstream), what=WHAT, patience=once)
        return clock.monotonic()

    with ThreadPoolExecutor(8) as threads:
        assert min(threads.map(read_at, range(8))) >= 30


def test_does_not_wait_for_a_host_longer_than_its_patience(
    upstream: Upstream, http: HttpClient, clock: ManualClock
) -> None:
    upstream.faults.add(Fault("503", times=1, retry_after=30))
    with pytest.raises(UnavailableError):
        http.get(catalog_url(upstream), what=WHAT, patience=Patience(ONCE))
    with pytest.raises(UnavailableError, match=r"left alone for 30\.0 s"):
        http.get(catalog_url(upstream), what=WHAT, patience=Patience(ONCE, pause=10))
    assert clock.monotonic() == 0
    assert http.requests == 1


def test_a_forbidden_with_a_time_to_wait_is_a_limit(
    http: HttpClient, clock: ManualClock
) -> None:
    replies = iter([Reply("limit", 403, {"Retry-After": "40"}), Reply("good", 200)])
    with scripted(lambda _request: next(replies)) as origin:
        with pytest.raises(UnavailableError, match="403"):
            http.get(origin, what=WHAT, patience=Patience(ONCE))
        assert http.get(origin, what=WHAT).status == 200
    assert clock.monotonic() == 40


def test_every_answer_that_asks_to_slow_down_is_counted(
    upstream: Upstream, http: HttpClient, metrics: MemoryMetrics
) -> None:
    upstream.faults.add(Fault("429", times=2, retry_after=1))
    http.get(catalog_url(upstream), what=WHAT)
    assert metrics.added == [("UpstreamThrottles", 1, None)] * 2

    upstream.faults.add(Fault("500", times=1))
    http.get(catalog_url(upstream), what=WHAT)
    assert len(metrics.added) == 2


def test_a_host_that_answers_again_is_not_held_to_its_past(
    upstream: Upstream, http: HttpClient, clock: ManualClock
) -> None:
    waits = []
    for _ in range(3):
        begun = clock.monotonic()
        upstream.faults.add(Fault("429", times=1))
        http.get(catalog_url(upstream), what=WHAT)
        waits.append(clock.monotonic() - begun)
    assert waits == [1.0, 1.0, 1.0]


def test_nobody_there_is_told_at_once_and_how_often_it_was_tried(
    http: HttpClient, unused_origin: str
) -> None:
    with pytest.raises(UnavailableError, match=r"Connection refused.*5 times"):
        http.get(f"{unused_origin}/x?sig=secret", what=WHAT)


def test_asks_nothing_over_plain_http(http: HttpClient) -> None:
    with pytest.raises(RefusedError, match=r"http://ghcr\.io is not encrypted"):
        http.get("http://ghcr.io/v2/", {"Authorization": TOKEN}, what=WHAT)
    assert http.requests == 0


def test_follows_a_redirect_and_leaves_the_token_behind(
    upstream: Upstream, http: HttpClient
) -> None:
    with closing(
        http.open(blob_url(upstream), {"authorization": TOKEN}, what=WHAT)
    ) as body:
        assert len(body.read(100_000)) == int(body.headers["Content-Length"])
    first, second = upstream.requests.recorded()
    assert (first.kind, second.kind) == ("blob", "signed_get")
    assert first.headers["authorization"] == TOKEN
    assert "authorization" not in second.headers
    assert second.headers["accept-encoding"] == "identity"


def test_the_token_goes_along_on_one_host(http: HttpClient) -> None:
    def answer(request: Request) -> Reply:
        token = request.headers["authorization"]
        if request.path == "/there":
            return Reply("there", 200, {}, Text(token.encode()))
        return Reply("here", 302, {"Location": "there"})

    with scripted(answer) as origin:
        answer_there = http.get(f"{origin}/here", {"Authorization": TOKEN}, what=WHAT)
    assert answer_there.body == TOKEN.encode()


def test_the_token_does_not_come_back_with_a_second_redirect(http: HttpClient) -> None:
    tokens = []

    def home(request: Request) -> Reply:
        tokens.append(request.headers.get("authorization"))
        if request.path == "/home":
            return Reply("home", 200)
        return Reply("out", 307, {"Location": abroad})

    with scripted(home) as origin:
        back = Reply("back", 307, {"Location": f"{origin}/home"})
        with scripted(lambda _request: back) as abroad:
            http.get(f"{origin}/out", {"Authorization": TOKEN}, what=WHAT)
    assert tokens == [TOKEN, None]


def test_refuses_a_redirect_to_plain_http(upstream: Upstream, http: HttpClient) -> None:
    upstream.faults.add(Fault("foreign_redirect"))
    with pytest.raises(RefusedError, match=r"http://192\.0\.2\.1 is not encrypted"):
        http.open(blob_url(upstream), {"Authorization": TOKEN}, what=WHAT)
    assert http.requests == 1


def test_does_not_follow_redirects_for_ever(http: HttpClient) -> None:
    with (
        scripted(lambda _request: Reply("loop", 302, {"Location": "/"})) as origin,
        pytest.raises(RefusedError, match="more than 5 redirects"),
    ):
        http.get(origin, what=WHAT)
    assert http.requests == 6


@pytest.mark.parametrize(
    "location",
    [
        *("", "//", "https://[", "https://%", "http:///x"),
        *("https://a..b/x", f"https://{'a' * 64}.example/x"),
    ],
)
@pytest.mark.parametrize("ask", [HttpClient.get, HttpClient.open])
def test_a_redirect_to_nowhere_is_an_error_like_others(
    http: HttpClient, ask: Callable[..., object], location: str
) -> None:
    with (
        scripted(lambda _request: Reply("odd", 302, {"Location": location})) as origin,
        pytest.raises(PortError, match=WHAT),
    ):
        ask(http, origin, what=WHAT)


def test_an_expired_address_is_asked_for_anew(
    upstream: Upstream, http: HttpClient
) -> None:
    upstream.faults.add(Fault("expired_redirect", times=2))
    http.open(blob_url(upstream), {"Authorization": TOKEN}, what=WHAT).close()
    counts = upstream.requests.counts()
    assert (counts["blob"], counts["signed_get"]) == (3, 3)


def test_an_address_that_never_works_is_told_without_its_signature(
    upstream: Upstream, http: HttpClient, caplog: pytest.LogCaptureFixture
) -> None:
    upstream.faults.add(Fault("expired_redirect"))
    with (
        caplog.at_level(logging.DEBUG),
        pytest.raises(UnavailableError, match=r"403.*address.*5 times") as caught,
    ):
        http.open(blob_url(upstream), {"Authorization": TOKEN}, what=WHAT)
    (request, *_) = upstream.requests.recorded("signed_get")
    assert "sig=" in request.target
    assert "sig=" not in told(caught.value) + caplog.text


def test_a_signature_is_not_told_when_the_connection_fails(
    http: HttpClient, unused_origin: str
) -> None:
    location = f"{unused_origin}/blobs/0a?sig=secret"
    signed = Reply("signed", 307, {"Location": location})
    with (
        scripted(lambda _request: signed) as origin,
        pytest.raises(UnavailableError) as caught,
    ):
        http.get(origin, what=WHAT)
    assert "secret" not in told(caught.value)


def test_a_signature_is_not_told_when_the_address_cannot_be_asked(
    http: HttpClient,
) -> None:
    location = "https://*.storage.test/0a?sig=secret"
    signed = Reply("signed", 307, {"Location": location})
    with (
        scripted(lambda _request: signed) as origin,
        pytest.raises(MalformedError, match="cannot be asked") as caught,
    ):
        http.get(origin, what=WHAT)
    assert "secret" not in told(caught.value)


def test_brings_no_cookies_and_no_password_of_netrc(
    http: HttpClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n", encoding="ascii")
    monkeypatch.setenv("NETRC", str(netrc))
    headers = []

    def answer(request: Request) -> Reply:
        headers.append(request.headers)
        if request.path == "/":
            return Reply("out", 302, {"Set-Cookie": "a=b; Path=/", "Location": "/in"})
        return Reply("in", 200, {"Set-Cookie": "c=d; Path=/"})

    with scripted(answer) as origin:
        http.get(origin, what=WHAT)
        http.get(origin, what=WHAT)
    assert len(headers) == 4
    assert not any({"cookie", "authorization"} & set(seen) for seen in headers)


def test_nothing_for_this_machine_goes_through_a_proxy(
    upstream: Upstream,
    http: HttpClient,
    unused_origin: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTP_PROXY", unused_origin)
    assert http.get(catalog_url(upstream), what=WHAT).status == 200


def test_everything_else_goes_through_the_proxy_of_the_environment(
    http: HttpClient, unused_origin: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", unused_origin)
    with pytest.raises(UnavailableError, match=r"proxy on the way to ghcr\.test"):
        http.get("https://ghcr.test/v2/", what=WHAT)


@pytest.mark.parametrize("proxy", ["http://", "http://[", "socks5://127.0.0.1:1"])
def test_a_proxy_that_cannot_be_used_is_named(
    http: HttpClient, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    with pytest.raises(UnavailableError, match=r"proxy on the way to ghcr\.test"):
        http.get("https://ghcr.test/v2/", what=WHAT)


def test_a_bundle_of_certificates_that_is_not_there_is_named(
    http: HttpClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "missing.pem"))
    with pytest.raises(UnavailableError, match=r"missing\.pem.*is not there"):
        http.get("https://127.0.0.1:1/v2/", what=WHAT)


def test_trusts_the_certificates_of_the_environment_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = write_loopback_certificate(tmp_path)
    tls = (str(made.certificate), str(made.private_key))
    with Upstream(plain_catalog(1, ["all"]), tls=tls) as upstream:
        with (
            closing(make_client(ManualClock())) as http,
            pytest.raises(UnavailableError, match=r"not trusted.*REQUESTS_CA_BUNDLE"),
        ):
            http.get(catalog_url(upstream), what=WHAT)
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(made.authority))
        with closing(make_client(ManualClock())) as http:
            assert http.get(catalog_url(upstream), what=WHAT).status == 200


def test_counts_the_requests_of_all_threads(
    upstream: Upstream, http: HttpClient
) -> None:
    def read(_: int) -> None:
        http.get(catalog_url(upstream), what=WHAT)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(read, range(64)))
    assert http.requests == upstream.requests.count() == 64


def test_a_head_follows_redirects_too(upstream: Upstream, http: HttpClient) -> None:
    answer = http.head(blob_url(upstream), {"Authorization": TOKEN}, what=WHAT)
    assert answer.headers["Content-Length"] == "4096"
    assert upstream.requests.counts() == {"blob_head": 1, "signed_head": 1}


def test_the_attempts_are_those_that_were_allowed(upstream: Upstream) -> None:
    upstream.faults.add(Fault("500"))
    patience = Patience(Backoff(attempts=2))
    with (
        closing(make_client(ManualClock(), patience)) as http,
        pytest.raises(UnavailableError) as caught,
    ):
        http.get(catalog_url(upstream), what=WHAT)
    assert caught.value.attempts == 2
