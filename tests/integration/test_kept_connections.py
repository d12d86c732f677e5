"""Connections that are kept, before a server that answers word by word."""

from __future__ import annotations

import socket
import ssl
import time
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from http.client import HTTPException
from pathlib import Path
from threading import Thread
from typing import BinaryIO

import pytest

from adapters.wire.channel import TlsChannel
from adapters.wire.connections import (
    Connection,
    Connections,
    NotConnectedError,
    Origin,
)
from tests.support.certificates import write_loopback_certificate
from tests.support.expectations import wait_for_leave
from tests.support.nobody import nobody_listens

SHORT = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
LEAVE = b"HTTP/1.1 100 Continue\r\n\r\n"
BODY = b"body"
REFUSED = b"HTTP/1.1 412 Precondition Failed\r\nContent-Length: 0\r\n\r\n"


class Script:
    """A server on which each connection has its answers, one for each thing it gets.

    That is the head of a request, or the body of one that asked whether to send it.

    Attributes:
        heard: What came, by connection.
    """

    def __init__(self, conversations: Sequence[Sequence[bytes]]) -> None:
        self.heard: list[bytes] = []
        self._conversations = conversations
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.origin = Origin(False, *self._listener.getsockname())  # noqa: FBT003
        self._thread = Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        self._thread.join(60)
        self._listener.close()

    def _serve(self) -> None:
        for answers in self._conversations:
            connection, _ = self._listener.accept()
            with connection, connection.makefile("rb") as stream:
                self.heard.append(b"")
                asked = False
                for answer in answers:
                    came = stream.read(len(BODY)) if asked else head(stream)
                    asked = b"100-continue" in came and answer != REFUSED
                    self.heard[-1] += came
                    connection.sendall(answer)


def head(stream: BinaryIO) -> bytes:
    lines = [stream.readline()]
    while lines[-1].rstrip():
        lines.append(stream.readline())
    return b"".join(lines)


@contextmanager
def script(*conversations: Sequence[bytes]) -> Iterator[Script]:
    with closing(Script(conversations)) as server:
        yield server


@pytest.fixture
def connections() -> Iterator[Connections]:
    with closing(Connections(ssl.create_default_context, kept=2)) as made:
        yield made


def get(connections: Connections, origin: Origin) -> bytes:
    with connections.connect(origin, 60) as connection:
        connection.begin("GET", "/", {"Host": origin.authority}, 60)
        answer = connection.answer("GET")
        with closing(answer):
            return answer.read(100)


def test_a_connection_is_used_again(connections: Connections) -> None:
    with script([SHORT, SHORT]) as server:
        assert get(connections, server.origin) == b"ok"
        assert get(connections, server.origin) == b"ok"
    assert len(server.heard) == 1


def test_who_is_trusted_is_read_once_though_many_ask_at_once() -> None:
    read: list[float] = []

    def trust() -> ssl.SSLContext:
        read.append(time.monotonic())
        time.sleep(0.05)  # as certificates take
        return ssl.create_default_context()

    def connect(_: int) -> None:
        with pytest.raises(NotConnectedError):
            connections.connect(server.origin._replace(encrypted=True), 60)

    with (
        closing(Connections(trust, kept=4)) as connections,
        script([], [], [], []) as server,
        ThreadPoolExecutor(4) as threads,
    ):
        list(threads.map(connect, range(4)))
    assert len(read) == 1


def test_one_that_the_server_has_closed_is_not(connections: Connections) -> None:
    with script([SHORT], [SHORT]) as server:
        assert get(connections, server.origin) == b"ok"
        server_is_gone(connections, server.origin)
        assert get(connections, server.origin) == b"ok"
    assert len(server.heard) == 2


def server_is_gone(connections: Connections, origin: Origin) -> None:
    """Wait until the only idle connection has been closed by the server."""
    (idle,) = connections._idle[origin]  # noqa: SLF001
    while idle.is_quiet:
        pass


def test_one_whose_answer_was_not_read_is_not(connections: Connections) -> None:
    long = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nbegin"
    with (
        script([long], [SHORT]) as server,
        connections.connect(server.origin, 60) as connection,
    ):
        connection.begin("GET", "/", {}, 60)
        connection.answer("GET").close()
        assert get(connections, server.origin) == b"ok"
    assert len(server.heard) == 2


def test_a_body_that_ends_early_is_not_taken_for_a_whole_one(
    connections: Connections,
) -> None:
    with (
        script([b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nbegin"]) as server,
        connections.connect(server.origin, 60) as connection,
    ):
        connection.begin("GET", "/", {}, 60)
        with closing(connection.answer("GET")) as answer:
            assert answer.read(100) == b"begin"
            with pytest.raises(HTTPException):
                answer.read(100)


@pytest.mark.parametrize(("first", "wanted"), [(LEAVE, True), (REFUSED, False)])
def test_a_server_says_whether_it_wants_a_body(
    connections: Connections,
    first: bytes,
    wanted: bool,  # noqa: FBT001
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wait_for_leave(monkeypatch)
    talk = script([first, SHORT]) if wanted else script([first])
    with (
        talk as server,
        connections.connect(server.origin, 60) as connection,
    ):
        connection.begin("PUT", "/", {"Expect": "100-continue"}, 60)
        assert connection.may_go_on() is wanted
        if wanted:
            connection.send([BODY])
        with closing(connection.answer("PUT")) as answer:
            assert answer.status == (200 if wanted else 412)
            answer.read(100)
    assert server.heard[0].endswith(BODY) is wanted


def test_one_whose_server_may_still_wait_for_a_body_is_not_used_again(
    connections: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait_for_leave(monkeypatch)
    # RFC 9110, 10.1.1: it may go on to read what it was promised, and throw it away.
    with script([REFUSED, SHORT], [SHORT]) as server:
        with connections.connect(server.origin, 60) as connection:
            connection.begin("PUT", "/", {"Expect": "100-continue"}, 60)
            assert not connection.may_go_on()
            connection.answer("PUT").close()
        assert get(connections, server.origin) == b"ok"
    assert [heard[:3] for heard in server.heard] == [b"PUT", b"GET"]


def test_one_over_which_a_body_was_sent_is(
    connections: Connections, monkeypatch: pytest.MonkeyPatch
) -> None:
    wait_for_leave(monkeypatch)
    with script([LEAVE, SHORT, SHORT]) as server:
        with connections.connect(server.origin, 60) as connection:
            connection.begin("PUT", "/", {"Expect": "100-continue"}, 60)
            assert connection.may_go_on()
            connection.send([BODY])
            with closing(connection.answer("PUT")) as answer:
                assert answer.read(100) == b"ok"
        assert get(connections, server.origin) == b"ok"
    assert len(server.heard) == 1


def test_a_server_that_says_nothing_is_sent_the_body(connections: Connections) -> None:
    with (
        script([b"", SHORT]) as server,
        connections.connect(server.origin, 60) as connection,
    ):
        connection.begin("PUT", "/", {"Expect": "100-continue"}, 60)
        assert connection.may_go_on()
        connection.send([BODY])
        with closing(connection.answer("PUT")) as answer:
            assert answer.read(100) == b"ok"


@pytest.mark.parametrize("surplus", [b"", REFUSED])
def test_over_tls_too_one_that_said_more_than_was_asked_is_not_used_again(
    tmp_path: Path, surplus: bytes
) -> None:
    made = write_loopback_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made.certificate, made.private_key)
    # Its end, and the surplus, come in a record of their own.
    body = 20_000 * b"a"
    text = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body

    def serve() -> None:
        with closing(context.wrap_socket(theirs, server_side=True)) as server:
            server.recv(65536)
            server.sendall(text + surplus)
            server.recv(1)

    ours, theirs = socket.socketpair()
    server = Thread(target=serve)
    server.start()
    trust = ssl.create_default_context(cafile=made.authority)
    channel = TlsChannel(ours, trust, "127.0.0.1")
    with closing(Connection(ours, channel, deque(), 1)) as connection:
        connection.begin("GET", "/", {}, 5)
        with closing(connection.answer("GET")) as answer:
            assert answer.read(len(body)) == body
        assert connection.is_quiet is not bool(surplus)
    server.join()


@pytest.mark.parametrize("target", ["/a b", "/a\r\nX: y"])
def test_nothing_leaves_its_line(connections: Connections, target: str) -> None:
    with (
        script([]) as server,
        pytest.raises(ValueError, match="cannot have"),
        connections.connect(server.origin, 60) as connection,
    ):
        connection.begin("GET", target, {}, 60)
    assert server.heard == [b""]


def test_it_is_told_that_nobody_is_there(connections: Connections) -> None:
    with nobody_listens() as port, pytest.raises(NotConnectedError) as raised:
        connections.connect(Origin(False, "127.0.0.1", port), 60)  # noqa: FBT003
    assert isinstance(raised.value.__cause__, ConnectionRefusedError)
