"""Connections that are kept: HTTP/1.1 with nothing around it that costs time.

Whoever needs a proxy, another attempt or a decompressed body goes by a library that
has them.
"""

from __future__ import annotations

import re
import select
import socket
import ssl
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from http.client import HTTPException
from threading import Lock
from types import TracebackType
from typing import Final, Literal, NamedTuple, Self
from weakref import finalize

from adapters.wire.answer import Answer
from adapters.wire.channel import Channel, TlsChannel
from adapters.wire.head import Head
from adapters.wire.incoming import Incoming

Method = Literal["DELETE", "GET", "HEAD", "PUT"]

_BLOCK: Final = 256 * 1024
"""Bytes that a connection is handed at once: a timeout is for so many."""

_LEAVE: Final = 1.0
"""Seconds to wait for "100 Continue": not every server says it (RFC 9110, 10.1.1)."""

_MOST_HEADS: Final = 16
"""Heads of one answer, which may be announced before it comes (RFC 9110, 15.2)."""

# What could end a line early, or is no part of one (RFC 9110, 5.5). Lines are looked at
# together, and end as nothing within them may.
_NOT_IN_LINES: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


class Origin(NamedTuple):
    """Where to connect to."""

    encrypted: bool
    host: str
    port: int

    @property
    def authority(self) -> str:
        """What a request calls it (RFC 9110, 7.2)."""
        shown = f"[{self.host}]" if ":" in self.host else self.host
        usual = self.port == (443 if self.encrypted else 80)
        return shown if usual else f"{shown}:{self.port}"


class NotConnectedError(OSError):
    """There is no connection, so nothing has left. Its cause tells why."""


class Connection:
    """A connection, for one exchange after the other.

    As a context it is closed by whatever is raised.
    """

    def __init__(
        self,
        sock: socket.socket,
        channel: Channel,
        idle: deque[Connection],
        kept: int,
    ) -> None:
        """Take a connected socket.

        Args:
            channel: What is spoken over: the socket, or TLS on it.
            idle: Where it waits to be used again, with ``kept`` at most.
        """
        self._channel = channel
        self._head = b""
        self._idle = idle
        self._kept = kept
        self._incoming = Incoming(channel)
        self._early: Head | None = None
        # Whether the server may still wait for a body that it was promised.
        self._owes = False
        self._poll = select.poll()
        self._poll.register(sock, select.POLLIN)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is not None:
            self.close()

    @property
    def is_quiet(self) -> bool:
        """Whether it can be used again: no server has hung up, or speaks unasked."""
        tls = self._channel if isinstance(self._channel, TlsChannel) else None
        return (tls is None or tls.is_empty) and not self._poll.poll(0)

    def begin(
        self, method: Method, target: str, headers: Mapping[str, str], timeout: float
    ) -> None:
        """Take the head of a request, which leaves along with what follows it.

        Args:
            timeout: Seconds without progress before the exchange is given up.

        Raises:
            ValueError: Something in it would not stay on its line.
        """
        fields = [f"{name}: {value}\n" for name, value in headers.items()]
        lines = f"{method} {target} HTTP/1.1\n{''.join(fields)}\n"
        ends = lines.count("\n") != len(fields) + 2
        if " " in target or ends or _NOT_IN_LINES.search(lines):
            raise ValueError("a request with characters that it cannot have")
        self._wait_at_most(timeout)
        self._head = lines.replace("\n", "\r\n").encode("latin-1")

    def may_go_on(self) -> bool:
        """Return whether the server wants the body that it was asked about.

        One that says nothing is sent it (RFC 9110, 10.1.1).

        Raises:
            OSError: The connection broke.
            HTTPException: What came is not HTTP.
        """
        self._send_head()
        timeout = self._incoming.silence
        self._wait_at_most(_LEAVE)
        try:
            head = self._incoming.head()
        except TimeoutError:
            return True
        finally:
            self._wait_at_most(timeout)
        if head.is_final:
            # It may yet read what follows as that body (RFC 9110, 10.1.1).
            self._early, self._owes = head, True
        return not head.is_final

    def send(self, pieces: Iterable[bytes | memoryview]) -> None:
        """Send a body, piece by piece.

        Raises:
            OSError: It did not leave.
        """
        self._owes = True
        for piece in pieces:
            if self._head and len(piece) <= _BLOCK:
                piece, self._head = self._head + piece, b""  # noqa: PLW2901 - both leave as one
            self._send_head()
            rest = memoryview(piece)
            while rest:
                self._channel.sendall(rest[:_BLOCK])
                rest = rest[_BLOCK:]
        self._owes = False

    def answer(self, method: Method) -> Answer:
        """Return the answer when its head has come.

        Raises:
            OSError: The connection broke, or was silent for too long.
            HTTPException: What came is not HTTP.
        """
        self._send_head()
        head, self._early = self._early, None
        for _ in range(_MOST_HEADS):
            head = head or self._incoming.head()
            if head.is_final:
                silence = self._incoming.silence
                return Answer(head, method, self._incoming, silence, self._let_go)
            head = None
        raise HTTPException("an answer that is announced again and again")

    def close(self) -> None:
        """Hang up."""
        with suppress(OSError):
            self._channel.close()

    def _send_head(self) -> None:
        head, self._head = self._head, b""
        if head:
            self._channel.sendall(head)

    def _wait_at_most(self, timeout: float) -> None:
        # It is a system call, and nearly always the same.
        if timeout != self._incoming.silence:
            self._channel.settimeout(timeout)
            self._incoming.silence = timeout

    def _let_go(self, whole: bool) -> None:  # noqa: FBT001 - Answer's only word
        if whole and not self._owes and len(self._idle) < self._kept:
            self._idle.append(self)
        else:
            self.close()


class Connections:
    """Connections to whatever hosts. Threads may share it.

    As many as ``kept`` wait at each host to be used again, until nobody has use for
    them all.
    """

    def __init__(self, trust: Callable[[], ssl.SSLContext], *, kept: int) -> None:
        self._kept = kept
        self._trust = trust
        self._context: ssl.SSLContext | None = None
        self._lock = Lock()
        self._idle: dict[Origin, deque[Connection]] = {}
        finalize(self, _hang_up, self._idle)

    def connect(self, origin: Origin, timeout: float) -> Connection:
        """Return a connection that nobody else uses.

        Raises:
            NotConnectedError: There is none within ``timeout`` seconds.
        """
        idle = self._idle.setdefault(origin, deque())
        with suppress(IndexError):
            while True:
                # The last that was used is the least likely to be gone.
                connection = idle.pop()
                if connection.is_quiet:
                    return connection
                connection.close()
        try:
            sock, channel = self._opened(origin, timeout)
        except (OSError, UnicodeError) as error:
            # Of a name that no host can have, Python says that it cannot be encoded.
            raise NotConnectedError(f"no connection to {origin.host}") from error
        return Connection(sock, channel, idle, self._kept)

    def close(self) -> None:
        """Hang up wherever nobody is speaking."""
        _hang_up(self._idle)

    def _opened(self, origin: Origin, timeout: float) -> tuple[socket.socket, Channel]:
        sock = socket.create_connection((origin.host, origin.port), timeout)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
            if not origin.encrypted:
                return sock, sock
            return sock, TlsChannel(sock, self._trusted(), origin.host)
        except BaseException:
            sock.close()
            raise

    def _trusted(self) -> ssl.SSLContext:
        # To read all certificates takes as long as thirty bottles do: one reads them.
        with self._lock:
            if self._context is None:
                self._context = self._trust()
            return self._context


def _hang_up(waiting: Mapping[Origin, deque[Connection]]) -> None:
    for idle in list(waiting.values()):
        with suppress(IndexError):
            while True:
                idle.pop().close()
