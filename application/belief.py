"""What of upstream's documents is believed, given those that were seen before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import Final

from ports.errors import MalformedError, UnavailableError

_SHRINK: Final = 20
"""A document that lost more than one entry in so many is not believed."""

_CDN_HABIT: Final = timedelta(hours=1)
"""How far back the answers of a content delivery network may go."""


def check_not_shrunk(what: str, count: int, known: int, *, of: str) -> None:
    """Refuse a document that is much smaller than the one seen last.

    Args:
        of: What is counted.

    Raises:
        MalformedError: It is.
    """
    if count * _SHRINK < known * (_SHRINK - 1):
        raise MalformedError(
            what,
            f"it holds {count} {of}, and the one seen last {known}; one that lost more"
            " than 5% is not believed. If this is meant, start a new store",
        )


def is_older(what: str, offered: datetime | None, known: datetime | None) -> bool:
    """Return whether a document is older than the one known, by little.

    Nobody can tell when one of them does not say when it was made.

    Raises:
        UnavailableError: It is older by so much that the one to be had is another.
    """
    if offered is None or known is None:
        return False
    if known - offered > _CDN_HABIT:
        raise UnavailableError(
            what,
            f"it is of {_told(offered)}, older than the one seen last, of"
            f" {_told(known)}: a cache on the way is behind, try again later",
        )
    return offered < known


def moment(last_modified: str | None) -> datetime | None:
    """Return when a document was made, None when nobody said so legibly."""
    try:
        parsed = parsedate_to_datetime(last_modified or "")
    except ValueError:
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def _told(at: datetime) -> str:
    return format_datetime(at.astimezone(UTC), usegmt=True)
