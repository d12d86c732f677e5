"""Numbers as people read them."""

from __future__ import annotations

from typing import Final

_STEP: Final = 1000  # units are decimal, as everywhere
_UNITS: Final = ("kB", "MB", "GB", "TB")
_MINUTE: Final = 60  # seconds
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR


def spelt_bytes(count: int) -> str:
    """Return a number of bytes with a decimal unit: ``34.2 MB``."""
    if abs(count) < _STEP:
        return f"{count} B"
    amount = float(count)
    for unit in _UNITS:
        amount /= _STEP
        # What would be rounded to 1000.0 takes the next unit.
        if abs(amount) < _STEP - 0.05 or unit == _UNITS[-1]:
            return f"{amount:,.1f} {unit}"
    raise AssertionError


def spelt_rate(bytes_per_second: float) -> str:
    """Return a rate: ``4.1 MB/s``."""
    return f"{spelt_bytes(round(bytes_per_second))}/s"


def spelt_duration(seconds: float) -> str:
    """Return a duration in its two largest units: ``2 h 05 min``."""
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE:02} s"
    if whole < _DAY:
        return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE:02} min"
    return f"{whole // _DAY} d {whole % _DAY // _HOUR:02} h"


def spelt_took(seconds: float) -> str:
    """Return how long something took: never ``0 s``, which nothing takes."""
    return spelt_duration(seconds) if round(seconds) else f"{max(0.1, seconds):.1f} s"


def spelt_left(seconds: float) -> str:
    """Return how long something will take that is not over yet: ``about 5 s left``."""
    return f"about {spelt_duration(max(1.0, seconds))} left"


def counted(number: int, noun: str, plural: str | None = None) -> str:
    """Return how many there are of something: ``1 bottle``, ``22,879 bottles``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"
