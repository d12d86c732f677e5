"""What a plan will take, and what a run has cost: time, and money paid to AWS.

All are estimates, for a person to decide by; nothing depends on them.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from domain.words import Route
from domain.work import GB, Work

ASSUMED_RATE: Final = 25_000_000
"""Bytes a second that a plan reckons with: a line of 200 Mbit/s."""

# Prices of us-east-1 in US dollars, as quoted in 2026, beyond all free tiers.
# Source: aws.amazon.com/s3/pricing, S3 Standard.
PUT_PRICE: Final = Decimal("0.005") / 1000
"""One PUT, COPY, POST or LIST."""
GET_PRICE: Final = Decimal("0.0004") / 1000
"""One GET, HEAD or other request."""
GB_MONTH_PRICE: Final = Decimal("0.023")
"""One decimal GB for one month."""

# Source: aws.amazon.com/lambda/pricing, x86.
LAMBDA_GB_SECOND_PRICE: Final = Decimal("0.0000166667")
"""One binary GB of memory for one second."""
LAMBDA_REQUEST_PRICE: Final = Decimal("0.20") / 1_000_000
"""One invocation."""
# Source: aws.amazon.com/fargate/pricing, Linux on x86, on demand.
FARGATE_VCPU_HOUR_PRICE: Final = Decimal("0.04048")
FARGATE_GB_HOUR_PRICE: Final = Decimal("0.004445")

# What a worker has of each.
_LAMBDA_GB: Final = Decimal(3008) / 1024
_LAMBDA_SECONDS: Final = 900  # at most, in one invocation
_FARGATE_VCPUS: Final = 2
_FARGATE_GB: Final = 8
_HOUR: Final = 3600  # seconds

_EVENTS_PER_COMMIT: Final = 256
_COMMITS_AROUND: Final = 2  # the run's beginning and its end
_DOCUMENTS: Final = 2  # the plan and the hash file


@dataclass(frozen=True, slots=True)
class S3Cost:
    """What a plan costs in S3, in US dollars.

    Attributes:
        requests: Once.
        storage: Each month, as far as sizes are known or guessed.
    """

    requests: Decimal
    storage: Decimal


def expected_seconds(work: Work, rate: int = ASSUMED_RATE) -> int:
    """Return how long fetching takes at ``rate`` bytes a second."""
    return -(-work.bytes // rate)


def s3_cost(work: Work, views: int) -> S3Cost:
    """Return what carrying out ``work`` costs in S3.

    A copy inside a bucket is an object of its own: it is stored, and paid for, again.
    So is each of the ``views`` of a bottle.
    """
    if not work.loads:
        return S3Cost(Decimal(0), Decimal(0))
    commits = _COMMITS_AROUND - (-work.bottles // _EVENTS_PER_COMMIT)
    objects = 1 + views  # of each bottle
    puts = work.bottles * objects + commits + _DOCUMENTS
    # Each copy is looked at afterwards: only then is it known to be right.
    gets = work.copies
    stored = sum((load.expected or 0) * len(load.bottles) for load in work.loads)
    return S3Cost(
        requests=puts * PUT_PRICE + gets * GET_PRICE,
        storage=stored * objects * GB_MONTH_PRICE / GB,
    )


def run_cost(
    *, route: Route, seconds: int, store_requests: int, bytes_stored: int
) -> Decimal:
    """Return what a run has cost, in US dollars: at most, as far as it is reckoned.

    What it took is priced at the dearest that it can have been: every request as a PUT,
    Fargate on demand, of which Spot takes some 30 to 50%. Upstream asks nothing. Left
    out is what hardly counts, or was not the run's to choose: the orchestrator, state
    transitions, logs, and the network if bytes go through a NAT gateway.

    Args:
        seconds: For which workers ran, added up.
        store_requests: Requests to S3.
        bytes_stored: What is kept of the run in S3; the first month of it is counted.
    """
    return (
        _compute_cost(route, seconds)
        + store_requests * PUT_PRICE
        + bytes_stored * GB_MONTH_PRICE / GB
    )


def _compute_cost(route: Route, seconds: int) -> Decimal:
    match route:
        case "lambda":
            invocations = -(-seconds // _LAMBDA_SECONDS)
            return (
                seconds * _LAMBDA_GB * LAMBDA_GB_SECOND_PRICE
                + invocations * LAMBDA_REQUEST_PRICE
            )
        case "ecs":
            an_hour = (
                _FARGATE_VCPUS * FARGATE_VCPU_HOUR_PRICE
                + _FARGATE_GB * FARGATE_GB_HOUR_PRICE
            )
            return seconds * an_hour / _HOUR
        case "none":
            return Decimal(0)
