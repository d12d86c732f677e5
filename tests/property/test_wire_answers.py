"""Answers come over a kept connection as the standard library would read them."""

from __future__ import annotations

import socket
import ssl
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from io import BytesIO
from threading import Thread
from typing import Final, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.wire.channel import TlsChannel
from adapters.wire.connections import Connection
from tests.support.certificates import write_loopback_certificate

_BODIES: Final = st.binary(max_size=3000)
_SIZES: Final = st.lists(st.integers(min_value=1, max_value=2000), max_size=6)
_FIELDS: Final = st.lists(
    st.tuples(
        st.sampled_from(["ETag", "etag", "X-One", "Date", "Server"]),
        st.sampled_from(["a", '"b c"', "", "  spaced\t", "a:b, c"]),
    ),
    max_size=5,
)
_OK: Final = "HTTP/1.1 200 OK"


@dataclass(frozen=True)
class Whole:
    """An answer with all of its body."""

    status: int
    fields: dict[str, str]
    body: bytes
    is_kept: bool


def head(*lines: str) -> bytes:
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def chunked(body: bytes, sizes: Sequence[int]) -> bytes:
    text, rest = b"", body
    for size in [*sizes, len(body)]:
        chunk, rest = rest[:size], rest[size:]
        if chunk:
            text += b"%x;name=value\r\n%s\r\n" % (len(chunk), chunk)
    return text + b"0\r\nTrailer: value\r\n\r\n"


class _Came(BytesIO):
    """A socket over which all has come already."""

    def makefile(self, _mode: str) -> _Came:
        return self


def by_the_library(text: bytes) -> Whole:
    response = HTTPResponse(cast("socket.socket", _Came(text)))
    response.begin()
    names = {name.lower() for name in response.headers}
    # Spaces around a value are none of it (RFC 9110, 5.5).
    fields = {
        name: ", ".join(
            each.strip(" \t") for each in response.headers.get_all(name, [])
        )
        for name in names
    }
    return Whole(
        response.status, fields, response.read(), is_kept=not response.will_close
    )


def over_a_connection(
    text: bytes, cuts: Sequence[int], size: int, method: str = "GET"
) -> Whole:
    """Return what is read, ``size`` bytes at once, of a text that comes in pieces."""
    ours, theirs = socket.socketpair()
    with speaking(theirs, text, cuts):
        return read(Connection(ours, ours, deque(), 1), size, method)


def read(connection: Connection, size: int, method: str = "GET") -> Whole:
    idle = connection._idle  # noqa: SLF001
    with connection:
        connection.begin("GET", "/", {}, 10)
        answer = connection.answer("HEAD" if method == "HEAD" else "GET")
        body = b"".join(iter(lambda: answer.read(size), b""))
        answer.close()
    is_kept = bool(idle)
    connection.close()
    return Whole(answer.status, dict(answer.headers), body, is_kept)


@contextmanager
def speaking(
    theirs: socket.socket,
    text: bytes,
    cuts: Sequence[int],
    wrapped: Callable[[socket.socket], socket.socket] = lambda sock: sock,
) -> Iterator[None]:
    def speak() -> None:
        # Who has read enough may hang up.
        with closing(wrapped(theirs)) as server, suppress(OSError):
            server.recv(4096)
            rest = text
            for cut in cuts:
                piece, rest = rest[:cut], rest[cut:]
                server.sendall(piece)
            server.sendall(rest)

    speaker = Thread(target=speak)
    speaker.start()
    try:
        yield
    finally:
        speaker.join()


@given(_FIELDS, _BODIES, _SIZES, _SIZES, st.integers(min_value=1, max_value=4000))
def test_they_are_the_same_in_whatever_pieces_they_come(
    fields: list[tuple[str, str]],
    body: bytes,
    sizes: list[int],
    cuts: list[int],
    size: int,
) -> None:
    lines = [f"{name}: {value}" for name, value in fields]
    for text in (
        head(_OK, *lines, f"Content-Length: {len(body)}") + body,
        head(_OK, *lines, "Transfer-Encoding: chunked") + chunked(body, sizes),
        head(_OK, *lines) + body,
        head(_OK, *lines, "Connection: close", f"Content-Length: {len(body)}") + body,
        head("HTTP/1.0 200 OK", *lines, f"Content-Length: {len(body)}") + body,
        head("HTTP/1.1 304 Not Modified", *lines),
        head("HTTP/1.1 100 Continue") + head("HTTP/1.1 204 No Content", *lines),
    ):
        assert over_a_connection(text, cuts, size) == by_the_library(text)


@given(_BODIES, _SIZES, st.integers(min_value=1, max_value=4000))
def test_a_body_that_breaks_off_is_never_whole(
    body: bytes, sizes: list[int], left_out: int
) -> None:
    for beginning, rest in (
        (f"Content-Length: {len(body)}", body),
        ("Transfer-Encoding: chunked", chunked(body, sizes)),
    ):
        if not rest:
            continue
        text = head(_OK, beginning) + rest[: -min(left_out, len(rest))]
        with pytest.raises((HTTPException, OSError)):
            over_a_connection(text, [], 5000)


def test_of_a_body_that_breaks_off_all_is_read_that_came() -> None:
    ours, theirs = socket.socketpair()
    text = head(_OK, "Content-Length: 9") + b"begin"
    with speaking(theirs, text, []), Connection(ours, ours, deque(), 1) as connection:
        connection.begin("GET", "/", {}, 10)
        with closing(connection.answer("GET")) as answer:
            assert answer.read(9) == b"begin"
            for _ in range(2):
                with pytest.raises(HTTPException):
                    answer.read(4)
        connection.close()


def test_the_answer_to_a_head_has_no_body() -> None:
    text = head(_OK, "Content-Length: 1000000000")
    answer = over_a_connection(text, [], 10, method="HEAD")
    assert (answer.body, answer.is_kept) == (b"", True)


def test_who_says_more_than_was_asked_is_not_asked_again() -> None:
    text = head(_OK, "Content-Length: 2") + b"ok" + head(_OK)
    answer = over_a_connection(text, [], 10)
    assert (answer.body, answer.is_kept) == (b"ok", False)


@pytest.mark.parametrize(
    "told", ["-1", "+1", "1_0", "", "1\r\nContent-Length: 2", "\u0661", 5000 * "1"]
)
def test_a_length_that_is_no_number_is_none(told: str) -> None:
    text = head(_OK).replace(
        b"\r\n\r\n", f"\r\nContent-Length: {told}\r\n\r\n".encode()
    )
    answer = over_a_connection(text + b"0123456789", [], 100)
    assert (answer.body, answer.is_kept) == (b"0123456789", False)


@pytest.mark.parametrize(
    "text",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        head("HTTP/2 200 OK"),
        head("HTTP/1.1 99 Low"),
        head(_OK, "Transfer-Encoding: gzip, chunked") + chunked(b"a", []),
        head(_OK, "No colon"),
        head(_OK, "Space before : colon"),
        head(_OK, "Folded: one", " two"),
        head(_OK, ": no name"),
        head(_OK, "Transfer-Encoding: chunked") + b"x\r\na\r\n0\r\n\r\n",
        head(_OK, "Transfer-Encoding: chunked") + b"-1\r\na\r\n0\r\n\r\n",
        head(_OK, "Transfer-Encoding: chunked") + b"1\r\nab\r\n0\r\n\r\n",
        head(_OK, "Transfer-Encoding: chunked") + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + 100_000 * b"y",
        head(_OK, "Transfer-Encoding: chunked") + 100_000 * b"1",
        b"",
        b"HTTP/1.1 200 OK\r\n",
        100 * head("HTTP/1.1 103 Early Hints"),
    ],
)
def test_what_is_not_http_is_an_error(text: bytes) -> None:
    with pytest.raises(HTTPException):
        over_a_connection(text, [], 100)


@pytest.mark.parametrize(
    "lines",
    [
        [_OK, "Location: https://host/?sig=SECRET", "No colon"],
        [_OK, "Location: https://host/?sig=SECRET\x01\nmore"],
        [_OK, "Location: https://host/", " ?sig=SECRET:443"],
        [_OK, "Location: https://host/", "?sig=SECRET&at=https://host"],
        [_OK, "Location: https://host/", "SECRET"],
        [_OK, "Bad name: SECRET"],
        ["SSH-2.0-OpenSSH_9.2", "Location: SECRET"],
        [f"{_OK}\nLocation: SECRET"],
        [100 * "x" + "SECRET"],
        [_OK, 100 * "x" + "SECRET\r: y"],
        [_OK, f"Transfer-Encoding: {100 * 'x'}SECRET"],
        [_OK, "Transfer-Encoding: chunked", "", f"{100 * 'x'}SECRET"],
    ],
)
def test_what_is_said_of_one_that_is_not_http_tells_none_of_its_values(
    lines: list[str],
) -> None:
    with pytest.raises(HTTPException) as raised:
        over_a_connection(head(*lines), [], 100)
    assert "SECRET" not in str(raised.value)
    assert len(str(raised.value)) < 200
    assert str(raised.value).isprintable()


def test_over_tls_they_are_the_same(tmp_path_factory: pytest.TempPathFactory) -> None:
    made = write_loopback_certificate(tmp_path_factory.mktemp("tls"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.certificate, made.private_key)
    trust = ssl.create_default_context(cafile=made.authority)

    def wrapped(sock: socket.socket) -> socket.socket:
        return context.wrap_socket(sock, server_side=True)

    # Longer than a record, and than what is read at once.
    body = bytes(range(256)) * 4096
    for lines in ([f"Content-Length: {len(body)}"], []):
        text = head(_OK, *lines) + body
        ours, theirs = socket.socketpair()
        ours.settimeout(10)
        with speaking(theirs, text, [1, 20, 100_000], wrapped):
            channel = TlsChannel(ours, trust, "127.0.0.1")
            answer = read(Connection(ours, channel, deque(), 1), 300_000)
        assert answer == by_the_library(text)


def test_over_tls_nobody_else_is_believed(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    made = write_loopback_certificate(tmp_path_factory.mktemp("tls"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.certificate, made.private_key)
    trust = ssl.create_default_context(cafile=made.authority)
    for anchors, name in (
        (trust, "example.com"),
        (ssl.create_default_context(), "127.0.0.1"),
    ):
        ours, theirs = socket.socketpair()

        def shake_hands(sock: socket.socket = theirs) -> None:
            with closing(sock), pytest.raises(OSError, match=r"alert|EOF|reset"):
                context.wrap_socket(sock, server_side=True).recv(1)

        server = Thread(target=shake_hands)
        server.start()
        with closing(ours), pytest.raises(ssl.SSLCertVerificationError):
            TlsChannel(ours, anchors, name)
        server.join()
