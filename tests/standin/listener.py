"""A port with one thread for each connection, and an end without loose threads."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Callable
from threading import Event, Lock, Thread
from typing import BinaryIO

from tests.standin.wire import (
    BadRequestError,
    Reply,
    Request,
    Text,
    read_request,
    write_reply,
)

_LOOPBACK = "127.0.0.1"
_BACKLOG = 1024  # connections that may wait to be accepted


class Listener:
    """Answers the requests on one loopback port until it is closed.

    ``origin`` is the port's address, as the beginning of a URL.
    """

    def __init__(
        self,
        answer: Callable[[Request], Reply],
        *,
        port: int = 0,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._answer = answer
        self._tls = tls
        self._closing = Event()
        self._lock = Lock()
        self._connections: dict[socket.socket, Thread] = {}
        self._socket = socket.create_server((_LOOPBACK, port), backlog=_BACKLOG)
        self._address = self._socket.getsockname()
        self.origin = f"{'https' if tls else 'http'}://{_LOOPBACK}:{self._address[1]}"
        self._thread = Thread(target=self._accept, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening, drop every connection, and wait for the threads."""
        if self._closing.is_set():
            return
        self._closing.set()
        # Wakes the thread that waits in accept().
        with contextlib.suppress(OSError), socket.create_connection(self._address, 5):
            self._thread.join(5)
        self._socket.close()
        with self._lock:
            connections = dict(self._connections)
        for connection, thread in connections.items():
            with contextlib.suppress(OSError):
                # Not the TLS layer's own, which another thread may be using.
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
            thread.join(5)

    def _accept(self) -> None:
        while True:
            connection, _address = self._socket.accept()
            if self._closing.is_set():
                connection.close()
                return
            # A client that has gone again must not end the port for the others.
            with contextlib.suppress(OSError):
                self._start(connection)

    def _start(self, connection: socket.socket) -> None:
        if self._tls is not None:
            # The handshake is left to the first read, in the other thread.
            connection = self._tls.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            )
        thread = Thread(target=self._serve, args=(connection,), daemon=True)
        with self._lock:
            self._connections[connection] = thread
        thread.start()

    def _serve(self, connection: socket.socket) -> None:
        try:
            # A client that leaves early is no event, here as on the real thing.
            with contextlib.suppress(OSError), connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                with connection.makefile("rb") as stream:
                    while self._serve_one(connection, stream):
                        pass
        finally:
            with self._lock:
                del self._connections[connection]

    def _serve_one(self, connection: socket.socket, stream: BinaryIO) -> bool:
        try:
            request = read_request(stream)
        except BadRequestError:
            refusal = Reply("unknown", 400, {}, Text(b"not an HTTP/1.x request\n"))
            hasty = Request("GET", "/", {"connection": "close"})
            return write_reply(connection, hasty, refusal, self._closing)
        if request is None:
            return False
        return write_reply(connection, request, self._answer(request), self._closing)
