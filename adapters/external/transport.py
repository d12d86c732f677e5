"""One request to one address, within one span of time."""

from __future__ import annotations

import socket
from contextlib import suppress
from threading import Lock, Timer
from typing import Any, Self
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util import Retry


class Leash:
    """Breaks off a connection when its time is over, whatever it is busy with.

    The timeouts of a socket begin anew with each byte: a server that sends one now and
    then could hold its client for days.

    Attributes:
        pulled: Whether the time was over before the end.
    """

    def __init__(self, seconds: float) -> None:
        self.pulled = seconds <= 0
        self._held: socket.socket | None = None
        self._lock = Lock()
        self._timer = Timer(max(0.0, seconds), self._pull)
        self._timer.daemon = True

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        self._timer.join()

    def hold(self, connection: socket.socket | None) -> None:
        """Take over a new connection; the one before it is done with."""
        with self._lock:
            self._held = connection
            if self.pulled:
                self._break_off()

    def _pull(self) -> None:
        with self._lock:
            self.pulled = True
            self._break_off()

    def _break_off(self) -> None:
        if self._held is not None:
            with suppress(OSError):
                # Not the TLS layer's own, which another thread is using.
                socket.socket.shutdown(self._held, socket.SHUT_RDWR)


class _PlainConnection(HTTPConnection):
    def __init__(self, *args: Any, leash: Leash, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self._leash = leash

    def connect(self) -> None:
        super().connect()
        self._leash.hold(self.sock)


class _EncryptedConnection(HTTPSConnection):
    def __init__(self, *args: Any, leash: Leash, **kwargs: Any) -> None:  # noqa: ANN401
        super().__init__(*args, **kwargs)
        self._leash = leash

    def connect(self) -> None:
        # A handshake has one timeout for all of it (ssl.SSLSocket.do_handshake).
        super().connect()
        self._leash.hold(self.sock)


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _EncryptedPool(HTTPSConnectionPool):
    ConnectionCls = _EncryptedConnection


class PinnedTransport(HTTPAdapter):
    """Connects to one address, whatever the host of a URL may stand for.

    The certificate has to be for the host that the URL names, and the server is told
    that name.
    """

    def __init__(self, address: str, leash: Leash) -> None:
        # Without a count, its failures carry no URL and so no signature in their text.
        super().__init__(max_retries=Retry(total=False))
        self._address = f"[{address}]" if ":" in address else address
        self._leash = leash
        self._pools: list[HTTPConnectionPool] = []

    def get_connection_with_tls_context(
        self, request: requests.PreparedRequest, *_: object, **__: object
    ) -> HTTPConnectionPool:
        """Return a new pool, of connections to the address. ``send`` calls it.

        It has no proxy, and ``send`` tells it what certificates to trust.
        """
        parts = urlsplit(str(request.url))
        pool: HTTPConnectionPool
        if parts.scheme == "https":
            pool = _EncryptedPool(
                self._address,
                parts.port,
                server_hostname=parts.hostname,
                leash=self._leash,
            )
        else:
            pool = _PlainPool(self._address, parts.port, leash=self._leash)
        self._pools.append(pool)
        return pool

    def close(self) -> None:
        """Close the connections that wait to be used again."""
        super().close()
        for pool in self._pools:
            pool.close()
