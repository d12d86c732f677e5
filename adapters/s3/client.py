"""The two clients of S3: one for what may be repeated, one for what may not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from botocore.auth import AUTH_TYPE_MAPS
from botocore.awsrequest import AWSPreparedRequest
from botocore.config import Config
from botocore.parsers import ResponseParserError
from botocore.utils import parse_timestamp

from adapters.aws.session import open_core
from adapters.pacing import Pacing
from adapters.s3.quick import QuickWrites
from adapters.s3.quick_repeats import QuickRepeats
from adapters.s3.short_way import (
    CONNECT_TIMEOUT,
    READ_TIMEOUT,
    UNASKED,
    KnownPayloadAuth,
    ShortWay,
)

if TYPE_CHECKING:
    from botocore.session import Session
    from mypy_boto3_s3 import S3Client

_KNOWN_PAYLOAD = "s3v4-known-payload"


class S3Clients(NamedTuple):
    """Both ends of a bucket.

    Attributes:
        repeats: Tries again by itself. For all that may be done twice.
        writes: Tries once. For conditional puts, where a second try could meet the
            first and take it for another's.
    """

    repeats: S3Client
    writes: S3Client


def open_clients(
    bucket: str,
    region: str | None,
    pool_size: int,
    retry_attempts: int,
    on_request: Callable[[], None],
    pacing: Pacing,
) -> S3Clients:
    """Return new clients; credentials, endpoint and the like are found as usual.

    Raises:
        BotoCoreError: What is configured for AWS makes no sense.
        ValueError: The endpoint is no URL.
    """
    # A type of signature is known to botocore by name, to all of its clients.
    AUTH_TYPE_MAPS[_KNOWN_PAYLOAD] = KnownPayloadAuth
    session = open_core(region)
    parsers = session.get_component("response_parser_factory")
    parsers.set_parser_defaults(timestamp_parser=_moment)
    short = ShortWay(session, bucket, pool_size, on_request, pacing)
    make = _Clients(session, short, pool_size, on_request)
    repeats = QuickRepeats(make.that_tries, short, retry_attempts)
    # What is configured wrongly is told now, and not in the middle of something.
    repeats.show_way(bucket)
    return S3Clients(
        repeats=cast("S3Client", repeats),
        writes=cast("S3Client", QuickWrites(make.that_writes, short, repeats)),
    )


@dataclass(frozen=True, slots=True)
class _Clients:
    """Makes boto3's clients, of which ``short`` learns the way."""

    session: Session
    short: ShortWay
    pool_size: int
    on_request: Callable[[], None]
    # Of one session, one at a time (boto3's guide, "Multithreading").
    making: Lock = field(default_factory=Lock)

    def that_tries(self, attempts: int) -> S3Client:
        """Return a client that tries so many times."""
        config = Config(
            connect_timeout=CONNECT_TIMEOUT,
            read_timeout=READ_TIMEOUT,
            max_pool_connections=self.pool_size,
            retries={"mode": "standard", "total_max_attempts": attempts},
            tcp_keepalive=True,
            # Each put carries its own checksum, and downloads are hashed by whoever
            # knows what they should be.
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )
        with self.making:
            made = cast("S3Client", self.session.create_client("s3", config=config))

        def count(**_: object) -> None:
            self.on_request()

        learn = partial(self.short.learn, made.meta.endpoint_url)
        made.meta.events.register("before-send.s3", count)
        made.meta.events.register("before-send.s3", learn)
        return made

    def that_writes(self) -> S3Client:
        """Return a client that tries once, and signs what it has not read."""
        made = self.that_tries(1)
        made.meta.events.register("before-send.s3.PutObject", _do_not_ask)
        made.meta.events.register(
            "choose-signer.s3.PutObject",
            # The stubs forget that this event takes an answer.
            _choose_signer,  # type: ignore[arg-type]
        )
        return made


def _moment(told: Any) -> datetime:  # noqa: ANN401 - as botocore hands it on
    """Return what botocore reads a moment as.

    Raises:
        ResponseParserError: It is none.
    """
    try:
        return parse_timestamp(told).astimezone(UTC)
    except (OverflowError, RuntimeError, ValueError) as error:
        raise ResponseParserError(f"the answer has no date, but {told!r}") from error


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
