"""What a plan will take: the time, and the money where the store is S3.

Both are estimates, for a person to decide by; nothing depends on them.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from domain.work import GB, Work

ASSUMED_RATE: Final = 25_000_000
"""Bytes a second that a plan reckons with: a line of 200 Mbit/s."""

# Prices of us-east-1 in US dollars. Source: aws.amazon.com/s3/pricing, S3 Standard.
PUT_PRICE: Final = Decimal("0.005") / 1000
"""One PUT, COPY, POST or LIST."""
GET_PRICE: Final = Decimal("0.0004") / 1000
"""One GET, HEAD or other request."""
GB_MONTH_PRICE: Final = Decimal("0.023")
"""One decimal GB for one month."""

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


def s3_cost(work: Work) -> S3Cost:
    """Return what carrying out ``work`` costs in S3.

    A copy inside a bucket is an object of its own: it is stored, and paid for, again.
    """
    if not work.loads:
        return S3Cost(Decimal(0), Decimal(0))
    commits = _COMMITS_AROUND - (-work.bottles // _EVENTS_PER_COMMIT)
    puts = work.bottles + commits + _DOCUMENTS
    # Each copy is looked at afterwards: only then is it known to be right.
    gets = work.copies
    stored = sum((load.expected or 0) * len(load.bottles) for load in work.loads)
    return S3Cost(
        requests=puts * PUT_PRICE + gets * GET_PRICE,
        storage=stored * GB_MONTH_PRICE / GB,
    )
