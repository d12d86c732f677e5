"""The mirror over HTTP: what S3 would answer, to what brew asks."""

from __future__ import annotations

import errno
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from werkzeug.http import http_date, is_resource_modified
from werkzeug.wrappers import Request, Response

from domain.bottle import ObjectKey
from domain.served import STATUS_PAGE, file_name, public_key
from domain.views import API
from entrypoints.serving.uncompressed import uncompressed
from ports.errors import ConflictError, NotFoundError, PortError, UnavailableError
from ports.served_objects import ObjectHead, ServedObjects

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_METHODS: Final = ("GET", "HEAD")
_TRIES: Final = 2
_NO_BYTES: Final = re.compile(r"bytes=[ \t]*-0+[ \t]*", re.IGNORECASE)
"""The last 0 bytes: there are none, though to werkzeug it is no range at all."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What was asked, and what was answered.

    Attributes:
        size: Bytes of the body, also of one that was not asked for.
        trouble: Why there is none, where that is for whoever serves, not the client.
    """

    method: str
    path: str
    status: int
    size: int
    trouble: PortError | None = None


class MirrorApp:
    """A WSGI application over a store. Threads may share it.

    Anybody may read what is public; credentials are neither asked for nor looked at.
    """

    def __init__(
        self, objects: ServedObjects, tell: Callable[[Answered], None]
    ) -> None:
        """Serve ``objects``.

        Args:
            tell: Is told of every answer, by whichever thread gives it.
        """
        self._objects = objects
        self._tell = tell

    def __call__(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        request = Request(environ)
        trouble = None
        try:
            response = self._answer(request)
        except NotFoundError:
            response = _empty(HTTPStatus.NOT_FOUND)
        except PortError as error:
            trouble = error
            again = isinstance(error, ConflictError | UnavailableError)
            response = _empty(
                HTTPStatus.SERVICE_UNAVAILABLE if again else HTTPStatus.BAD_GATEWAY
            )
        self._told(request, response, trouble)
        return response(environ, start_response)

    def _answer(self, request: Request) -> Response:
        if request.method not in _METHODS:
            return _empty(HTTPStatus.METHOD_NOT_ALLOWED, Allow=", ".join(_METHODS))
        if request.path == "/":
            # Not the page itself: what it links to lies beside it.
            return _empty(HTTPStatus.FOUND, Location=f"/{STATUS_PAGE}")
        key = public_key(request.path)
        if key is None:
            return _empty(HTTPStatus.NOT_FOUND)
        for _ in range(_TRIES - 1):
            try:
                return self._served(request, key)
            except ConflictError:
                # It was published anew between its head and its bytes.
                continue
        return self._served(request, key)

    def _served(self, request: Request, key: ObjectKey) -> Response:
        # Of bottles and indexes there is one form, and nobody asks for another.
        varies = key.startswith(API)
        compressed = varies and request.accept_encodings.quality("gzip") > 0
        with ExitStack() as opened:
            served = self._objects.open(key, compressed=compressed)
            opened.callback(served.close)
            if served.head.compressed and not compressed:
                served = uncompressed(served, key)
            head = served.head
            response = _headed(head, key, varies=varies)
            if not is_resource_modified(
                request.environ, etag=head.etag, last_modified=head.modified
            ):
                response.status_code = (
                    HTTPStatus.PRECONDITION_FAILED
                    if request.if_match
                    else HTTPStatus.NOT_MODIFIED
                )
                response.content_length = 0
                return response
            part = _part(request, head)
            if part is None:
                response = _empty(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
                response.headers["Content-Range"] = f"bytes */{head.size}"
                return response
            start, stop = part
            response.content_length = stop - start
            if (start, stop) != (0, head.size):
                response.status_code = HTTPStatus.PARTIAL_CONTENT
                response.headers["Content-Range"] = (
                    f"bytes {start}-{stop - 1}/{head.size}"
                )
            if request.method == "GET":
                response.response = self._sent(request, served.read(start, stop))
                response.call_on_close(opened.pop_all().close)
            return response

    def _sent(self, request: Request, pieces: Iterator[bytes]) -> Iterator[bytes]:
        try:
            yield from pieces
        except PortError as error:
            self._told(request, _empty(HTTPStatus.SERVICE_UNAVAILABLE), error)
            # The client waits for bytes that do not come: only the end of the
            # connection tells it so.
            raise ConnectionAbortedError(errno.ECONNABORTED, str(error)) from error

    def _told(
        self, request: Request, response: Response, trouble: PortError | None
    ) -> None:
        self._tell(
            Answered(
                request.method,
                request.path,
                response.status_code,
                response.content_length or 0,
                trouble,
            )
        )


def _empty(status: HTTPStatus, **headers: str) -> Response:
    # brew shows no body of an error, and has once taken a page for a bottle.
    response = Response(status=status, headers=headers)
    response.content_length = 0
    return response


def _headed(head: ObjectHead, key: ObjectKey, *, varies: bool) -> Response:
    """Return a good answer that still has no body."""
    response = Response(content_type=head.media_type)
    response.content_length = head.size
    response.headers["ETag"] = head.etag
    response.headers["Last-Modified"] = http_date(head.modified)
    response.headers["Accept-Ranges"] = "bytes"
    if varies:
        response.headers["Vary"] = "Accept-Encoding"
    if head.compressed:
        response.headers["Content-Encoding"] = "gzip"
    if name := file_name(key):
        response.headers.set("Content-Disposition", "attachment", filename=name)
    return response


def _part(request: Request, head: ObjectHead) -> tuple[int, int] | None:
    """Return which bytes are wanted, None when the object has no such bytes.

    As in S3, several parts at once, or other units, mean the whole.
    """
    asked, unless = request.range, request.headers.get("If-Range")
    # Both are compared as they are written (RFC 9110, 13.1.5).
    if unless not in (None, head.etag, http_date(head.modified)):
        return 0, head.size
    if _NO_BYTES.fullmatch(request.headers.get("Range", "")):
        return None
    if asked is None or asked.units != "bytes" or len(asked.ranges) != 1:
        return 0, head.size
    start, _ = asked.ranges[0]
    if start < -head.size:
        # More of the end than there is, is the whole (RFC 9110, 14.1.2).
        return 0, head.size
    return asked.range_for_length(head.size)
