"""Services of a state machine that answer by a script."""

from collections.abc import Callable
from threading import Barrier, Lock

from tests.support.asl_data import Json, StateError
from tests.support.asl_stop import Stop, StoppedError

Part = Callable[[Json], Json]


class ScriptedServices:
    """Answers each call of a resource with what the script has for its parameters.

    ``calls`` are the parameters of every call; ``at_once`` is the most that ever ran;
    ``stopped`` are the parameters of those that were told to end.
    """

    def __init__(self, script: dict[str, Part], seconds: float = 0.0) -> None:
        self.calls: list[Json] = []
        self.stopped: list[Json] = []
        self.at_once = 0
        self._script = script
        self._seconds = seconds
        self._running = 0
        self._lock = Lock()

    def call(
        self, resource: str, parameters: Json, timeout: float | None, stop: Stop
    ) -> Json:
        """Answer by the script, after the time that each call takes."""
        del timeout
        with self._lock:
            self.calls.append(parameters)
            self._running += 1
            self.at_once = max(self.at_once, self._running)
        try:
            answer = self._script[resource](parameters)
            stop.wait(self._seconds)
        except StoppedError:
            self.stopped.append(parameters)
            raise
        finally:
            with self._lock:
                self._running -= 1
        return answer


def failing(times: int, error: str, answer: Json) -> Part:
    """Return a part that fails so many times, and then answers."""
    left = times

    def part(_parameters: Json) -> Json:
        nonlocal left
        if left:
            left -= 1
            raise StateError(error, "as the script says")
        return answer

    return part


def together(calls: int) -> Part:
    """Return a part that answers with its parameters, to so many calls at a time."""
    barrier = Barrier(calls, timeout=30)

    def part(parameters: Json) -> Json:
        barrier.wait()
        return parameters

    return part
