"""A server with canned answers, for what no S3 server says on demand."""

from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Semaphore, Thread
from typing import Self


@dataclass(frozen=True)
class Answer:
    """What is said to one request.

    Attributes:
        code: S3's code of an error, in the XML that it says it in.
        early: It is said to "Expect: 100-continue", and the body is never read.
    """

    status: int
    code: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    early: bool = False

    @property
    def content(self) -> bytes:
        """The bytes of the body."""
        if not self.code:
            return self.body
        return f"<Error><Code>{self.code}</Code><Message>No</Message></Error>".encode()


@dataclass(frozen=True)
class Request:
    """What was asked."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class CannedServer(ThreadingHTTPServer):
    """Gives its answers one after the other, and keeps the requests.

    The last answer is given again and again.
    """

    daemon_threads = True

    def __init__(self, *answers: Answer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers = deque(answers)
        self.requests: list[Request] = []
        # Released once for each of them.
        self.arrived = Semaphore(0)

    def __enter__(self) -> Self:
        self._thread = Thread(target=self.serve_forever, args=(0.01,))
        self._thread.start()
        return super().__enter__()

    def server_close(self) -> None:
        """Stop; called on leaving the ``with`` block."""
        self.shutdown()
        self._thread.join()
        super().server_close()

    @property
    def endpoint_url(self) -> str:
        """The server's URL, http."""
        return f"http://127.0.0.1:{self.server_port}"

    def take_answer(self) -> Answer:
        """Return what to say next."""
        return self.answers.popleft() if len(self.answers) > 1 else self.answers[0]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: CannedServer

    def handle_expect_100(self) -> bool:
        if not self.server.answers[0].early:
            return super().handle_expect_100()
        self.close_connection = True
        self._answer(b"")
        return False

    def do_PUT(self) -> None:
        size = int(self.headers["Content-Length"])
        body = self.rfile.read(size)
        # Who breaks off is not there to be answered.
        self.close_connection = len(body) < size
        self._answer(body)

    def do_POST(self) -> None:
        self.do_PUT()

    def do_GET(self) -> None:
        self._answer(b"")

    def do_HEAD(self) -> None:
        self._answer(b"")

    def do_DELETE(self) -> None:
        self._answer(b"")

    def _answer(self, body: bytes) -> None:
        headers = {name.lower(): value for name, value in self.headers.items()}
        asked = Request(self.command, self.path, headers, body)
        self.server.requests.append(asked)
        self.server.arrived.release()
        answer = self.server.take_answer()
        self.send_response(answer.status)
        if answer.early:
            # boto3 would use it again, though the body is still to come there.
            self.send_header("Connection", "close")
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if "Content-Length" in answer.headers:
            # It lies, and only the end of the connection shows it.
            self.close_connection = True
        else:
            self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.content)

    def log_message(self, *_: object) -> None:
        """Say nothing: pytest would show it with every failure."""
