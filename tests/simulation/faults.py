"""What goes wrong between a process and the store, and how often."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from random import Random
from typing import Final


class Fault(Enum):
    """What goes wrong with one request."""

    LOST = "request lost"
    ANSWER_LOST = "answer lost"
    LATE = "late landing"
    CONFLICT = "409"
    FAILED = "500"
    SLOW_DOWN = "503"
    FORBIDDEN = "403"
    SLOW = "slow"
    CUT_SHORT = "cut short"
    DAMAGED = "damaged body"
    FORGED = "forged commit"
    HOLEY_LIST = "holey list"
    CRASH_BEFORE = "crash before"
    CRASH_UNDER_WAY = "crash under way"
    CRASH_AFTER = "crash after"


CRASHES: Final = (Fault.CRASH_BEFORE, Fault.CRASH_UNDER_WAY, Fault.CRASH_AFTER)
_ANY: Final = (
    Fault.LOST,
    Fault.ANSWER_LOST,
    Fault.FAILED,
    Fault.SLOW_DOWN,
    Fault.SLOW,
    Fault.FORBIDDEN,
    *CRASHES,
)
# DELETE is not among those that land late: the store's deletes have no condition, and
# one that lands after the bottle was stored again takes it away. verify finds that.
BY_METHOD: Final[dict[str, tuple[Fault, ...]]] = {
    "PUT": (
        *_ANY,
        Fault.ANSWER_LOST,
        *(3 * (Fault.LATE,)),
        *(2 * (Fault.CONFLICT,)),
    ),
    "COPY": (*_ANY, Fault.LATE, Fault.CONFLICT),
    "GET": (*_ANY, *(2 * (Fault.CUT_SHORT, Fault.DAMAGED, Fault.FORGED))),
    "HEAD": _ANY,
    "LIST": (*_ANY, Fault.HOLEY_LIST, Fault.HOLEY_LIST),
    "DELETE": _ANY,
}
# A few of these end most processes, and then little else happens.
_RARE: Final[dict[Fault, float]] = {
    Fault.FORBIDDEN: 0.4,
    Fault.CRASH_BEFORE: 0.25,
    Fault.CRASH_UNDER_WAY: 0.25,
    Fault.CRASH_AFTER: 0.25,
}

_SPELLS: Final = (Fault.LOST, Fault.ANSWER_LOST, Fault.LATE, Fault.FAILED)
_IN_A_SPELL = 0.5


@dataclass(frozen=True, slots=True)
class Weather:
    """How bad the lines of one schedule are.

    Each schedule has some of the faults and not the others: where everything fails,
    nothing gets far enough to fail in an interesting way.

    Attributes:
        rate: The share of requests with a fault.
        faults: Those that occur.
        crowding: The share of puts that get 409 when they meet another at one key.
    """

    rate: float
    faults: frozenset[Fault]
    crowding: float

    def strike(self, method: str, random: Random, last: Fault | None) -> Fault | None:
        """Return what goes wrong with the next request.

        Args:
            method: What is asked for.
            random: Decides.
            last: What went wrong with the request before: troubles come in spells.
        """
        rate = max(self.rate, _IN_A_SPELL) if last in _SPELLS else self.rate
        if random.random() >= rate:
            return None
        fault = random.choice(BY_METHOD[method])
        if fault not in self.faults or random.random() >= _RARE.get(fault, 1.0):
            return None
        return fault


FAIR: Final = Weather(0.0, frozenset(), 0.0)
"""Nothing goes wrong."""


def any_weather(random: Random) -> Weather:
    """Return fair weather or foul."""
    rate = random.choice((0.0, 0.05, 0.15, 0.3, 0.45))
    share = random.choice((0.3, 0.6, 1.0))
    faults = frozenset(f for f in Fault if random.random() < share)
    return Weather(rate, faults, random.choice((0.0, 0.5, 1.0, 1.0)))
