"""A host that takes only so many requests a second: how much of that is made use of.

It answers 429 to what is more, and says nothing of how long to wait.
"""

from __future__ import annotations

import random
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread

from adapters.homebrew.http import HttpClient
from adapters.memory.metrics import NoMetrics
from adapters.system_clock import SystemClock
from benchmarks.table import Table

_AT_ONCE = 16
_SECONDS = 30  # that the host needs for all, if it is never idle
_TAKES = (50, 300)  # requests a second
_BODY = b"{}"


class _Limit:
    """So many requests in any second, and no more."""

    def __init__(self, takes: int) -> None:
        self._takes = takes
        self._taken: deque[float] = deque()
        self._lock = Lock()
        self.complaints = 0

    def takes(self) -> bool:
        """Return whether one more is taken, now."""
        with self._lock:
            now = time.monotonic()
            while self._taken and self._taken[0] <= now - 1.0:
                self._taken.popleft()
            if len(self._taken) < self._takes:
                self._taken.append(now)
                return True
            self.complaints += 1
            return False


def measure(_place: Path) -> Table:
    rows = [_row(takes) for takes in _TAKES]
    return Table(
        f"a host that takes so many requests a second, asked by {_AT_ONCE} at once",
        (
            ("takes", "asked for", "s", "answers/s", "of limit", "complaints"),
            *rows,
        ),
        ("of limit: the share of what it takes that it was asked for",),
    )


def _row(takes: int) -> tuple[str, ...]:
    limit, wanted = _Limit(takes), takes * _SECONDS
    client = HttpClient(
        SystemClock(),
        random.random,
        pool_size=_AT_ONCE,
        user_agent="benchmark",
        metrics=NoMetrics(),
    )
    begun = time.monotonic()
    with (
        _served(limit) as address,
        closing(client),
        ThreadPoolExecutor(_AT_ONCE) as threads,
    ):
        asked = [
            threads.submit(client.get, address, what="a document", compressed=False)
            for _ in range(wanted)
        ]
        for each in asked:
            each.result()
    seconds = time.monotonic() - begun
    return (
        f"{takes}/s",
        f"{wanted:,}",
        f"{seconds:.1f}",
        f"{wanted / seconds:.0f}",
        f"{wanted / seconds / takes:.2f}",
        f"{limit.complaints}",
    )


@contextmanager
def _served(limit: _Limit) -> Iterator[str]:
    """Yield the address of a host with a limit."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            taken = limit.takes()
            self.send_response(HTTPStatus.OK if taken else HTTPStatus.TOO_MANY_REQUESTS)
            self.send_header("Content-Length", str(len(_BODY)))
            self.end_headers()
            self.wfile.write(_BODY)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/document"
        finally:
            server.shutdown()
