"""The line between one process and S3, on which requests and answers get lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Final, NoReturn, TypeVar

from botocore.exceptions import ReadTimeoutError

from tests.fake_s3.bucket import S3Error
from tests.simulation.answers import said_no
from tests.simulation.faults import Fault, Weather
from tests.simulation.world import Crashed, World

T = TypeVar("T")

_PATIENCE = 5.0  # seconds a client waits for an answer
# What they are made of: an error that is raised again holds on to all whom it has met.
_NO: Final = {
    Fault.CONFLICT: (409, "ConditionalRequestConflict", "another is writing"),
    Fault.FAILED: (500, "InternalError", "we encountered an internal error"),
    Fault.SLOW_DOWN: (503, "SlowDown", "reduce your request rate"),
    Fault.FORBIDDEN: (403, "AccessDenied", "access denied"),
}

# There and back, in seconds. A conditional write to S3: 58 to 68 ms.
_LATENCY = {
    "PUT": (0.058, 0.068),
    "COPY": (0.058, 0.068),
    "GET": (0.015, 0.035),
    "HEAD": (0.010, 0.025),
    "LIST": (0.020, 0.045),
    "DELETE": (0.030, 0.050),
}
_UNANSWERED = (Fault.LOST, Fault.ANSWER_LOST, Fault.LATE)
_IN_THE_ANSWER = (Fault.CUT_SHORT, Fault.DAMAGED, Fault.FORGED, Fault.HOLEY_LIST)


class Line:
    """What one process asks of the bucket, and what comes of it.

    Attributes:
        who: The process, in the trace.
        cut: The process is dead: nothing it asks for leaves it any more.
        settled: Commits below this may be forged on the way: whoever reads them now
            will see that the next one does not follow.
        refused: It was answered with 403.
        misled: It was given something that is damaged.
        forged: Commits of which it was given another in their place.
        faults: How often each of them struck.
        methods: How many requests of each kind were sent.
        weather: How bad it is.
    """

    def __init__(self, who: str, world: World, weather: Weather) -> None:
        self.who = who
        self.world = world
        self.cut = False
        self.settled = 0
        self.refused = False
        self.misled = False
        self.forged: set[int] = set()
        self.faults: Counter[Fault] = Counter()
        self.methods: Counter[str] = Counter()
        self.weather = weather
        self._last: Fault | None = None

    def ask(self, method: str, key: str, carry_out: Callable[[], T]) -> T:
        """Send a request, and return what the bucket makes of it.

        Raises:
            ClientError: The answer is no.
            ReadTimeoutError: There is none.
            Crashed: The process is killed.
        """
        if self.cut:
            raise Crashed
        self.methods[method] += 1
        fault = self._strike(method)
        if fault is Fault.CRASH_BEFORE:
            self.crash()
        # A 500 says nothing of whether it was done.
        if fault in _NO and (fault is not Fault.FAILED or self.world.chance() < 0.5):
            self._turned_away(method, key, S3Error(*_NO[fault]))
        return self._sent(method, key, carry_out, fault)

    def crash(self) -> NoReturn:
        """Kill the process that calls."""
        self.cut = True
        raise Crashed

    def strikes(self, fault: Fault) -> bool:
        """Return whether ``fault`` strikes an answer that is on its way."""
        if self._last is not fault:
            return False
        self.faults[fault] += 1
        return True

    def _strike(self, method: str) -> Fault | None:
        self._last = self.weather.strike(method, self.world.random, self._last)
        fault = self._last
        if fault in _IN_THE_ANSWER:
            return None
        if fault is not None:
            self.faults[fault] += 1
            self.refused |= fault is Fault.FORBIDDEN
        return fault

    def _turned_away(self, method: str, key: str, no: S3Error) -> NoReturn:
        self.world.sleep(self.latency(method))
        self.world.say(self.who, f"{method} {key}: {no.status}, nothing done")
        raise said_no(no, method)

    def _sent(
        self, method: str, key: str, carry_out: Callable[[], T], fault: Fault | None
    ) -> T:
        outcome: list[T | S3Error] = []
        takes = self.latency(method) * (30 if fault is Fault.SLOW else 1)
        self._send(method, key, carry_out, fault, outcome, takes / 2)
        if fault is Fault.CRASH_UNDER_WAY:
            self.crash()
        if fault in _UNANSWERED:
            self.world.sleep(_PATIENCE)
            raise ReadTimeoutError(endpoint_url="https://s3.test")
        self.world.sleep(takes)
        if self.cut or fault is Fault.CRASH_AFTER:
            self.crash()
        answer = outcome[0] if fault is not Fault.FAILED else S3Error(*_NO[fault])
        if isinstance(answer, S3Error):
            raise said_no(answer, method)
        return answer

    def _send(
        self,
        method: str,
        key: str,
        carry_out: Callable[[], T],
        fault: Fault | None,
        outcome: list[T | S3Error],
        seconds: float,
    ) -> None:
        """Let the request arrive after some seconds, if it does."""

        def arrive() -> None:
            try:
                if method == "PUT":
                    self._pass_others(key)
                outcome.append(carry_out())
                told = "done"
            except S3Error as error:
                outcome.append(error)
                told = f"{error.status} {error.code}"
            if self.world.trace is not None:
                self.world.say(self.who, f"{method} {key}: {told} {fault or ''}")

        if fault is Fault.LOST:
            self.world.say(self.who, f"{method} {key}: lost")
            return
        if fault is Fault.LATE:
            seconds = _PATIENCE * (0.9 + 4.0 * self.world.chance() ** 4)
        if method == "PUT":
            self.world.under_way[key] += 1
        self.world.after(seconds, arrive)

    def _pass_others(self, key: str) -> None:
        """Arrive, while other puts to the same key may still be under way."""
        under_way = self.world.under_way
        under_way[key] -= 1
        if under_way[key] and self.world.chance() < self.weather.crowding:
            self.faults[Fault.CONFLICT] += 1
            raise S3Error(*_NO[Fault.CONFLICT])

    def latency(self, method: str) -> float:
        """Return the seconds that a request and its answer are on their way."""
        least, most = _LATENCY[method]
        return least + (most - least) * self.world.chance()
