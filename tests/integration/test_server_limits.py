"""What one client may cost the server: asked over a real connection."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import closing
from urllib.parse import urlsplit

import pytest

from adapters.memory.clock import ManualClock
from adapters.memory.served import ServedMemory
from entrypoints.serving.app import MirrorApp
from entrypoints.serving.server import serving

LIMIT = 64 * 1024  # bytes
BEGUN = b"GET /status/ HTTP/1.1\r\nHost: mirror.test\r\n"


@pytest.fixture
def connection() -> Iterator[socket.socket]:
    """Return a connection to a mirror that has nothing."""
    app = MirrorApp(ServedMemory(ManualClock()), lambda _: None)
    with serving(app, "127.0.0.1", 0, lambda _: None) as server:
        address = urlsplit(server.url)
        assert address.hostname
        assert address.port
        with closing(
            socket.create_connection((address.hostname, address.port), timeout=10)
        ) as connection:
            yield connection


def answered(connection: socket.socket, sent: bytes) -> bytes:
    """Return the status line of the answer to what is sent."""
    connection.sendall(sent)
    return connection.recv(4096).split(b"\r\n")[0]


def test_headers_without_end_are_not_waited_for(connection: socket.socket) -> None:
    endless = BEGUN + b"X-A: b\r\n" * (LIMIT // 8)
    assert answered(connection, endless) == b"HTTP/1.1 413 Request Entity Too Large"


def test_nor_is_an_address_without_end(connection: socket.socket) -> None:
    endless = b"GET /" + b"a" * (LIMIT + 1_024)
    assert answered(connection, endless).endswith(b" 414 Request-URI Too Long")


def test_headers_as_proxies_make_them_are_read(connection: socket.socket) -> None:
    many = BEGUN + b"Cookie: " + b"a" * 32_000 + b"\r\n\r\n"
    assert answered(connection, many) == b"HTTP/1.1 404 NOT FOUND"
