"""A Lambda function as it is deployed, and what Lambda refuses or gives up."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.support.runtime_api import ACCOUNT, REGION, Outcome

MAX_REQUEST = 6_291_456  # bytes, of an event that is waited for
MAX_EVENT = 1_048_576  # bytes, of one that is not
MAX_VARIABLES = 4_096  # bytes, of all a function's variables


class NoFunctionError(Exception):
    """There is no function of that name."""


class TooLargeError(Exception):
    """An event is larger than Lambda takes."""


class ThrottledError(Exception):
    """As many invocations run as may."""


@dataclass(frozen=True, slots=True)
class Function:
    """A function as it is deployed.

    Args:
        timeout: In seconds.
        memory: In megabytes.
        concurrency: How many invocations run at once.
        retries: How often an asynchronous event is given again after a failure.
        deliveries: How often an asynchronous event arrives; AWS promises at least once.
        on_failure: Who is told of an event that was given up: another function, by its
            name, or a callable.
    """

    handler: str
    timeout: float = 3.0
    memory: int = 128
    environment: Mapping[str, str] = field(default_factory=dict)
    concurrency: int = 10
    retries: int = 2
    deliveries: int = 1
    on_failure: str | Callable[[Any], None] | None = None

    def __post_init__(self) -> None:
        if not 0 < self.timeout <= 900:
            raise ValueError(f"timeout of {self.timeout} s")
        if not 128 <= self.memory <= 10_240:
            raise ValueError(f"memory of {self.memory} MB")
        size = len(json.dumps(dict(self.environment), separators=(",", ":")))
        if size > MAX_VARIABLES:
            raise ValueError(f"{size} bytes of variables")


def given_up(
    name: str, request_id: str, event: bytes, attempts: int, outcome: Outcome
) -> dict[str, Any]:
    """Return what Lambda tells a destination of an event that was given up."""
    now = datetime.now(UTC)  # noqa: TID251  AWS's own clock
    return {
        "version": "1.0",
        "timestamp": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "requestContext": {
            "requestId": request_id,
            "functionArn": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": attempts,
        },
        "requestPayload": json.loads(event),
        "responseContext": {
            "statusCode": 200,
            "executedVersion": "$LATEST",
            "functionError": "Unhandled",
        },
        "responsePayload": json.loads(outcome.payload),
    }
