"""What of upstream's documents is believed, given those that were seen before."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from typing import Final

from domain.catalog import Catalog, Validators
from domain.packages import Packages
from ports.errors import MalformedError, UnavailableError

_SHRINK: Final = 20
"""A document that lost more than one entry in so many is not believed."""

_CDN_HABIT: Final = timedelta(hours=1)
"""How far back the answers of a content delivery network may go."""

_CLOCKS_DIFFER: Final = timedelta(hours=1)
"""How far the clock of a server may be ahead of ours."""


def check_not_shrunk(what: str, count: int, known: int, *, of: str) -> None:
    """Refuse a document that is much smaller than the one seen last.

    Args:
        of: What is counted.

    Raises:
        MalformedError: It is.
    """
    if _is_much_less(count, known):
        raise MalformedError(
            what,
            f"it holds {count} {of}, and the one seen last {known}; one that lost more"
            " than 5% is not believed. If this is meant, start a new store",
        )


def is_dwindling(what: str, offered: Packages, known: Packages, by: Catalog) -> bool:
    """Return whether upstream builds much less for a client than it did.

    From the day on which it drops a macOS, each formula that is built anew is without
    a bottle for that client: the catalog tells whether that is what packages lack.

    Args:
        by: The catalog that was read with those that are offered.

    Raises:
        MalformedError: They are much less, and the catalog names what they lack.
    """
    count, before = len(offered.bottles), len(known.bottles)
    if not _is_much_less(count, before):
        return False
    named = by.poured_on(offered.tag)
    if _is_much_less(count, named):
        raise MalformedError(
            what,
            f"it holds {count} bottles, and the one seen last {before}; one that lost"
            f" more than 5% is not believed while the catalog names {named}. If this is"
            f" meant, leave {offered.tag} out of target_tags, or start a new store",
        )
    return True


def _is_much_less(count: int, known: int) -> bool:
    return count * _SHRINK < known * (_SHRINK - 1)


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


def moment(last_modified: str | None, now: datetime) -> datetime | None:
    """Return when a document was made, None when nobody said so credibly.

    Who says that it is still to be made has a clock that is wrong: were that believed,
    everything that comes until then would be older.
    """
    at = _read(last_modified)
    return None if at is None or _is_to_come(at, now) else at


def credible(validators: Validators, now: datetime) -> Validators:
    """Return validators without a time that is still to come."""
    at = _read(validators.last_modified)
    if at is None or not _is_to_come(at, now):
        return validators
    return replace(validators, last_modified=None)


def _read(last_modified: str | None) -> datetime | None:
    try:
        parsed = parsedate_to_datetime(last_modified or "")
    except (ValueError, OverflowError):
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def _is_to_come(at: datetime, now: datetime) -> bool:
    return at > now + _CLOCKS_DIFFER


def _told(at: datetime) -> str:
    return format_datetime(at.astimezone(UTC), usegmt=True)
