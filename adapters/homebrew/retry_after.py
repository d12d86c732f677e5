"""How long the other side asks to wait, in the three ways of saying it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_SECONDS = re.compile(r"\d+(\.\d+)?")
_PART = r"(\d+(?:\.\d+)?)(h|ms|m|s|us|\u00b5s|ns)"
_IN_BODY = re.compile(rf"retry-after:\s*((?:{_PART})+)", re.IGNORECASE)
_UNITS = {
    "h": 3_600.0,
    "m": 60.0,
    "s": 1.0,
    "ms": 1e-3,
    "us": 1e-6,
    "\u00b5s": 1e-6,
    "ns": 1e-9,
}


def told_wait(headers: Mapping[str, str], body: str, now: datetime) -> float | None:
    """Return the seconds that an answer asks to wait, None when it does not.

    The header counts first, seconds or a date (RFC 9110, 10.2.3). ghcr.io has
    none, and a Go duration in the message of its errors instead::

        {"errors":[{"code":"TOOMANYREQUESTS","message":"retry-after: 15.3s, …"}]}
    """
    header = headers.get("Retry-After", "").strip()
    if _SECONDS.fullmatch(header):
        return float(header)
    if header and (moment := _date(header)) is not None:
        return max(0.0, (moment - now).total_seconds())
    if found := _IN_BODY.search(body):
        parts = re.findall(_PART, found[1], re.IGNORECASE)
        return sum(float(number) * _UNITS[unit.lower()] for number, unit in parts)
    return None


def _date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
