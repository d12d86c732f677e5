"""An S3 endpoint over TLS that throws bottles away, and gives all else to a real one.

Of S3 it has no more than the answers to a put, in one piece or in parts: each is given
when the last byte was read, whatever the bytes, the condition and the checksum are. So
a figure of it is one of the client, not of a store.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.nginx import Asked, Log, serving
from tests.support.certificates import LoopbackCertificate
from tests.support.lifeline import free_ports

# What is read of a body is kept in memory until the last byte is there, for nginx has
# no other way to answer then: `return` would answer at once. A body that is larger
# than the buffer goes to a file.
_SERVERS: Final = r"""
    upstream store {{ server {store}; keepalive 64; }}
    upstream nowhere {{ server unix:{folder}/nowhere.sock; keepalive 64; }}
    map $arg_uploadId $parts {{ "" '{begun}'; default '{completed}'; }}
    map $request_method $sinks {{ default ""; PUT 1; POST 1; }}
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $http_host;
    server {{
        listen 127.0.0.1:{port} ssl;
        client_max_body_size 0;
        location / {{
            proxy_pass https://store;
            proxy_request_buffering off;
        }}
        location ~ "{sunk}" {{
            if ($sinks) {{ rewrite ^ /.sunk last; }}
            proxy_pass https://store;
        }}
        location = /.sunk {{
            internal;
            client_body_buffer_size 80m;
            proxy_pass_request_body off;
            proxy_pass_request_headers off;
            proxy_set_header Content-Length "";
            proxy_set_header Connection "";
            proxy_set_header Host sink;
            proxy_pass http://nowhere;
        }}
    }}
    server {{
        listen unix:{folder}/nowhere.sock;
        access_log off;
        default_type application/xml;
        location = /.sunk {{
            if ($request_method = POST) {{ return 200 $parts; }}
            add_header ETag '"{etag}"';
            return 200;
        }}
    }}
"""
# A bucket, a prefix, and a day.
_SUNK: Final = re.compile("^/[^/]+/[^/]+/[0-9]{4}-[0-9]{2}-[0-9]{2}/")
_ETAG: Final = "d41d8cd98f00b204e9800998ecf8427e"
_NAMED: Final = "<Bucket>bucket</Bucket><Key>key</Key>"
_BEGUN: Final = (
    f"<InitiateMultipartUploadResult>{_NAMED}<UploadId>sunk</UploadId>"
    "</InitiateMultipartUploadResult>"
)
_COMPLETED: Final = (
    f"<CompleteMultipartUploadResult>{_NAMED}<ETag>&quot;{_ETAG}-2&quot;</ETag>"
    "</CompleteMultipartUploadResult>"
)


@dataclass(frozen=True, slots=True)
class Sink:
    """A sink that runs.

    Attributes:
        endpoint_url: Of S3, as its clients take it.
    """

    endpoint_url: str
    log: Log

    def took(self) -> Asked:
        """Return what it was asked since it was asked last."""
        lines = self.log.lines()
        bottles = sum(_SUNK.match(line.target) is not None for line in lines)
        received = sum(line.received for line in lines)
        return Asked(bottles, len(lines) - bottles, received)


@contextmanager
def sink(store: str, folder: Path, certificate: LoopbackCertificate) -> Iterator[Sink]:
    """Run a sink before a real store.

    A bottle is what lies in a folder with a day for a name.

    Args:
        store: Host and port of the real store, which speaks TLS.
        folder: Where nginx may leave files of its own.
    """
    (port,) = free_ports(1)
    servers = _SERVERS.format(
        store=store,
        folder=folder,
        port=port,
        sunk=_SUNK.pattern,
        etag=_ETAG,
        begun=_BEGUN,
        completed=_COMPLETED,
    )
    with serving(servers, port, folder, certificate) as log:
        yield Sink(f"https://127.0.0.1:{port}", log)
