"""Pacing: when a host says "slow down", everybody who asks it waits, and asks less."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import NamedTuple

from adapters.rate import Rate
from ports.clock import Clock

_FIRST = 1.0  # seconds
_SPREAD = 5.0  # seconds over which waiting callers come back, at most
_ENOUGH = 120.0  # seconds of complaints and nothing else, after which it is down
_ENOUGH_STRIKES = 3
_RESPITE = 60.0  # seconds after which a host that is down may be asked again


class Complaint(NamedTuple):
    """A host has said "slow down".

    Attributes:
        asked_at: When it was asked, by the monotonic clock, which all processes share.
        told: For how many seconds, if the host said so.
    """

    origin: str
    asked_at: float
    told: float | None


@dataclass(frozen=True, slots=True)
class _Pause:
    """A host is left alone ``until`` a moment of the monotonic clock.

    ``strikes`` counts the pauses in a row after which it complained again, since
    it ``began`` to.
    """

    began: float
    until: float
    length: float
    strikes: int


class Pacing:
    """One pace for each host, kept by all threads together.

    A pause is as long as the host asks for. A host that complains again after
    the pause is given longer ones, each twice as long as the one before; the
    first answer after a pause ends it all. A host that only complains for two
    minutes is down: nobody waits for it any more.
    """

    def __init__(
        self,
        clock: Clock,
        chance: Callable[[], float],
        *,
        longest: float,
        first: float = _FIRST,
    ) -> None:
        """Begin with no pause.

        Args:
            longest: Seconds of a pause at most, whatever a host asks for.
            first: Seconds of the first pause for a host that does not say how long.
        """
        self._clock = clock
        self._chance = chance
        self._longest = longest
        self._first = first
        self._pauses: dict[str, _Pause] = {}
        self._rates: defaultdict[str, Rate] = defaultdict(Rate)
        self._lock = Lock()
        self._tell: Callable[[Complaint], None] = lambda _: None

    def share(self, tell: Callable[[Complaint], None]) -> None:
        """Have ``tell`` told of complaints: other processes ask the same hosts."""
        self._tell = tell

    def hear(self, complaint: Complaint) -> None:
        """Heed what a host has told another process."""
        self._pause(*complaint)

    def remaining(self, origin: str) -> float:
        """Return for how many seconds ``origin`` is still to be left alone."""
        pause = self._pauses.get(origin)
        return max(0.0, pause.until - self._clock.monotonic()) if pause else 0.0

    def complaining(self, origin: str) -> float:
        """Return for how many seconds ``origin`` is down, 0 when it is not."""
        pause, now = self._pauses.get(origin), self._clock.monotonic()
        if (
            pause is None
            or pause.strikes < _ENOUGH_STRIKES
            or now > pause.until + _RESPITE
        ):
            return 0.0
        lasted = now - pause.began
        return lasted if lasted >= _ENOUGH else 0.0

    def wait(self, origin: str) -> float:
        """Return when ``origin`` may be asked, and that moment.

        Those who waited come back one by one, spread over as long again as the
        pause was but not over more than five seconds.
        """
        self._outlast_pauses(origin)
        with self._lock:
            # Here, so that turns are in the order of their moments.
            now = self._clock.monotonic()
            turn = self._rates[origin].turn(now)
        if turn <= now:
            return now
        self._clock.sleep(turn - now)
        # It may have complained meanwhile.
        self._outlast_pauses(origin)
        return self._clock.monotonic()

    def _outlast_pauses(self, origin: str) -> None:
        while (pause := self._pauses.get(origin)) is not None:
            left = pause.until - self._clock.monotonic()
            if left <= 0:
                break
            spread = min(pause.length, _SPREAD)
            self._clock.sleep(left + spread * self._chance())

    def slow_down(self, origin: str, asked_at: float, told: float | None) -> None:
        """Note that a request made at ``asked_at`` was told to slow down.

        Args:
            told: For how many seconds, if the host said so.
        """
        self._pause(origin, asked_at, told)
        self._tell(Complaint(origin, asked_at, told))

    def _pause(self, origin: str, asked_at: float, told: float | None) -> None:
        with self._lock:
            now = self._clock.monotonic()
            pause = self._pauses.get(origin)
            if pause is None or now > pause.until + _RESPITE:
                pause = _Pause(now, now, 0.0, 0)
            # What was under way when the pause began is no new complaint.
            fresh = pause.strikes == 0 or asked_at >= pause.until
            strikes = pause.strikes + 1 if fresh else pause.strikes
            if told is None:
                length = self._own_length(strikes)
            else:
                length = max(told, self._own_length(strikes - 1))
            length = min(length, self._longest)
            until = max(pause.until, now + length)
            self._pauses[origin] = _Pause(pause.began, until, length, strikes)
            if fresh:
                self._rates[origin].ease(asked_at, until)

    def answered(self, origin: str, asked_at: float) -> None:
        """Note that a request made at ``asked_at`` was answered as usual."""
        if origin not in self._pauses:
            return
        with self._lock:
            pause = self._pauses.get(origin)
            if pause is not None and asked_at >= pause.until:
                del self._pauses[origin]

    def _own_length(self, strikes: int) -> float:
        # 2.0 ** 1024 is not a float any more.
        return self._first * 2.0 ** min(strikes - 1, 64) if strikes else 0.0
