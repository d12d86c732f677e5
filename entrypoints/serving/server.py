"""The server under the mirror: threads, and connections that are kept."""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from traceback import format_exc
from typing import TYPE_CHECKING, Final

from cheroot.wsgi import Server

from domain.errors import InvalidValueError
from entrypoints.stores import SERVED_AT_ONCE
from entrypoints.user_agent import user_agent

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_SILENCE: Final = 60  # seconds without a byte taken or asked for
_LONGEST_HEADERS: Final = 64 * 1024  # bytes, with the address; all of it is in memory


class Serving:
    """A server that is at work.

    Attributes:
        url: Where it is, without a slash at the end.
    """

    def __init__(self, url: str, thread: Thread) -> None:
        self.url = url
        self._thread = thread

    def wait(self) -> None:
        """Return when it has ended, or the wait is interrupted."""
        self._thread.join()


@contextmanager
def serving(
    app: WSGIApplication, host: str, port: int, log: Callable[[str], None]
) -> Iterator[Serving]:
    """Serve ``app`` for as long as the ``with`` block lasts.

    Args:
        port: 0 for one that is free.
        log: Is told what goes wrong inside of the server.

    Raises:
        InvalidValueError: There is no listening there.
    """
    server = _Server(host, port, app, log)
    try:
        # Of an address that cannot be had, cheroot tells less, and keeps a socket.
        _try_out(host, port)
        server.prepare()
    except OSError as error:
        raise InvalidValueError(
            "address to listen on",
            f"{host}:{port}",
            f"free or this machine's ({error.strerror or error}): choose another with"
            " --port or --host",
        ) from error
    thread = Thread(target=server.serve, name="server", daemon=True)
    thread.start()
    try:
        named = f"[{host}]" if ":" in host else host
        yield Serving(f"http://{named}:{server.bind_addr[1]}", thread)
    finally:
        server.stop()
        thread.join()


def _try_out(host: str, port: int) -> None:
    family, *_, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    socket.create_server((str(address[0]), port), family=family).close()


class _Server(Server):
    """cheroot's, which tells what goes wrong as everything here is told."""

    def __init__(
        self, host: str, port: int, app: WSGIApplication, log: Callable[[str], None]
    ) -> None:
        super().__init__(
            (host, port),
            app,
            numthreads=SERVED_AT_ONCE,
            server_name=user_agent(),
            timeout=_SILENCE,
        )
        self.max_request_header_size = _LONGEST_HEADERS
        self._log = log

    def error_log(
        self,
        msg: str = "",
        level: int = logging.INFO,
        traceback: bool = False,  # noqa: FBT001, FBT002 - as cheroot calls it
    ) -> None:
        """Tell of a failure, with where it came from if that is not known."""
        if level >= logging.WARNING:
            self._log(f"{msg}\n{format_exc()}" if traceback else msg)
