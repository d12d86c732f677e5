"""The short way to a bucket: one signed request over a connection that is kept.

boto3 is asked for everything first, and shows how its requests are addressed and
signed. What is then sent for every single bottle goes the same way without what boto3
does around it, which costs more processor time than the bottle.
"""

from __future__ import annotations

import os
import re
import ssl
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from http.client import HTTPException
from typing import Final
from urllib.parse import quote, urlsplit

import botocore.session
from botocore.auth import UNSIGNED_PAYLOAD, S3SigV4Auth
from botocore.awsrequest import AWSPreparedRequest, AWSRequest
from botocore.compat import get_current_datetime
from botocore.exceptions import NoCredentialsError
from botocore.httpsession import get_cert_path
from botocore.utils import get_environ_proxies

from adapters.aws.failures import UnsendableError
from adapters.pacing import Pacing
from adapters.s3.body import StreamedBody
from adapters.s3.exchange import (
    Opened,
    Reply,
    broken_off,
    exchanged,
    not_connected,
    whole,
)
from adapters.s3.signature import ALGORITHM, signed, written_query
from adapters.wire.answer import Answer
from adapters.wire.connections import (
    Connection,
    Connections,
    Method,
    NotConnectedError,
    Origin,
)

CONNECT_TIMEOUT: Final = 10.0
"""Seconds for a connection."""

READ_TIMEOUT: Final = 60.0
"""Seconds without an answer, or without a byte of it."""

UNASKED: Final = 256 * 1024
"""Bytes of a body that are sent without "Expect: 100-continue".

It saves a way there and back. Servers read as much of a body that they refuse (Go
net/http, in which many an S3 server is written), so that their answer is not lost.
"""

# What needs no quotes (S3 user guide, "SigV4"): most keys.
_UNRESERVED: Final = re.compile(r"[A-Za-z0-9_.~/-]+")
_CREDENTIAL: Final = f"{ALGORITHM} Credential="
_CHECKSUM: Final = "x-amz-checksum-sha256"
_NOTHING: Final = sha256().hexdigest()
_SLOW_DOWN: Final = frozenset(
    {HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS}
)
_GOOD: Final = frozenset({HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT})


class KnownPayloadAuth(S3SigV4Auth):
    """Signs the digest that a body is promised to have, without reading the body.

    botocore would read it twice, which a stream cannot be. Over TLS the payload stays
    unsigned: what TLS carries needs no second proof, and S3 checks the same digest as
    a checksum.
    """

    def payload(self, request: AWSRequest) -> str:
        encrypted = str(request.url).startswith("https:")
        return _payload(request.headers.get(_CHECKSUM), encrypted=encrypted)


@dataclass(frozen=True, slots=True)
class Way:
    """How boto3 addresses the objects of a bucket.

    Attributes:
        base: The address of the host.
        path: What comes before a key in a request.
        bucket: What asks for the bucket itself.
        region: What it is signed for.
        agent: What boto3 calls itself.
    """

    origin: Origin
    base: str
    path: str
    bucket: str
    region: str
    agent: str


class ShortWay:
    """Sends single requests to one bucket. Threads may share it.

    Attributes:
        way: Where to; None as long as boto3 has not shown it, and where there is none:
            behind a proxy, without credentials, and with signatures of another kind.
    """

    def __init__(
        self,
        session: botocore.session.Session,
        bucket: str,
        kept: int,
        on_request: Callable[[], None],
        pacing: Pacing,
    ) -> None:
        self.way: Way | None = None
        self._session = session
        self._bucket = bucket
        self._on_request = on_request
        self._pacing = pacing
        self._connections = Connections(self._trust, kept=kept)

    def learn(self, endpoint: str, request: AWSPreparedRequest, **_: object) -> None:
        """Take note of how a request of boto3's to ``endpoint`` is addressed."""
        self.way = self._shown(urlsplit(endpoint).netloc, request)

    def send(
        self,
        method: Method,
        key: str,
        headers: Mapping[str, str],
        body: bytes | StreamedBody = b"",
        query: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send one request and return its answer, whatever it says.

        A body that the server does not want is not sent, or not all of it.

        Args:
            key: Of an object; none is the bucket's.

        Raises:
            BotoCoreError: There was no answer, as botocore would tell it.
            BodyFailedError: The body ended early.
        """
        asked_at = self.wait()
        with self._begun(method, key, headers, query) as (connection, _):
            reply = exchanged(connection, method, body)
        self._heed(reply, asked_at)
        return reply

    def open(self, key: str, headers: Mapping[str, str]) -> Reply | Opened:
        """Return the answer to a GET, with its body still to be read if it is good.

        Raises:
            BotoCoreError: There was no answer, as botocore would tell it.
        """
        asked_at = self.wait()
        with self._begun("GET", key, headers, None) as (connection, url):
            answer = connection.answer("GET")
            self._heed(answer, asked_at)
            if answer.status in _GOOD:
                return Opened(answer, url)
            with closing(answer):
                return Reply(answer.status, answer.headers, whole(answer))

    def wait(self) -> float:
        """Return when the store may be asked, and that moment.

        That is not while it asks everybody to slow down.
        """
        return self._pacing.wait(self.way.base if self.way else "")

    def _heed(self, answer: Reply | Answer, asked_at: float) -> None:
        if self.way is None:
            return
        if answer.status in _SLOW_DOWN:
            told = answer.headers.get("Retry-After", "")
            seconds = float(told) if told.isdecimal() else None
            self._pacing.slow_down(self.way.base, asked_at, seconds)
        else:
            self._pacing.answered(self.way.base, asked_at)

    @contextmanager
    def _begun(
        self,
        method: Method,
        key: str,
        headers: Mapping[str, str],
        query: Mapping[str, str] | None,
    ) -> Iterator[tuple[Connection, str]]:
        """Yield a connection with a request on it, and what is asked for.

        Raises:
            BotoCoreError: There was no answer.
        """
        way, credentials = self.way, self._session.get_credentials()
        if way is None or credentials is None:
            raise NoCredentialsError
        target = f"{way.path}{_quoted(key)}" if key else way.bucket
        asked = written_query(query) if query else ""
        lines = signed(
            method,
            target,
            {"Host": way.origin.authority, **headers},
            _payload(headers.get(_CHECKSUM), encrypted=way.origin.encrypted),
            query=asked,
            credentials=credentials.get_frozen_credentials(),
            region=way.region,
            moment=get_current_datetime(),
        )
        lines["User-Agent"] = way.agent
        if asked:
            target = f"{target}?{asked}"
        url = way.base + target
        self._on_request()
        try:
            with self._connections.connect(way.origin, CONNECT_TIMEOUT) as connection:
                try:
                    connection.begin(method, target, lines, READ_TIMEOUT)
                except ValueError:
                    # Of all that is in it, only credentials are as a person gave them.
                    raise UnsendableError from None
                yield connection, url
        except NotConnectedError as error:
            raise not_connected(error, url) from error
        except (OSError, HTTPException) as error:
            raise broken_off(error, url) from error

    def _trust(self) -> ssl.SSLContext:
        """Return whom botocore would trust."""
        named = self._session.get_config_variable("ca_bundle")
        named = named or os.environ.get("REQUESTS_CA_BUNDLE")
        return ssl.create_default_context(cafile=named or get_cert_path(verify=True))

    def _shown(self, host: str, request: AWSPreparedRequest) -> Way | None:
        url = str(request.url)
        parts = urlsplit(url)
        authorization = _text(request.headers.get("Authorization", ""))
        scope = authorization.removeprefix(_CREDENTIAL).split(",")[0].split("/")
        beside = f"/{self._bucket}"
        # A host may itself begin as the bucket is called.
        if parts.netloc != host and parts.netloc.startswith(f"{self._bucket}."):
            path = "/"
        elif parts.path == beside or parts.path.startswith(f"{beside}/"):
            path = f"{beside}/"
        else:
            return None
        if (
            not authorization.startswith(_CREDENTIAL)
            or scope[-2:] != ["s3", "aws4_request"]
            or get_environ_proxies(url)
        ):
            return None
        encrypted = parts.scheme == "https"
        return Way(
            Origin(encrypted, parts.hostname or "", parts.port or _PORTS[encrypted]),
            f"{parts.scheme}://{parts.netloc}",
            path,
            path.rstrip("/") or "/",
            scope[-3],
            _text(request.headers.get("User-Agent", "")),
        )


_PORTS: Final = {True: 443, False: 80}


def _payload(checksum: str | None, *, encrypted: bool) -> str:
    if encrypted:
        return UNSIGNED_PAYLOAD
    return b64decode(checksum).hex() if checksum else _NOTHING


def _quoted(key: str) -> str:
    return key if _UNRESERVED.fullmatch(key) else quote(key, safe="/~")


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value
