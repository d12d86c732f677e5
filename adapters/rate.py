"""How often a host is asked: as often as there is something to ask, until it complains.

Then less often than before, and each second a little more often again: additive
increase, multiplicative decrease, as TCP finds what a network takes (RFC 9438, 4.6).
"""

from __future__ import annotations

from collections import deque
from typing import Final

_LATELY: Final = 64  # requests that tell how often a host was asked
_FEW: Final = 8  # requests that tell nothing of it
_LEFT: Final = 0.7  # of a pace that was too much
_DOUBLED: Final = 20.0  # seconds in which what is left comes on top of itself
_FORGOTTEN: Final = 4  # times what was left: whoever bears that has no limit
_LEAST: Final = 4.0
"""Requests a second that are never too many: pauses do for a host that takes less.

One that complains of a single bottle, whatever the pace, is not to hold up the others.
"""


class Rate:
    """Requests a second to one host. Threads take turns in using it."""

    def __init__(self) -> None:
        self._sent: deque[float] = deque(maxlen=_LATELY)
        self._limit: float | None = None
        self._since = 0.0
        self._next = 0.0

    def turn(self, now: float) -> float:
        """Return when one more request may be sent, and count it as sent then."""
        at = now
        if (allowed := self._allowed(now)) is not None:
            at = max(now, self._next)
            self._next = at + 1.0 / allowed
        self._sent.append(at)
        return at

    def ease(self, asked_at: float, until: float) -> None:
        """Send less from ``until`` on than when a request was one too many."""
        if self._limit is not None and asked_at < self._since:
            return  # It is slower than then already.
        before = self._allowed(asked_at)
        if (seen := self._seen()) is not None:
            before = seen if before is None else min(before, seen)
        if before is None:
            return
        self._limit = max(before * _LEFT, _LEAST)
        self._since = self._next = until
        # What comes next is another pace.
        self._sent.clear()

    def _seen(self) -> float | None:
        """Return how many a second were sent of late, None where that is not known."""
        if len(self._sent) < _FEW or self._sent[-1] == self._sent[0]:
            return None
        return (len(self._sent) - 1) / (self._sent[-1] - self._sent[0])

    def _allowed(self, now: float) -> float | None:
        if self._limit is None:
            return None
        grown = 1.0 + max(0.0, now - self._since) / _DOUBLED
        if grown >= _FORGOTTEN:
            self._limit = None
            return None
        return self._limit * grown
