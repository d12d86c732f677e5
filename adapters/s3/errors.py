"""S3's failures in the words of our ports."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from adapters.aws.failures import (
    FAILURES,
    LOG_IN,
    OF_CREDENTIALS,
    WRONG,
    Verdict,
    cause_of,
    said,
    unanswered,
)
from ports.errors import (
    AccessDeniedError,
    ConflictError,
    NotFoundError,
    OutcomeUnknownError,
    PortError,
    RefusedError,
    StoreFullError,
    UnavailableError,
)

_NOT_ALLOWED = "the credentials in use lack a right (s3:ListBucket is needed, too)"
_NO_ROOM = "make room in the store, or raise its quota"
_REGION = "the bucket is in another region: set aws_region (or AWS_REGION) to its own"

# What an error is by its code, and what a person has to change.
_BY_CODE: dict[str, Verdict] = {
    **OF_CREDENTIALS,
    "NoSuchBucket": (RefusedError, "create it with: aws s3 mb s3://{bucket}"),
    "AccessDenied": (AccessDeniedError, _NOT_ALLOWED),
    # HEAD has no room to say more.
    "403": (AccessDeniedError, f"{_NOT_ALLOWED}, or are wrong: {WRONG}"),
    "400": (RefusedError, f"{LOG_IN}, or {_REGION}"),
    "NotImplemented": (RefusedError, "the store lacks what a mirror needs"),
    "PermanentRedirect": (RefusedError, _REGION),
    "AuthorizationHeaderMalformed": (RefusedError, _REGION),
    "IllegalLocationConstraintException": (RefusedError, _REGION),
    "301": (RefusedError, _REGION),
    "InsufficientStorage": (StoreFullError, _NO_ROOM),
    "QuotaExceeded": (StoreFullError, _NO_ROOM),
    "XMinioAdminBucketQuotaExceeded": (StoreFullError, _NO_ROOM),
    "XMinioStorageFull": (StoreFullError, _NO_ROOM),
    # What came was thrown away: it was damaged on the way, or came too slowly.
    "BadDigest": (UnavailableError, ""),
    "IncompleteBody": (UnavailableError, ""),
    "RequestTimeout": (UnavailableError, ""),
    "XAmzContentSHA256Mismatch": (UnavailableError, ""),
}
_BY_STATUS: dict[int, Verdict] = {
    HTTPStatus.NOT_FOUND: (NotFoundError, ""),
    HTTPStatus.PRECONDITION_FAILED: (ConflictError, ""),
    HTTPStatus.TOO_MANY_REQUESTS: (UnavailableError, ""),
    HTTPStatus.INSUFFICIENT_STORAGE: (StoreFullError, _NO_ROOM),
}
_REFUSALS = 4  # hundreds
NOT_S3 = "is this an S3 server?"
"""What to ask oneself when someone else has answered."""


def require(answer: Mapping[str, Any], field: str) -> None:
    """Check that an answer has what every S3 server puts in it.

    Raises:
        ResponseParserError: Someone else has answered: a proxy, a login page.
    """
    if field not in answer:
        raise ResponseParserError(f"the answer has no {field}")


@dataclass(frozen=True, slots=True)
class Translator:
    """Tells of failures in one bucket.

    Attributes:
        requests: How many requests the thread that asks has sent so far.
    """

    bucket: str
    requests: Callable[[], int]

    @contextmanager
    def translated(self, what: str, *, once: bool = False) -> Iterator[None]:
        """Let what a call raises come out in the words of our ports.

        Args:
            what: What is asked for, and of whom.
            once: The call is a write that must not be repeated blindly.
        """
        before = self.requests()
        try:
            yield
        except FAILURES as error:
            attempts = max(1, self.requests() - before)
            failure = self.translate(error, what, attempts, once=once)
            raise failure from cause_of(error)

    def translate(
        self, error: Exception, what: str, attempts: int = 1, *, once: bool
    ) -> PortError:
        """Return what a failed call is to whoever uses the store."""
        unclear = OutcomeUnknownError if once else UnavailableError
        if isinstance(error, ClientError):
            return self._answered(error, what, attempts, unclear)
        kind, advice = unanswered(error, unclear, NOT_S3)
        return kind(what, said(error, advice), attempts)

    def no_bucket(self, what: str) -> RefusedError:
        """Return what it is that the bucket does not exist."""
        _, advice = _BY_CODE["NoSuchBucket"]
        advice = advice.format(bucket=self.bucket)
        return RefusedError(what, f"there is no bucket {self.bucket}: {advice}")

    def _answered(
        self, error: ClientError, what: str, attempts: int, unclear: type[PortError]
    ) -> PortError:
        answer: Any = error.response
        named: dict[str, str] = answer.get("Error", {})
        metadata: dict[str, Any] = answer.get("ResponseMetadata", {})
        headers: dict[str, str] = metadata.get("HTTPHeaders", {})
        status: int = metadata.get("HTTPStatusCode", 0)
        found = _BY_CODE.get(named.get("Code", "")) or _BY_STATUS.get(status)
        if found is None:
            refused = status // 100 == _REFUSALS and status != HTTPStatus.CONFLICT
            found = RefusedError if refused else unclear, ""
        kind, advice = found
        if advice == _REGION:
            region = headers.get("x-amz-bucket-region", named.get("Region"))
            advice += f", {region}" if region else ""
        failure = kind(what, said(error, advice.format(bucket=self.bucket)), attempts)
        if isinstance(failure, UnavailableError):
            wait = headers.get("retry-after", "")
            failure.retry_after = float(wait) if wait.isdecimal() else None
        return failure
