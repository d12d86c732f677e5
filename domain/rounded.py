"""Numbers rounded for people, who read them in a message and decide by them."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

_STEP: Final = 1000  # units are decimal, as everywhere
_UNITS: Final = ("B", "kB", "MB", "GB", "TB")
_MINUTE: Final = 60  # seconds
_HOUR: Final = 60  # minutes
_DAY: Final = 24 * _HOUR


def rounded_bytes(count: int) -> str:
    """Return a number of bytes in about three digits: ``15.3 GB``, ``512 MB``."""
    amount, unit = float(count), _UNITS[0]
    for larger in _UNITS[1:]:
        # What would be rounded to 1000 takes the next unit.
        if amount < _STEP - 0.5:
            break
        amount, unit = amount / _STEP, larger
    tenths = f"{amount:.1f}"
    whole = tenths.endswith(".0") or len(tenths) > len("99.9")
    return f"{amount:,.0f} {unit}" if whole else f"{tenths} {unit}"


def rounded_duration(duration: timedelta) -> str:
    """Return a duration to the minute: ``8 minutes``, ``2 hours 5 minutes``."""
    seconds = round(duration.total_seconds())
    if seconds < 1:
        return "less than a second"
    if seconds < _MINUTE:
        return _counted(seconds, "second")
    minutes = (seconds + _MINUTE // 2) // _MINUTE
    if minutes < _HOUR:
        return _counted(minutes, "minute")
    if minutes < _DAY:
        return _joined(
            _counted(minutes // _HOUR, "hour"), _counted(minutes % _HOUR, "minute")
        )
    hours = (minutes + _HOUR // 2) // _HOUR
    return _joined(_counted(hours // 24, "day"), _counted(hours % 24, "hour"))


def rounded_percent(done: int, total: int) -> str:
    """Return a share that is 100% when all is done, and not before."""
    return f"{done * 100 // total if total else 100}%"


def _counted(number: int, noun: str) -> str:
    return "" if not number else f"{number} {noun if number == 1 else noun + 's'}"


def _joined(*parts: str) -> str:
    return " ".join(part for part in parts if part)
