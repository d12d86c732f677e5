"""nginx before a folder, set up as docs/serving.md says."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.lifeline import free_ports, last_words, running

_PAGE = Path(__file__).resolve().parents[2] / "docs" / "serving.md"
_BLOCK = re.compile(r"^```nginx\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_READY_WITHIN = 20.0  # seconds
_POLL_EVERY = 0.02  # seconds
WHY_NOT = "no nginx command: apt-get install nginx"
# Some distributions keep it from the paths of those who are not root.
_PLACES = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin"

_AROUND = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
{server}
}}
"""


def find_nginx() -> str | None:
    """Return where nginx is, if it is installed."""
    return shutil.which("nginx", path=_PLACES)


@contextmanager
def nginx_before(mirror: Path, folder: Path) -> Iterator[str]:
    """Serve a mirror's folder by nginx, and yield its URL.

    Args:
        folder: Where nginx may leave files of its own.
    """
    nginx = find_nginx()
    assert nginx is not None, WHY_NOT
    (port,) = free_ports(1)
    configuration = folder / "nginx.conf"
    configuration.write_text(
        _AROUND.format(folder=folder, server=_server(mirror, port))
    )
    log = folder / "nginx.log"
    with running(
        [nginx, "-p", str(folder), "-c", str(configuration)],
        folder=folder,
        log=log,
        variables={},
        end=signal.SIGTERM,
    ) as shell:
        _wait_until_it_listens(port, shell, log)
        yield f"http://127.0.0.1:{port}"


def _server(mirror: Path, port: int) -> str:
    """Return the page's own configuration, for this folder and this port."""
    found = _BLOCK.search(_PAGE.read_text())
    assert found is not None, "docs/serving.md has no configuration of nginx"
    server, folders = re.subn(r"root /srv/mirror;", f"root {mirror};", found[1])
    server, ports = re.subn(r"listen 8080;", f"listen 127.0.0.1:{port};", server)
    assert (folders, ports) == (1, 1)
    return server


def _wait_until_it_listens(
    port: int, shell: subprocess.Popen[bytes], log: Path
) -> None:
    deadline = time.monotonic() + _READY_WITHIN
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            assert shell.poll() is None, last_words(log)
            assert time.monotonic() < deadline, last_words(log)
            time.sleep(_POLL_EVERY)
        else:
            return
