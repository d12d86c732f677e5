"""The failures of AWS's services, S3 aside, in the words of our ports."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from botocore.exceptions import ClientError, NoRegionError

from adapters.aws.failures import (
    FAILURES,
    OF_CREDENTIALS,
    Verdict,
    cause_of,
    said,
    unanswered,
)
from ports.errors import (
    AccessDeniedError,
    NotFoundError,
    OutcomeUnknownError,
    PortError,
    RefusedError,
    UnavailableError,
)

_NOT_ALLOWED: Final = "the credentials in use lack the right to {right}"
# Services that speak JSON name the same thing each in its own way, most of them with
# status 400.
_DENIED: Final = (
    "AccessDenied",
    "AccessDeniedException",
    "AuthorizationError",
    "NotAuthorized",
    "UnauthorizedOperation",
)
_MISSING: Final = (
    "AWS.SimpleQueueService.NonExistentQueue",
    "ClusterNotFoundException",
    "ExecutionDoesNotExist",
    "QueueDoesNotExist",
    "ResourceNotFoundException",
    "StateMachineDoesNotExist",
)
_BUSY: Final = (
    "EC2ThrottledException",
    "ExecutionLimitExceeded",
    "KmsThrottlingException",
    "LimitExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
)
_BY_CODE: Final[dict[str, Verdict]] = {
    **OF_CREDENTIALS,
    **dict.fromkeys(_DENIED, (AccessDeniedError, _NOT_ALLOWED)),
    **dict.fromkeys(_MISSING, (NotFoundError, "{missing}")),
    **dict.fromkeys(_BUSY, (UnavailableError, "")),
}
_BY_STATUS: Final[dict[int, Verdict]] = {
    HTTPStatus.FORBIDDEN: (AccessDeniedError, _NOT_ALLOWED),
    HTTPStatus.NOT_FOUND: (NotFoundError, "{missing}"),
    # A function that is being deployed.
    HTTPStatus.CONFLICT: (UnavailableError, ""),
    HTTPStatus.TOO_MANY_REQUESTS: (UnavailableError, ""),
}
_FAILED: Final = 5  # hundreds
_NOT_AWS: Final = "is this AWS? check AWS_ENDPOINT_URL"


@dataclass(frozen=True, slots=True)
class Translator:
    """Tells of failures.

    Attributes:
        requests: How many requests the thread that asks has sent so far.
    """

    requests: Callable[[], int]

    @contextmanager
    def translated(
        self, what: str, *, right: str, missing: str, once: bool = False
    ) -> Iterator[None]:
        """Let what a call raises come out in the words of our ports.

        Args:
            what: What is asked for, and of whom.
            right: What the caller must be allowed to do, as IAM calls it, and on what.
            missing: What to do when there is no such thing.
            once: It must not be repeated blindly.
        """
        before = self.requests()
        try:
            yield
        except FAILURES as error:
            attempts = max(1, self.requests() - before)
            kind, advice = _verdict(
                error, OutcomeUnknownError if once else UnavailableError
            )
            text = said(error, advice.format(right=right, missing=missing))
            failure = kind(what, text, attempts)
            if isinstance(failure, UnavailableError):
                failure.retry_after = _retry_after(error)
            raise failure from cause_of(error)


def code_of(error: ClientError) -> str:
    """Return the code under which a service files an error."""
    answer: Any = error.response
    code: str = answer.get("Error", {}).get("Code", "")
    # SQS, and whoever answers in the name of JSON 1.0, may put a namespace before it.
    return code.rpartition("#")[2]


def _verdict(error: Exception, unclear: type[PortError]) -> Verdict:
    if isinstance(error, ClientError):
        status = _metadata(error).get("HTTPStatusCode", 0)
        found = _BY_CODE.get(code_of(error)) or _BY_STATUS.get(status)
        if found is not None:
            return found
        return (unclear if status // 100 == _FAILED else RefusedError), ""
    if isinstance(error, NoRegionError):
        return RefusedError, "set aws_region (or AWS_REGION)"
    return unanswered(error, unclear, _NOT_AWS)


def _retry_after(error: Exception) -> float | None:
    if not isinstance(error, ClientError):
        return None
    wait: str = _metadata(error).get("HTTPHeaders", {}).get("retry-after", "")
    return float(wait) if wait.isdecimal() else None


def _metadata(error: ClientError) -> dict[str, Any]:
    answer: Any = error.response
    metadata: dict[str, Any] = answer.get("ResponseMetadata", {})
    return metadata
