"""HTTP/1.1 as far as the stand-in needs it: read a request, write a reply.

It is its own small reader and writer because ``http.server`` spends more time on
parsing headers than a loopback benchmark can spare.
"""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from threading import Event
from typing import BinaryIO, Protocol

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_JOINED = 65_536  # bytes of body that still travel in one piece with the headers
_SLOW_STEP = 0.05  # seconds between two pieces of a slow body


class BadRequestError(Exception):
    """What came is not an HTTP/1.x request."""


class Content(Protocol):
    """A body that can be read from any place without being held."""

    @property
    def size(self) -> int: ...

    def slices(self, start: int, stop: int) -> Iterator[memoryview]: ...


@dataclass(frozen=True, slots=True)
class Text:
    """A body that is held in memory."""

    raw: bytes

    @property
    def size(self) -> int:
        return len(self.raw)

    def slices(self, start: int, stop: int) -> Iterator[memoryview]:
        yield memoryview(self.raw)[start:stop]


@dataclass(frozen=True, slots=True)
class Request:
    """One request: the target with its query, the headers by lower-case name.

    ``arrived`` is when it was read, by the monotonic clock.
    """

    method: str
    target: str
    headers: Mapping[str, str]
    arrived: float = field(default_factory=time.monotonic)

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        return self.target.partition("?")[2]


@dataclass(frozen=True, slots=True)
class Delivery:
    """How a body leaves the server when it does not simply leave.

    ``cut_after`` and ``stall_after`` count bytes of this reply's body; ``rate`` is in
    bytes per second, ``stall`` in seconds; ``length_error`` is added to the length
    that the reply claims.
    """

    cut_after: int | None = None
    rate: int | None = None
    stall_after: int = 0
    stall: float = 0.0
    length_error: int = 0


@dataclass(slots=True)
class Reply:
    """An answer, before range, encoding and delivery are settled.

    ``kind`` says what was asked for. ``gzipped`` is the body for clients that
    accept gzip, ``older`` the same document one generation before, ``challenge`` is
    what a refusal for want of a token would say.
    """

    kind: str
    status: int
    headers: dict[str, str] = field(default_factory=dict)
    content: Content = Text(b"")
    ranges: bool = False
    gzipped: bytes | None = None
    older: Callable[[], Reply] | None = None
    challenge: str | None = None
    delivery: Delivery | None = None


def read_request(stream: BinaryIO) -> Request | None:
    """Read the next request of a connection, or None when the client has left.

    Raises:
        BadRequestError: the bytes are not an HTTP/1.x request.
    """
    line = stream.readline(65_536)
    if not line:
        return None
    words = line.decode("latin-1").split()
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise BadRequestError(line)
    headers: dict[str, str] = {}
    while (line := stream.readline(65_536)) not in (b"\r\n", b"\n"):
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon:
            raise BadRequestError(line)
        headers[name.lower()] = value.strip()
    if length := int(headers.get("content-length", "0")):
        stream.read(length)
    if words[2] == "HTTP/1.0":
        headers.setdefault("connection", "close")
    return Request(words[0], words[1], headers)


def write_reply(
    connection: socket.socket, request: Request, reply: Reply, closing: Event
) -> bool:
    """Write a reply; tell whether the connection can carry another request.

    ``closing`` ends a slow or stalled body before its time.
    """
    content = _encoded(request, reply)
    start, stop = _range(request, reply, content.size)
    delivery = reply.delivery
    claimed = stop - start + (delivery.length_error if delivery else 0)
    lasts = (
        delivery is None and request.headers.get("connection", "").lower() != "close"
    )
    head = _head(reply, claimed, lasts=lasts)
    if request.method == "HEAD" or start == stop:
        connection.sendall(head)
    elif delivery is not None:
        connection.sendall(head)
        way = _Way(connection, content, closing)
        way.deliver(start, stop, delivery)
    elif stop - start <= _JOINED:
        connection.sendall(b"".join([head, *content.slices(start, stop)]))
    else:
        connection.sendall(head)
        for piece in content.slices(start, stop):
            connection.sendall(piece)
    return lasts


def _encoded(request: Request, reply: Reply) -> Content:
    if reply.gzipped and "gzip" in request.headers.get("accept-encoding", ""):
        reply.headers["Content-Encoding"] = "gzip"
        return Text(reply.gzipped)
    return reply.content


def _range(request: Request, reply: Reply, size: int) -> tuple[int, int]:
    """Turn the reply into a partial one where that was asked for and is possible."""
    asked = _RANGE.fullmatch(request.headers.get("range", ""))
    if not reply.ranges or reply.status != HTTPStatus.OK or asked is None:
        return 0, size
    first, last = asked.groups()
    if first:
        start, stop = int(first), min(size, int(last) + 1 if last else size)
    else:
        start, stop = max(0, size - int(last or 0)), size
    if start >= stop:
        reply.status = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
        reply.headers["Content-Range"] = f"bytes */{size}"
        return 0, 0
    reply.status = HTTPStatus.PARTIAL_CONTENT
    reply.headers["Content-Range"] = f"bytes {start}-{stop - 1}/{size}"
    return start, stop


def _head(reply: Reply, length: int, *, lasts: bool) -> bytes:
    lines = [f"HTTP/1.1 {reply.status} {_phrase(reply.status)}"]
    lines.append(f"Date: {formatdate(usegmt=True)}")
    lines += [f"{name}: {value}" for name, value in reply.headers.items()]
    if reply.status != HTTPStatus.NOT_MODIFIED:
        lines.append(f"Content-Length: {length}")
    if not lasts:
        lines.append("Connection: close")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


@lru_cache
def _phrase(status: int) -> str:
    return HTTPStatus(status).phrase


@dataclass(frozen=True, slots=True)
class _Way:
    """From a body to its reader, for deliveries that take their time."""

    connection: socket.socket
    content: Content
    closing: Event

    def deliver(self, start: int, stop: int, delivery: Delivery) -> None:
        if delivery.cut_after is not None:
            stop = min(stop, start + delivery.cut_after)
        if delivery.stall:
            pause = min(stop, start + delivery.stall_after)
            self._send(start, pause)
            self.closing.wait(delivery.stall)
            start = pause
        if delivery.rate is None:
            self._send(start, stop)
            return
        step = max(1, int(delivery.rate * _SLOW_STEP))
        while start < stop and not self.closing.is_set():
            self._send(start, min(stop, start + step))
            start += step
            self.closing.wait(step / delivery.rate)

    def _send(self, start: int, stop: int) -> None:
        for piece in self.content.slices(start, stop):
            self.connection.sendall(piece)
