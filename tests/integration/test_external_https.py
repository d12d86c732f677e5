"""External hash files over HTTPS, from servers that mean well and others."""

from __future__ import annotations

import gzip
import json
import os
import socket
import ssl
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import date
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from threading import Event, Thread

import pytest

from adapters.external.addresses import Guard, objection
from adapters.external.https import HttpsHashFile, Limits
from adapters.memory.clock import ManualClock
from adapters.retry import ONCE, Backoff
from domain.bottle import Digest
from domain.config import ExternalUrl
from domain.records import Elsewhere
from ports.errors import (
    MalformedError,
    NotFoundError,
    PortError,
    RefusedError,
    UnavailableError,
)
from tests.standin.listener import Listener
from tests.standin.wire import Delivery, Reply, Request, Text
from tests.support.certificates import (
    LoopbackCertificate,
    write_loopback_certificate,
)
from tests.support.nobody import nobody_listens

PUBLIC = "hashes.example"
SECRET = "X-Amz-Signature=5ec4e7"
DIGEST = "ab" * 32
BODY = json.dumps(
    {
        "last_updated": "2025-07-21T03:00:00Z",
        "bottles": {
            "curl-8.0.0-arm64_sonoma": {
                "download_date": "2025-07-21",
                "file_size": 1_048_576,
                "sha256": DIGEST,
            }
        },
    }
).encode()
ENTRIES = {
    "curl-8.0.0-arm64_sonoma": Elsewhere(Digest(DIGEST), 1_048_576, date(2025, 7, 21))
}


def on_loopback(host: str, _port: int) -> tuple[str, ...]:
    """Resolve every name but one, that of a machine inside, to this machine."""
    if host.replace(".", "").isdigit():
        return (host,)
    return ("10.0.0.7",) if host == "inside.example" else ("127.0.0.1",)


def as_if_public(address: IPv4Address | IPv6Address) -> str | None:
    """Object to what is objected to, but for the address the servers listen on."""
    return None if str(address) == "127.0.0.1" else objection(address)


GUARD = Guard(on_loopback, as_if_public)


class Server:
    """An HTTPS server with a certificate for localhost and ``hashes.example``.

    Attributes:
        requests: What was asked, in order.
        names: The names that clients asked a certificate for.
        tls: What it shows to its clients.
    """

    def __init__(self, certificate: LoopbackCertificate, more: ExitStack) -> None:
        self.requests: list[Request] = []
        self.names: list[str | None] = []
        self._more = more
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(certificate.certificate, certificate.private_key)
        self.tls.sni_callback = lambda _socket, name, _context: self.names.append(name)

    def serve(self, answer: Callable[[Request], Reply]) -> str:
        """Answer requests, and return the port."""

        def noted(request: Request) -> Reply:
            self.requests.append(request)
            return answer(request)

        listener = self._more.enter_context(closing(Listener(noted, tls=self.tls)))
        return listener.origin.rpartition(":")[2]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> LoopbackCertificate:
    folder = tmp_path_factory.mktemp("tls")
    return write_loopback_certificate(folder, ("localhost", PUBLIC))


@pytest.fixture
def server(
    certificate: LoopbackCertificate, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Server]:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate.authority))
    with ExitStack() as more:
        yield Server(certificate, more)


def external(
    url: str,
    *,
    guard: Guard = GUARD,
    clock: ManualClock | None = None,
    backoff: Backoff = ONCE,
    total: float = 30.0,
    silence: float = 20.0,
    at_most: int = 10**6,
) -> HttpsHashFile:
    return HttpsHashFile(
        ExternalUrl(url),
        clock or ManualClock(),
        lambda: 0.0,
        user_agent="bottles-tests/1",
        limits=Limits(backoff=backoff, silence=silence, total=total, at_most=at_most),
        guard=guard,
    )


def told(error: BaseException) -> str:
    """Return all that a log would show of an error, its causes included."""
    return "".join(traceback.format_exception(error))


def ok(body: bytes = BODY, **headers: str) -> Reply:
    return Reply("file", 200, headers, Text(body))


def redirect(location: str) -> Reply:
    return Reply("redirect", 302, {"Location": location})


def test_reads_a_file_from_the_address_that_was_looked_at(server: Server) -> None:
    port = server.serve(lambda _: ok(ETag='"one"'))

    found = external(f"https://{PUBLIC}:{port}/hashes.json?a=b").fetch()

    assert found is not None
    assert (found.entries, found.etag) == (ENTRIES, '"one"')
    (request,) = server.requests
    assert request.target == "/hashes.json?a=b"
    assert request.headers["host"] == f"{PUBLIC}:{port}"
    assert request.headers["user-agent"] == "bottles-tests/1"
    # No resolver of this machine knows that name: the address was that of the guard.
    assert server.names == [PUBLIC]


def test_a_name_is_looked_up_once_for_each_request(server: Server) -> None:
    asked: list[str] = []

    def changing(host: str, _port: int) -> tuple[str, ...]:
        asked.append(host)
        return ("127.0.0.1",) if len(asked) == 1 else ("10.0.0.7",)

    port = server.serve(lambda _: ok())

    file = external(f"https://{PUBLIC}:{port}/", guard=Guard(changing, as_if_public))

    assert file.fetch() is not None
    assert asked == [PUBLIC]
    with pytest.raises(RefusedError, match=r"10\.0\.0\.7 \(private\)"):
        file.fetch()
    assert len(server.requests) == 1


def test_what_is_not_of_the_internet_is_not_connected_to(server: Server) -> None:
    port = server.serve(lambda _: ok())

    with pytest.raises(RefusedError, match="on the internet only"):
        external(f"https://{PUBLIC}:{port}/", guard=Guard(on_loopback)).fetch()

    assert not server.names


def test_this_machine_is_asked_when_it_is_named(server: Server) -> None:
    port = server.serve(lambda _: ok())

    for host in ("localhost", "127.0.0.1"):
        found = external(f"https://{host}:{port}/", guard=Guard()).fetch()
        assert found is not None
        assert found.entries == ENTRIES


def test_this_machine_is_asked_without_tls_when_it_is_named_so() -> None:
    with closing(Listener(lambda _: ok())) as listener:
        found = external(f"{listener.origin}/", guard=Guard()).fetch()

    assert found is not None
    assert found.entries == ENTRIES


def test_a_second_address_is_tried_when_the_first_does_not_answer(
    server: Server,
) -> None:
    def two(_host: str, _port: int) -> tuple[str, ...]:
        # Nobody listens on the first one.
        return ("::1", "127.0.0.1")

    port = server.serve(lambda _: ok())
    guard = Guard(two, lambda _: None)

    assert external(f"https://{PUBLIC}:{port}/", guard=guard).fetch() is not None


def test_says_none_when_it_is_still_what_it_was(server: Server) -> None:
    def answer(request: Request) -> Reply:
        if request.headers.get("if-none-match") == '"one"':
            return Reply("unchanged", 304)
        return ok(ETag='"one"')

    file = external(f"https://{PUBLIC}:{server.serve(answer)}/")

    assert file.fetch('"one"') is None
    assert file.fetch('"two"') is not None


def test_nothing_has_changed_is_no_answer_to_who_asks_first(server: Server) -> None:
    port = server.serve(lambda _: Reply("unchanged", 304))

    with pytest.raises(RefusedError, match="304 Not Modified"):
        external(f"https://{PUBLIC}:{port}/").fetch()


@pytest.mark.parametrize("etag", ["", "one", '"on\xe9"', f'"{"a" * 600}"'])
def test_an_etag_that_could_not_be_sent_back_is_none(server: Server, etag: str) -> None:
    port = server.serve(lambda _: ok(ETag=etag))

    found = external(f"https://{PUBLIC}:{port}/").fetch()

    assert found is not None
    assert found.etag is None


@pytest.mark.parametrize("headers", [{}, {"Content-Encoding": "gzip"}])
def test_reads_what_is_compressed_on_its_way_or_before(
    server: Server, headers: dict[str, str]
) -> None:
    port = server.serve(lambda _: ok(gzip.compress(BODY), **headers))

    found = external(f"https://{PUBLIC}:{port}/").fetch()

    assert found is not None
    assert found.entries == ENTRIES


def test_follows_redirects_and_looks_at_each(server: Server) -> None:
    def answer(request: Request) -> Reply:
        steps = int(request.path.removeprefix("/"))
        return redirect(f"/{steps - 1}") if steps else ok()

    port = server.serve(answer)

    assert external(f"https://{PUBLIC}:{port}/5").fetch() is not None
    with pytest.raises(RefusedError, match="more than 5 redirects"):
        external(f"https://{PUBLIC}:{port}/6").fetch()


@pytest.mark.parametrize(
    ("location", "kind"),
    [
        ("https://10.0.0.7/", RefusedError),
        ("https://inside.example/", RefusedError),
        (f"https://169.254.169.254/latest/meta-data/?{SECRET}", RefusedError),
        (f"https://localhost/?{SECRET}", RefusedError),
        ("http://hashes.example/", RefusedError),
        ("", MalformedError),
        (f"https://[::1/?{SECRET}", MalformedError),
    ],
)
def test_follows_no_redirect_into_a_network_or_out_of_tls(
    server: Server, location: str, kind: type[PortError]
) -> None:
    port = server.serve(lambda _: redirect(location))

    with pytest.raises(PortError) as caught:
        external(f"https://{PUBLIC}:{port}/?{SECRET}").fetch()

    assert caught.type is kind
    assert SECRET not in told(caught.value)
    assert len(server.requests) == 1


def test_refuses_the_certificate_of_another_name(server: Server) -> None:
    port = server.serve(lambda _: ok())

    with pytest.raises(RefusedError, match=r"certificate of other\.example is not"):
        external(f"https://other.example:{port}/").fetch()

    assert not server.requests


def test_refuses_a_certificate_that_nobody_vouches_for(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = server.serve(lambda _: ok())
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")

    with pytest.raises(RefusedError, match=r"not trusted.*REQUESTS_CA_BUNDLE"):
        external(f"https://{PUBLIC}:{port}/").fetch()

    assert not server.requests


def test_names_a_bundle_of_certificates_that_is_not_there(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = server.serve(lambda _: ok())
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", os.devnull + "/missing.pem")

    with pytest.raises(RefusedError, match=r"missing\.pem, which REQUESTS_CA_BUNDLE"):
        external(f"https://{PUBLIC}:{port}/").fetch()


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (404, NotFoundError),
        (410, NotFoundError),
        (401, RefusedError),
        (403, RefusedError),
        (400, RefusedError),
        (206, RefusedError),
        (408, UnavailableError),
        (429, UnavailableError),
        (500, UnavailableError),
        (503, UnavailableError),
    ],
)
def test_tells_what_a_status_means(
    server: Server, status: int, kind: type[PortError]
) -> None:
    port = server.serve(lambda _: Reply("no", status))

    with pytest.raises(PortError, match=f"answers {status}") as caught:
        external(f"https://{PUBLIC}:{port}/hashes.json?{SECRET}").fetch()

    assert caught.type is kind
    assert SECRET not in told(caught.value)
    assert caught.value.what == f"https://{PUBLIC}:{port}/hashes.json"


def test_asks_again_when_there_is_no_good_answer(server: Server) -> None:
    answers = [Reply("no", 503, {"Retry-After": "7"}), Reply("no", 500), ok()]
    port = server.serve(lambda _: answers.pop(0))
    clock = ManualClock()

    file = external(f"https://{PUBLIC}:{port}/", clock=clock, backoff=Backoff(3))

    assert file.fetch() is not None
    assert clock.monotonic() == 7


def test_does_not_wait_longer_than_there_is_time(server: Server) -> None:
    port = server.serve(lambda _: Reply("no", 503, {"Retry-After": "3600"}))
    clock = ManualClock()

    with pytest.raises(UnavailableError, match="in 3600 s at best"):
        external(f"https://{PUBLIC}:{port}/", clock=clock, backoff=Backoff(3)).fetch()

    assert clock.monotonic() == 0
    assert len(server.requests) == 1


def test_does_not_ask_again_when_the_time_is_over(server: Server) -> None:
    port = server.serve(lambda _: Reply("no", 503, {"Retry-After": "20"}))

    with pytest.raises(UnavailableError, match="did not come within 30 s"):
        external(f"https://{PUBLIC}:{port}/", backoff=Backoff(5)).fetch()

    assert len(server.requests) == 2


def test_what_is_too_large_is_not_read_to_its_end(server: Server) -> None:
    port = server.serve(lambda _: ok(b" " * 9_000_000))

    with pytest.raises(MalformedError, match="more than 1,000,000 bytes"):
        external(f"https://{PUBLIC}:{port}/").fetch()


def test_a_body_that_stops_is_not_waited_for(server: Server) -> None:
    halting = Delivery(stall_after=10, stall=60)
    port = server.serve(lambda _: Reply("file", 200, {}, Text(BODY), delivery=halting))

    with pytest.raises(UnavailableError, match="does not answer"):
        external(f"https://{PUBLIC}:{port}/", silence=0.2).fetch()


def test_a_body_that_is_cut_is_no_file(server: Server) -> None:
    cut = Delivery(cut_after=10)
    port = server.serve(lambda _: Reply("file", 200, {}, Text(BODY), delivery=cut))

    with pytest.raises(UnavailableError, match=r"connection to hashes\.example failed"):
        external(f"https://{PUBLIC}:{port}/").fetch()


@pytest.mark.parametrize(
    ("start", "drop"),
    [
        (b"HTTP/1.1 200 OK\r\n", b"X-More: and more\r\n"),
        (b"HTTP/1.1 200 OK\r\nX-Long: ", b"a"),
        (b"HTTP/1.1 200 OK\r\n\r\n", b" "),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"0"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    ],
    ids=["headers", "one header", "endless body", "size of a chunk", "chunks"],
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_whatever_never_ends_is_broken_off(
    server: Server, scheme: str, start: bytes, drop: bytes
) -> None:
    broken_off, stop = Event(), Event()

    def drip(listening: socket.socket) -> None:
        connection, _ = listening.accept()
        try:
            if scheme == "https":
                connection = server.tls.wrap_socket(connection, server_side=True)
            connection.recv(65_536)
            connection.sendall(start)
            # Not for ever: a client that does not break off shall fail, and not hang.
            for _ in range(100):
                connection.sendall(drop)
                stop.wait(0.05)
        except OSError:
            broken_off.set()
        finally:
            connection.close()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = Thread(target=drip, args=(listening,))
        thread.start()
        url = f"{scheme}://127.0.0.1:{listening.getsockname()[1]}/"
        try:
            with pytest.raises(UnavailableError, match=r"not come within 0\.4 s"):
                external(url, guard=Guard(), total=0.4).fetch()
        finally:
            # Now the rest comes at once, and so does a client, if none has come.
            stop.set()
            socket.create_connection(listening.getsockname()).close()
            thread.join()
    assert broken_off.is_set()


def test_a_proxy_is_refused_for_it_cannot_be_held_to_an_address(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = server.serve(lambda _: ok())
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")

    with pytest.raises(RefusedError, match="NO_PROXY"):
        external(f"https://{PUBLIC}:{port}/").fetch()

    assert external(f"https://localhost:{port}/", guard=Guard()).fetch() is not None
    monkeypatch.setenv("NO_PROXY", PUBLIC)
    assert external(f"https://{PUBLIC}:{port}/").fetch() is not None


def test_brings_no_password_of_netrc_and_no_cookies(
    server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine {PUBLIC} login me password hunter2\n")
    monkeypatch.setenv("NETRC", str(netrc))

    def answer(request: Request) -> Reply:
        if request.path == "/":
            return Reply("redirect", 302, {"Location": "/b", "Set-Cookie": "a=b"})
        return ok()

    port = server.serve(answer)

    assert external(f"https://{PUBLIC}:{port}/").fetch() is not None
    for request in server.requests:
        assert not {"authorization", "cookie"} & set(request.headers)


def test_a_signature_is_not_told_when_the_connection_fails() -> None:
    with (
        nobody_listens() as port,
        pytest.raises(UnavailableError, match="connection to") as caught,
    ):
        external(f"https://{PUBLIC}:{port}/a?{SECRET}").fetch()

    assert SECRET not in told(caught.value)


def test_an_etag_that_cannot_be_sent_is_an_error_like_others(server: Server) -> None:
    port = server.serve(lambda _: ok())

    with pytest.raises(PortError):
        external(f"https://{PUBLIC}:{port}/").fetch("one\r\ntwo")


def test_is_called_by_its_url_without_the_query() -> None:
    file = external(f"https://hashes.example/a.json?{SECRET}")

    assert file.source == "https://hashes.example/a.json"
