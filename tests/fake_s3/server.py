"""Buckets behind HTTP on loopback, with all that goes wrong on the way."""

from __future__ import annotations

import socket
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Self

from tests.fake_s3.bucket import Bucket, S3Error
from tests.fake_s3.bucket_calls import OPERATIONS
from tests.fake_s3.faults import Fault, Kind, Line, LineBrokenError
from tests.fake_s3.objects import check_put
from tests.fake_s3.wire import Call, Reply, not_implemented, refusal


class FakeS3(ThreadingHTTPServer):
    """An S3 with path-style addresses, until the ``with`` block ends.

    Who asks is not looked at: all credentials are good. Buckets that are created over
    HTTP keep no versions until they are told to, as in S3.

    Attributes:
        buckets: Every bucket by its name; tests may put their own.
        line: What goes wrong on the way, and every request so far.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self, line: Line | None = None, *, port: int = 0, page_size: int = 1000
    ) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.buckets: dict[str, Bucket] = {}
        self.line = line or Line()
        self._page_size = page_size
        self._connections: set[socket.socket] = set()
        self._lock = Lock()

    def __enter__(self) -> Self:
        self._thread = Thread(target=self.serve_forever, args=(0.01,))
        self._thread.start()
        return super().__enter__()

    def server_close(self) -> None:
        """Go down: connections are dropped, new ones refused."""
        self.shutdown()
        self._thread.join()
        with self._lock:
            for connection in self._connections:
                # It may have ended by itself.
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        super().server_close()

    @property
    def endpoint_url(self) -> str:
        """The server's URL, http."""
        return f"http://127.0.0.1:{self.server_port}"

    @property
    def variables(self) -> dict[str, str]:
        """What a program's environment says, for the server to be S3 to it."""
        return {
            "AWS_ENDPOINT_URL_S3": self.endpoint_url,
            "AWS_ACCESS_KEY_ID": "anyone",
            "AWS_SECRET_ACCESS_KEY": "anything",
        }

    def answer(self, call: Call) -> Reply:
        """Carry out what is asked for.

        Raises:
            S3Error: S3 says no.
        """
        operation = call.operation
        if operation == "CreateBucket":
            locked = call.headers.get("x-amz-bucket-object-lock-enabled") == "true"
            self.create(call.bucket, versioning=locked)
            return Reply(200, {"Location": f"/{call.bucket}"})
        if operation not in OPERATIONS:
            raise not_implemented(operation)
        return OPERATIONS[operation](self.bucket(call.bucket), call)

    def create(self, name: str, *, versioning: bool) -> None:
        """Make a new bucket.

        Raises:
            S3Error: 409 BucketAlreadyOwnedByYou: it is there.
        """
        # A server has a clock of its own.
        now = partial(datetime.now, UTC)  # noqa: TID251
        made = Bucket(versioning=versioning, page_size=self._page_size, now=now)
        if self.buckets.setdefault(name, made) is not made:
            raise S3Error(409, "BucketAlreadyOwnedByYou", f"{name} is there already.")

    def bucket(self, name: str) -> Bucket:
        """Return a bucket.

        Raises:
            S3Error: 404 NoSuchBucket.
        """
        found = self.buckets.get(name)
        if found is None:
            raise S3Error(404, "NoSuchBucket", f"There is no bucket {name}.")
        return found

    def opened(self, connection: socket.socket) -> None:
        """Take note of a connection."""
        with self._lock:
            self._connections.add(connection)

    def ended(self, connection: socket.socket) -> None:
        """Forget a connection, before it is closed."""
        with self._lock:
            self._connections.discard(connection)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: FakeS3

    def setup(self) -> None:
        super().setup()
        self.server.opened(self.connection)

    def handle(self) -> None:
        # Clients may go when they like.
        with suppress(ConnectionError):
            super().handle()

    def finish(self) -> None:
        self.server.ended(self.connection)
        super().finish()

    def handle_expect_100(self) -> bool:
        # Whether the body is wanted is not known yet.
        return True

    def do_GET(self) -> None:
        self._serve()

    def do_HEAD(self) -> None:
        self._serve()

    def do_PUT(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        call = Call.of(self.command, self.path, headers)
        where = call.key or call.query.get("prefix", "")
        fault = self.server.line.arrive(
            call.operation, where, conditional=call.conditional
        )
        try:
            call = self._received(call, fault)
            if fault.kind is Kind.SHORT_PAGE and call.operation.startswith("List"):
                call = self._halved(call)
            reply = self._carried_out(call, fault)
        except S3Error as error:
            reply = refusal(error, call, fault.retry_after)
        except LineBrokenError:
            self.close_connection = True
            return
        self._send(reply, broken=fault.kind is Kind.RESET)

    def _received(self, call: Call, fault: Fault) -> Call:
        """Return the call with its body.

        Raises:
            S3Error: The body is not wanted.
            LineBrokenError: It did not come.
        """
        if fault.kind is Kind.REQUEST_LOST:
            raise LineBrokenError
        if "transfer-encoding" in call.headers:
            self.close_connection = True
            raise not_implemented("a body of unknown length")
        size = int(call.headers.get("content-length", "0"))
        if call.headers.get("expect", "").lower() == "100-continue":
            if call.operation == "PutObject" and fault.kind is Kind.NONE:
                self._check_early(call)
            self.send_response_only(100)
            self.end_headers()
            self.wfile.flush()
        if fault.kind is Kind.RESET and call.method == "PUT" and size:
            self.rfile.read(size // 2)
            raise LineBrokenError
        body = self.rfile.read(size)
        if len(body) < size:
            raise LineBrokenError
        return replace(call, body=body)

    def _check_early(self, call: Call) -> None:
        try:
            check_put(self.server.bucket(call.bucket), call)
        except S3Error:
            # The body may come all the same, or not.
            self.close_connection = True
            raise

    def _halved(self, call: Call) -> Call:
        half = max(1, self.server.bucket(call.bucket).page_size // 2)
        return replace(call, query={**call.query, "max-keys": str(half)})

    def _carried_out(self, call: Call, fault: Fault) -> Reply:
        if fault.kind is Kind.RESET:
            # It is the answer that breaks off.
            return self.server.answer(call)
        return self.server.line.carry(fault, partial(self.server.answer, call))

    def _send(self, reply: Reply, *, broken: bool) -> None:
        body = reply.body
        if broken:
            self.close_connection = True
            if not body or self.command == "HEAD":
                return
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.status not in {204, 304}:
            self.send_header("Content-Length", str(len(body)))
        if self.close_connection and not broken:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body[: len(body) // 2] if broken else body)

    def log_message(self, *_: object) -> None:
        """Say nothing: pytest would show it with every failure."""
