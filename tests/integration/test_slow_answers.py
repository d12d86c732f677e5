"""Answers that never stand still, and never come to an end."""

from __future__ import annotations

import socket
from collections import deque
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.client import HTTPException

import pytest

from adapters.wire.connections import Connection

AT_ONCE = 1e-9  # seconds; what is there already comes in time


@contextmanager
def in_packets(*packets: bytes, silence: float) -> Iterator[Connection]:
    """Yield a connection over which these have come; each is received by itself."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs, closing(Connection(ours, ours, deque(), 1)) as connection:
        for packet in packets:
            theirs.sendall(packet)
        connection.begin("GET", "/", {}, silence)
        yield connection


@pytest.mark.parametrize("silence", [5, AT_ONCE])
@pytest.mark.parametrize(
    ("length", "before", "after"),
    [
        (b"Content-Length: 6", b"", b""),
        (b"Transfer-Encoding: chunked", b"2\r\n", b"\r\n"),
    ],
)
def test_a_body_that_drips_is_given_as_it_comes(
    silence: float, length: bytes, before: bytes, after: bytes
) -> None:
    head = b"HTTP/1.1 200 OK\r\n" + length + b"\r\n\r\n"
    end = b"0\r\n\r\n" if before else b""
    drops = [before + drop + after for drop in (b"ab", b"cd", b"ef")]
    with (
        in_packets(head, *drops, end, silence=silence) as connection,
        closing(connection.answer("GET")) as answer,
    ):
        pieces = list(iter(lambda: answer.read(6), b""))
    slow = silence == AT_ONCE
    assert pieces == ([b"ab", b"cd", b"ef"] if slow else [b"abcdef"])


@pytest.mark.parametrize(
    "packets",
    [
        [b"HTTP/1.1 200 OK\r\n", b"Date: now\r\n", b"\r\n"],
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"2", b"\r", b"\n"],
    ],
)
def test_a_line_that_drips_is_not_waited_for(packets: list[bytes]) -> None:
    with (
        in_packets(*packets, silence=AT_ONCE) as connection,
        pytest.raises(TimeoutError, match="too slowly"),
        closing(connection.answer("GET")) as answer,
    ):
        answer.read(6)


def test_fields_after_a_body_come_to_an_end() -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n"
    fields = 2000 * b"Trailer: value\r\n"
    with (
        in_packets(head, fields, fields, silence=5) as connection,
        pytest.raises(HTTPException, match="fields without end"),
        closing(connection.answer("GET")) as answer,
    ):
        answer.read(6)
