"""The two clients of S3: one for what may be repeated, one for what may not."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from botocore.auth import AUTH_TYPE_MAPS, UNSIGNED_PAYLOAD, S3SigV4Auth
from botocore.awsrequest import AWSPreparedRequest, AWSRequest
from botocore.config import Config

from adapters.aws.session import open_session

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_CONNECT_TIMEOUT = 10.0  # seconds; also for one block of 128 KiB to leave
_READ_TIMEOUT = 60.0  # seconds without an answer, or without a byte of it
_KNOWN_PAYLOAD = "s3v4-known-payload"
# A body up to so many bytes is sent without "Expect: 100-continue", which saves a way
# there and back. Servers read as much of a body that they refuse (Go net/http, in which
# many an S3 server is written), so that their answer is not lost.
UNASKED = 256 * 1024


class S3Clients(NamedTuple):
    """Both ends of a bucket.

    Attributes:
        repeats: Tries again by itself. For all that may be done twice.
        writes: Tries once. For conditional puts, where a second try could meet the
            first and take it for another's.
    """

    repeats: S3Client
    writes: S3Client


class _KnownPayloadAuth(S3SigV4Auth):
    """Signs the digest that a body is promised to have, without reading the body.

    botocore would read it twice, which a stream cannot be. Over TLS the payload stays
    unsigned: what TLS carries needs no second proof, and S3 checks the same digest as
    a checksum.
    """

    def payload(self, request: AWSRequest) -> str:
        if str(request.url).startswith("https:"):
            return UNSIGNED_PAYLOAD
        return b64decode(request.headers["x-amz-checksum-sha256"]).hex()


def open_clients(
    region: str | None,
    pool_size: int,
    retry_attempts: int,
    on_request: Callable[[], None],
) -> S3Clients:
    """Return new clients; credentials, endpoint and the like are found as usual.

    Raises:
        BotoCoreError: What is configured for AWS makes no sense.
        ValueError: The endpoint is no URL.
    """
    # A type of signature is known to botocore by name, to all of its clients.
    AUTH_TYPE_MAPS[_KNOWN_PAYLOAD] = _KnownPayloadAuth
    session = open_session(region)

    def client(attempts: int) -> S3Client:
        made = session.client(
            "s3",
            config=Config(
                connect_timeout=_CONNECT_TIMEOUT,
                read_timeout=_READ_TIMEOUT,
                max_pool_connections=pool_size,
                retries={"mode": "standard", "total_max_attempts": attempts},
                tcp_keepalive=True,
                # Each put carries its own checksum, and downloads are hashed by
                # whoever knows what they should be.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )

        def count(**_: object) -> None:
            on_request()

        made.meta.events.register("before-send.s3", count)
        return made

    clients = S3Clients(repeats=client(retry_attempts), writes=client(1))
    clients.writes.meta.events.register("before-send.s3.PutObject", _do_not_ask)
    clients.writes.meta.events.register(
        "choose-signer.s3.PutObject",
        # The stubs forget that this event takes an answer.
        _choose_signer,  # type: ignore[arg-type]
    )
    return clients


def _choose_signer(
    signature_version: str, signing_name: str, **_: object
) -> str | None:
    # Other types (a bucket of another kind, no credentials) are left as they are.
    ours = signature_version in {"v4", "s3v4"} and signing_name == "s3"
    return _KNOWN_PAYLOAD if ours else None


def _do_not_ask(request: AWSPreparedRequest, **_: object) -> None:
    headers = request.headers
    if "Expect" in headers and int(headers["Content-Length"]) <= UNASKED:
        del headers["Expect"]
