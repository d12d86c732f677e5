"""nginx over TLS, in processes of its own, and a log of it that can be counted."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.table import NotMeasuredError
from tests.support.certificates import LoopbackCertificate
from tests.support.lifeline import last_words, running
from tests.support.nginx import WHY_NOT, find_nginx

_READY_WITHIN: Final = 20.0  # seconds
_POLL_EVERY: Final = 0.02  # seconds
_FLUSH: Final = 200  # milliseconds until a line is in the log at the latest
FLUSHED: Final = 0.5  # seconds

# Memory that was used once is kept: what large bodies are read into would otherwise be
# fetched from the kernel, page by page, for each of them (mallopt(3)).
_KEEPS_MEMORY: Final = {
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TRIM_THRESHOLD_": "4000000000",
}

_AROUND: Final = """
daemon off;
{user}
worker_processes {workers};
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 1024; }}
http {{
    log_format counted
        '$request_method $status $request_length $body_bytes_sent $request_uri';
    access_log {folder}/access.log counted buffer=64k flush={flush}ms;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    ssl_certificate {certificate.certificate};
    ssl_certificate_key {certificate.private_key};
    ssl_session_cache shared:sessions:1m;
    keepalive_requests 1000000;
    keepalive_timeout 300s;
    sendfile on;
    open_file_cache max=8192 inactive=300s;
{servers}
}}
"""


@dataclass(frozen=True, slots=True)
class Line:
    """One request, as the log has it.

    Attributes:
        received: Bytes of the request, its head included.
        sent: Bytes of the answer, its head not included.
        target: What was asked for, with its query.
    """

    method: str
    status: int
    received: int
    sent: int
    target: str


class Log:
    """What a server was asked, from one reading to the next."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._seen = 0

    def lines(self) -> list[Line]:
        """Return what was asked since they were read last.

        What was asked within the last ``FLUSHED`` seconds may be missing.
        """
        with self._path.open(encoding="utf-8") as log:
            log.seek(self._seen)
            lines = [_line(text) for text in log.readlines()]
            self._seen = log.tell()
        return lines


@dataclass(frozen=True, slots=True)
class Asked:
    """What a server did for one run.

    Attributes:
        bottles: Requests for, or with, a bottle.
        others: All other requests.
        bytes: What went through it, in the direction that bottles take.
    """

    bottles: int
    others: int
    bytes: int


@contextmanager
def serving(
    servers: str, port: int, folder: Path, certificate: LoopbackCertificate
) -> Iterator[Log]:
    """Run nginx from when it listens, and yield its log.

    Args:
        servers: Its configuration, within ``http``.
        port: One that it is to listen on.
        folder: Where it may leave files of its own.

    Raises:
        NotMeasuredError: It is not installed.
    """
    nginx = find_nginx()
    if nginx is None:
        raise NotMeasuredError(WHY_NOT)
    configuration, errors = folder / "nginx.conf", folder / "nginx.log"
    configuration.write_text(
        _AROUND.format(
            # Who is root would else be nobody, who may not read our files.
            user="user root;" if os.geteuid() == 0 else "",
            workers=os.cpu_count() or 1,
            folder=folder,
            flush=_FLUSH,
            certificate=certificate,
            servers=servers,
        ),
        encoding="utf-8",
    )
    with running(
        [nginx, "-p", str(folder), "-c", str(configuration)],
        folder=folder,
        log=errors,
        variables=_KEEPS_MEMORY,
        end=signal.SIGTERM,
    ) as shell:
        _wait_until_it_listens(port, shell, errors)
        yield Log(folder / "access.log")


def _line(text: str) -> Line:
    method, status, received, sent, target = text.rstrip("\n").split(" ", 4)
    return Line(method, int(status), int(received), int(sent), target)


def _wait_until_it_listens(
    port: int, shell: subprocess.Popen[bytes], errors: Path
) -> None:
    deadline = time.monotonic() + _READY_WITHIN
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert shell.poll() is None, last_words(errors)
            assert time.monotonic() < deadline, last_words(errors)
            time.sleep(_POLL_EVERY)
        else:
            return
