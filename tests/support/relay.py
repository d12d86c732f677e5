"""A relay before an S3 server with TLS: speaks plain HTTP, breaks connections."""

import select
import socket
import ssl
import struct
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Literal, Self
from urllib.parse import urlsplit

_BLOCK = 64 * 1024  # bytes
_PATIENCE = 30.0  # seconds until a test that hangs fails

Direction = Literal["request", "answer"]


@dataclass(frozen=True)
class Cut:
    """Where a connection is reset: after so many bytes in one direction."""

    direction: Direction
    after: int


class Relay:
    """Passes bytes to and fro unchanged, but for the cuts that it is told of.

    The next cut counts bytes of all connections from the moment that the one before it
    was made. With none left everything goes through. Signatures hold, since the server
    sees the ``Host`` that was signed.
    """

    def __init__(self, endpoint_url: str, ca_bundle: Path) -> None:
        parts = urlsplit(endpoint_url)
        assert parts.hostname
        assert parts.port
        self._server = (parts.hostname, parts.port)
        self._tls = ssl.create_default_context(cafile=str(ca_bundle))
        self._cuts: deque[Cut] = deque()
        self._passed = 0
        self._lock = Lock()
        self._closing = Event()
        self._threads: list[Thread] = []

    def __enter__(self) -> Self:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._start(self._accept)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._closing.set()
        # Wakes the thread that accepts.
        self._listener.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(_PATIENCE)
        self._listener.close()

    @property
    def endpoint_url(self) -> str:
        """The relay's URL, http."""
        return "http://{}:{}".format(*self._listener.getsockname())

    def cut(self, *cuts: Cut) -> None:
        """Reset connections at these places, one after the other."""
        with self._lock:
            self._cuts.extend(cuts)
            self._passed = 0

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._start(self._serve, client)

    def _start(self, run: object, *arguments: object) -> None:
        thread = Thread(target=run, args=arguments, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _serve(self, client: socket.socket) -> None:
        with (
            client,
            socket.create_connection(self._server) as connection,
            self._tls.wrap_socket(
                connection, server_hostname=self._server[0]
            ) as server,
        ):
            for each in (client, server):
                each.settimeout(0)
            while not self._closing.is_set():
                if not server.pending():
                    ready, _, _ = select.select([client, server], [], [], 0.1)
                else:
                    ready = [server]
                for source in ready:
                    sink, direction = (
                        (server, "request") if source is client else (client, "answer")
                    )
                    try:
                        data = source.recv(_BLOCK)
                    except (ssl.SSLWantReadError, BlockingIOError):
                        continue
                    except OSError:
                        return
                    passed, is_cut = self._allowed(direction, len(data))
                    _send(sink, data[:passed])
                    if is_cut:
                        # To close with nothing left to linger for is to reset.
                        client.setsockopt(
                            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                        )
                    if is_cut or not data:
                        return

    def _allowed(self, direction: str, size: int) -> tuple[int, bool]:
        """Return how many bytes may pass, and whether the connection is then cut."""
        with self._lock:
            if not self._cuts or self._cuts[0].direction != direction:
                return size, False
            left = self._cuts[0].after - self._passed
            if size < left:
                self._passed += size
                return size, False
            self._cuts.popleft()
            self._passed = 0
            return left, True


def _send(sink: socket.socket, data: bytes) -> None:
    while data:
        try:
            data = data[sink.send(data) :]
        except (ssl.SSLWantWriteError, BlockingIOError):
            select.select([], [sink], [], _PATIENCE)
        except OSError:
            return
