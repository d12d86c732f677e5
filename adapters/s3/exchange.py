"""One request over a connection, and its answer: failures in the words of botocore."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from typing import Final

from botocore.exceptions import (
    BotoCoreError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    HTTPClientError,
    ReadTimeoutError,
    SSLError,
)

from adapters.s3.body import StreamedBody
from adapters.wire.answer import Answer
from adapters.wire.connections import Connection, Method, NotConnectedError

_PIECE: Final = 64 * 1024  # bytes
_LARGEST: Final = 16 * 1024 * 1024
"""Bytes of an answer that is read whole: a list of a thousand keys can have 4 MB."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer with all of its body."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Opened:
    """A good answer with its body still to be read. It must be closed.

    Attributes:
        headers: By name, in whatever case.
    """

    def __init__(self, answer: Answer, url: str) -> None:
        self.headers = answer.headers
        self.close = answer.close
        self._answer = answer
        self._url = url

    def read(self, size: int) -> bytes:
        """Return the next ``size`` bytes; none at the end.

        They are fewer at the end, and where they come slowly.

        Raises:
            BotoCoreError: The connection broke, or the body ended early.
        """
        try:
            # A server of ours passes them on, and wants no other kind.
            return bytes(self._answer.read(size))
        except (OSError, HTTPException) as error:
            raise broken_off(error, self._url) from error


def exchanged(
    connection: Connection, method: Method, body: bytes | StreamedBody
) -> Reply:
    """Send a body after the head of its request, and return the answer.

    Raises:
        OSError: The connection broke before there was one.
        HTTPException: What came is not HTTP.
        BodyFailedError: The body ended early.
    """
    pieces = (body,) if isinstance(body, bytes) else body.pieces()
    wanted = isinstance(body, bytes) or connection.may_go_on()
    broken: OSError | None = None
    if wanted and body:
        try:
            connection.send(pieces)
        except (BrokenPipeError, ConnectionResetError) as error:
            # Who hangs up may have said why.
            broken = error
    try:
        answer = connection.answer(method)
    except (OSError, HTTPException):
        if broken is not None:
            raise broken from None
        raise
    try:
        told = whole(answer)
    finally:
        answer.close()
    if broken is not None and answer.status < 300:  # noqa: PLR2004 - no success
        raise broken
    return Reply(answer.status, answer.headers, told)


def whole(answer: Answer) -> bytes:
    """Return the body of an answer that is no object."""
    body = bytearray()
    while len(body) < _LARGEST and (piece := answer.read(_PIECE)):
        body += piece
    return bytes(body)


def not_connected(error: NotConnectedError, url: str) -> BotoCoreError:
    """Return what botocore says when there is no connection."""
    cause = error.__cause__
    if isinstance(cause, TimeoutError):
        return ConnectTimeoutError(endpoint_url=url, error=cause)
    if isinstance(cause, ssl.SSLError):
        return SSLError(endpoint_url=url, error=cause)
    return EndpointConnectionError(endpoint_url=url, error=cause)


def broken_off(error: Exception, url: str) -> BotoCoreError:
    """Return what botocore says when a connection breaks."""
    if isinstance(error, TimeoutError):
        return ReadTimeoutError(endpoint_url=url, error=error)
    if isinstance(error, ConnectionError):
        return ConnectionClosedError(endpoint_url=url, request=None, error=error)
    return HTTPClientError(error=error)
