"""Connected sockets, and TLS over them with few calls of the system.

``ssl.SSLSocket`` reads and writes the system's socket for every record, of at most
16 KiB, twice when it reads. Here many records come and go at once.
"""

from __future__ import annotations

import socket
import ssl
from typing import Final, Protocol

_FIRST_READ: Final = 16 * 1024  # bytes
_LARGEST_READ: Final = 256 * 1024  # bytes


class Channel(Protocol):
    """What a connection needs of a socket; it fails as a socket does."""

    def recv(self, size: int, /) -> bytes:
        """Return some bytes, ``size`` at most; none when nothing comes any more."""
        ...

    def recv_into(self, view: memoryview, /) -> int:
        """Fill the beginning of ``view``, and return how much of it."""
        ...

    def sendall(self, data: bytes | memoryview, /) -> None:
        """Send ``data``, all of it."""
        ...

    def settimeout(self, seconds: float | None, /) -> None:
        """Set how long a call may take."""
        ...

    def close(self) -> None:
        """Hang up."""
        ...


class TlsChannel:
    """TLS over a connected socket."""

    def __init__(self, sock: socket.socket, context: ssl.SSLContext, host: str) -> None:
        """Agree on keys with ``host``, and see that it is who it says.

        Raises:
            OSError: It is not, or does not speak TLS, or the connection broke.
        """
        self._socket = sock
        self._came, self._leaves = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._came, self._leaves, server_hostname=host)
        self._block = bytearray(_FIRST_READ)
        self.settimeout = sock.settimeout
        self.close = sock.close
        while True:
            try:
                self._tls.do_handshake()
            except ssl.SSLWantReadError:
                self._flush()
                self._fill()
            else:
                self._flush()
                return

    @property
    def is_empty(self) -> bool:
        """Whether all that came was read."""
        # What was in one record with the end of what was read is decrypted already.
        return not (self._came.pending or self._tls.pending())

    def recv(self, size: int, /) -> bytes:
        while True:
            try:
                return self._tls.read(size)
            except ssl.SSLWantReadError:
                self._fill()
            except ssl.SSLEOFError:
                return b""

    def recv_into(self, view: memoryview, /) -> int:
        # As many records as have come: each read gives one at most.
        came, size, read = 0, len(view), self._tls.read
        while came < size:
            try:
                # The stubs know only one of its two ways to answer.
                more: int = read(size - came, view[came:])  # type: ignore[assignment]
            except ssl.SSLWantReadError:
                if came:
                    break
                self._fill()
            except ssl.SSLEOFError:
                break
            else:
                came += more
                if not more:
                    break
        return came

    def sendall(self, data: bytes | memoryview, /) -> None:
        rest = memoryview(data)
        while rest:
            try:
                rest = rest[self._tls.write(rest) :]
            except ssl.SSLWantReadError:
                # New keys are being agreed on.
                self._flush()
                self._fill()
        self._flush()

    def _fill(self) -> None:
        # What it has to say by itself, as to new keys, is not to wait.
        self._flush()
        size = self._socket.recv_into(self._block)
        if not size:
            self._came.write_eof()
            return
        self._came.write(memoryview(self._block)[:size])
        if size == len(self._block) < _LARGEST_READ:
            self._block = bytearray(4 * size)

    def _flush(self) -> None:
        if self._leaves.pending:
            self._socket.sendall(self._leaves.read())
