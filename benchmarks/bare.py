"""The least that Python needs to bring files from TLS to TLS: what its share can be.

A file lists them as JSON: address, digest, size, and an address of a store that was
signed beforehand. What does not have its digest is an error; nothing else is looked at,
known of HTTP, recorded or tried again.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import socket
import ssl
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, urlsplit

Item = tuple[str, str, int, str]

_PIECE: Final = 1024 * 1024  # bytes
_BLOCK: Final = 256 * 1024  # bytes
_END: Final = b"\r\n\r\n"


def main() -> None:
    """Bring in all that the list has."""
    parser = argparse.ArgumentParser()
    parser.add_argument("list", type=Path)
    parser.add_argument("jobs", type=int)
    arguments = parser.parse_args()
    items: list[Item] = json.loads(arguments.list.read_text(encoding="utf-8"))
    trust = ssl.create_default_context(cafile=os.environ["SSL_CERT_FILE"])
    shares = [items[first :: arguments.jobs] for first in range(arguments.jobs)]
    with ThreadPoolExecutor(arguments.jobs) as pool:
        for _ in pool.map(lambda share: _bring(share, trust), shares):
            pass


def _bring(share: Sequence[Item], trust: ssl.SSLContext) -> None:
    if not share:
        return
    source = _connected(urlsplit(share[0][0]), trust)
    store = _connected(urlsplit(share[0][3]), trust)
    view = memoryview(bytearray(_PIECE))
    for address, digest, size, put_to in share:
        source.sendall(f"{_asked('GET', address)}\r\n".encode())
        rest = _head(source)
        head = f"{_asked('PUT', put_to)}Content-Length: {size}\r\n\r\n".encode()
        seen, left = hashlib.sha256(), size
        while left:
            wanted, came = min(_PIECE, left), len(rest)
            view[:came] = rest
            while came < wanted:
                came += source.recv_into(view[came:wanted])
            seen.update(view[:wanted])
            for start in range(0, wanted, _BLOCK):
                store.sendall(head + view[start : min(start + _BLOCK, wanted)])
                head = b""
            left, rest = left - wanted, b""
        _head(store)
        if seen.hexdigest() != digest:
            raise ValueError(address)
    source.close()
    store.close()


def _asked(method: str, address: str) -> str:
    url = urlsplit(address)
    target = f"{url.path}?{url.query}" if url.query else url.path
    return f"{method} {target} HTTP/1.1\r\nHost: {url.netloc}\r\n"


def _connected(url: SplitResult, trust: ssl.SSLContext) -> ssl.SSLSocket:
    host = url.hostname or ""
    sock = socket.create_connection((host, url.port or 443))
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return trust.wrap_socket(sock, server_hostname=host)


def _head(sock: ssl.SSLSocket) -> bytes:
    """Read up to the end of a head, and return what came after it."""
    came = b""
    while _END not in came:
        more = sock.recv(_BLOCK)
        if not more:
            raise ConnectionError("hung up")
        came += more
    head, _, rest = came.partition(_END)
    if b" 200 " not in head.partition(b"\r\n")[0]:
        raise ConnectionError(head.decode("latin-1"))
    return rest


if __name__ == "__main__":
    main()
