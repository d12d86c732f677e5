"""An HTTP server on loopback that answers each request with a function of it."""

import json
import socket
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Any, Self

_HOST = "127.0.0.1"
_POLL_EVERY = 0.02  # seconds until the server sees that it is to end


@dataclass(frozen=True, slots=True)
class Asked:
    """One request, its headers by lower-case name."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    def json(self) -> Any:  # noqa: ANN401 - any JSON
        """Return what the body says.

        Raises:
            ValueError: it is not JSON.
        """
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Answer:
    """What is answered, and after how long."""

    status: int = HTTPStatus.OK
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay: float = 0.0  # seconds


def json_answer(
    content: object,
    status: int = HTTPStatus.OK,
    headers: Mapping[str, str] | None = None,
    content_type: str = "application/json",
) -> Answer:
    """Return an answer that is JSON."""
    return Answer(
        status,
        json.dumps(content).encode(),
        {"Content-Type": content_type, **(headers or {})},
    )


class LoopbackServer:
    """Answers the requests on one port for as long as the ``with`` block lasts.

    Each connection has a thread of its own, and is kept open between requests. At the
    end every connection is dropped, an answer that is still delayed is given up, and no
    thread is left. An ``answer`` that waits for something must stop waiting once
    ``closing`` is set.
    """

    def __init__(
        self, answer: Callable[[Asked], Answer], *, tls: ssl.SSLContext | None = None
    ) -> None:
        self.closing = Event()
        self._answer = answer
        self._tls = tls

    def __enter__(self) -> Self:
        self._server = _Server(self._answer, self.closing, self._tls)
        self._thread = Thread(
            target=self._server.serve_forever, args=(_POLL_EVERY,), daemon=True
        )
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.drop_connections()
        self._server.server_close()

    @property
    def port(self) -> int:
        """The port."""
        return self._server.server_address[1]

    @property
    def origin(self) -> str:
        """The beginning of a URL on this server."""
        return f"{'https' if self._tls else 'http'}://{_HOST}:{self.port}"


class _Server(ThreadingHTTPServer):
    """Knows its connections, so that it can end while clients keep them open."""

    daemon_threads = False  # they are waited for
    request_queue_size = 128
    server_address: tuple[str, int]

    def __init__(
        self,
        answer: Callable[[Asked], Answer],
        closing: Event,
        tls: ssl.SSLContext | None,
    ) -> None:
        super().__init__((_HOST, 0), _Handler)
        self.answer = answer
        self.closing = closing
        self._tls = tls
        self._lock = Lock()
        self._connections: set[socket.socket] = set()

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        if self._tls is not None:
            # The handshake is left to the first read, in the connection's own thread.
            connection = self._tls.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            )
        with self._lock:
            self._connections.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:  # noqa: ANN401 - as inherited
        with self._lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def drop_connections(self) -> None:
        with self._lock:
            for connection in self._connections:
                with suppress(OSError):
                    # Not the TLS layer's own, which another thread may be using.
                    socket.socket.shutdown(connection, socket.SHUT_RDWR)


class _Handler(BaseHTTPRequestHandler):
    """Passes each request to the server's function."""

    protocol_version = "HTTP/1.1"
    # Head and body leave in one piece: else each answer waits for an acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: _Server

    def handle(self) -> None:
        # A client that leaves early is no event, here as on the real thing.
        with suppress(OSError):
            super().handle()

    def finish(self) -> None:
        with suppress(OSError):
            super().finish()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing: what matters is recorded by who answers."""

    def _serve(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        headers = {name.lower(): value for name, value in self.headers.items()}
        body = self.rfile.read(length)
        answer = self.server.answer(Asked(self.command, self.path, headers, body))
        if answer.delay:
            self.server.closing.wait(answer.delay)
        if self.server.closing.is_set():
            self.close_connection = True
            return
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    do_DELETE = do_GET = do_HEAD = do_POST = do_PUT = _serve  # noqa: N815
