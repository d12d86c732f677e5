"""An interpreter of Amazon States Language, for the states that our definition uses.

It does what ministack's does not: a task of ECS fails with its container's exit status,
a Map that fails stops the tasks of its other items, and AWS's limits hold.
"""

import random
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import Lock
from typing import Any, Protocol

from tests.support.asl_choice import chosen
from tests.support.asl_data import (
    Json,
    StateError,
    filled,
    placed,
    taken,
    written,
)
from tests.support.asl_stop import Stop, StoppedError

MAX_DATA = 262_144  # bytes, of what goes into a state or comes out of it
MAX_EVENTS = 25_000  # of an execution's history
_MOST_AT_ONCE = 40  # items of an inline Map
# What AWS writes of each into the history. A task of ECS has one more event.
_EVENTS_OF_A_STATE = 2
_EVENTS_OF_A_TASK = 4
_EVENTS_OF_AN_ITEM = 2
# No handler is asked about it, and none but one that names it.
_FATAL = "States.Runtime"
_NAMED_ONLY = "States.DataLimitExceeded"


class Services(Protocol):
    """What the tasks of a state machine are done by."""

    def call(
        self, resource: str, parameters: Json, timeout: float | None, stop: Stop
    ) -> Json:
        """Do a task, and return its result.

        Raises:
            StateError: it failed, or took longer than ``timeout`` seconds.
            StoppedError: it was told to end; nothing of it runs on.
        """


@dataclass(slots=True)
class History:
    """What an execution has been through.

    ``steps`` are the states it entered, in order; those of a Map's items come as they
    come. ``events`` is how many AWS would have written.
    """

    steps: list[str] = field(default_factory=list)
    events: int = 1
    _lock: Lock = field(default_factory=Lock)

    def add(self, events: int, step: str | None = None) -> None:
        """Add what AWS writes of one thing that happens.

        Raises:
            StateError: that is more than a history may hold.
        """
        with self._lock:
            self.events += events
            if step is not None:
                self.steps.append(step)
            if self.events > MAX_EVENTS:
                raise StateError(_FATAL, f"more than {MAX_EVENTS} events")


class Interpreter:
    """Runs states until one ends the execution.

    Args:
        waits: What becomes of a second that a Wait or a Retry has it wait.
    """

    def __init__(self, services: Services, history: History, waits: float) -> None:
        self._services = services
        self._history = history
        self._waits = waits

    def run(
        self, machine: Mapping[str, Any], data: Json, context: Json, stop: Stop
    ) -> Json:
        """Run a machine, or a Map's processor, and return its output.

        Raises:
            StateError: it failed.
            StoppedError: it was told to end.
        """
        name: str | None = machine["StartAt"]
        while name is not None:
            stop.check()
            self._history.add(_EVENTS_OF_A_STATE, name)
            state = machine["States"][name]
            now = datetime.now(UTC).isoformat()  # noqa: TID251  AWS's own clock
            entered = {"Name": name, "EnteredTime": now, "RetryCount": 0}
            data, name = self._step(state, data, {**context, "State": entered}, stop)
            _check_size(data)
        return data

    def _step(
        self, state: Mapping[str, Any], data: Json, context: Json, stop: Stop
    ) -> tuple[Json, str | None]:
        """Run one state; return its output, and the state that follows, if any."""
        match state["Type"]:
            case "Task":
                return self._handled(state, data, context, stop, self._task)
            case "Map":
                return self._handled(state, data, context, stop, self._map)
            case "Fail":
                raise StateError(state.get("Error", ""), state.get("Cause", ""))
            case "Choice":
                given = taken(state.get("InputPath", "$"), data, context)
                follows = chosen(state, given, context)
                return taken(state.get("OutputPath", "$"), given, context), follows
            case "Pass":
                given = taken(state.get("InputPath", "$"), data, context)
                result = given
                if "Parameters" in state:
                    result = filled(state["Parameters"], given, context)
                output = placed(
                    state.get("ResultPath", "$"), data, state.get("Result", result)
                )
            case "Wait":
                stop.wait(state["Seconds"] * self._waits)
                output = taken(state.get("InputPath", "$"), data, context)
            case _:
                output = taken(state.get("InputPath", "$"), data, context)
        return taken(state.get("OutputPath", "$"), output, context), state.get("Next")

    def _handled(
        self,
        state: Mapping[str, Any],
        data: Json,
        context: Json,
        stop: Stop,
        attempt: Callable[[Mapping[str, Any], Json, Json, Stop], Json],
    ) -> tuple[Json, str | None]:
        """Make attempts at a state as its Retry says, and heed its Catch."""
        used = [0] * len(state.get("Retry", []))
        while True:
            context["State"]["RetryCount"] = sum(used)
            try:
                result = attempt(state, data, context, stop)
                if "ResultSelector" in state:
                    result = filled(state["ResultSelector"], result, context)
                output = placed(state.get("ResultPath", "$"), data, result)
                output = taken(state.get("OutputPath", "$"), output, context)
                return output, state.get("Next")
            except StateError as error:
                number = _first_for(error, state.get("Retry", []))
                if number is not None:
                    retrier = state["Retry"][number]
                    if used[number] < retrier.get("MaxAttempts", 3):
                        stop.wait(_pause(retrier, used[number]) * self._waits)
                        used[number] += 1
                        continue
                number = _first_for(error, state.get("Catch", []))
                if number is None:
                    raise
                catcher = state["Catch"][number]
                said = {"Error": error.error, "Cause": error.cause}
                return placed(catcher.get("ResultPath", "$"), data, said), catcher[
                    "Next"
                ]

    def _task(
        self, state: Mapping[str, Any], data: Json, context: Json, stop: Stop
    ) -> Json:
        given = taken(state.get("InputPath", "$"), data, context)
        if "Parameters" in state:
            given = filled(state["Parameters"], given, context)
        _check_size(given)
        self._history.add(_EVENTS_OF_A_TASK)
        timeout = state.get("TimeoutSeconds")
        result = self._services.call(state["Resource"], given, timeout, stop)
        _check_size(result)
        return result

    def _map(
        self, state: Mapping[str, Any], data: Json, context: Json, stop: Stop
    ) -> Json:
        given = taken(state.get("InputPath", "$"), data, context)
        items = taken(state.get("ItemsPath", "$"), given, context)
        if not isinstance(items, list):
            raise StateError(_FATAL, "the items are no array")
        part = Stop(stop)

        def run(index: int) -> Json:
            item = {"Index": index, "Value": items[index]}
            own = deepcopy({**context, "Map": {"Item": item}})
            data = items[index]
            try:
                self._history.add(_EVENTS_OF_AN_ITEM)
                if "ItemSelector" in state:
                    data = filled(state["ItemSelector"], given, own)
                return self.run(state["ItemProcessor"], data, own, part)
            except StateError:
                # The others are of no use any more.
                part.set()
                raise

        at_once = min(state.get("MaxConcurrency") or _MOST_AT_ONCE, _MOST_AT_ONCE)
        with ThreadPoolExecutor(at_once) as pool:
            futures = [pool.submit(run, index) for index in range(len(items))]
        errors = [error for each in futures if (error := each.exception())]
        for error in errors:
            if not isinstance(error, StoppedError):
                raise error
        stop.check()
        return [each.result() for each in futures]


def _first_for(error: StateError, handlers: list[Any]) -> int | None:
    """Return which handler, if any, is the first to speak of an error."""
    if error.error == _FATAL:
        return None
    for number, handler in enumerate(handlers):
        names = handler["ErrorEquals"]
        if error.error in names:
            return number
        if error.error == _NAMED_ONLY:
            continue
        if "States.ALL" in names:
            return number
        if "States.TaskFailed" in names and error.error != "States.Timeout":
            return number
    return None


def _pause(retrier: Mapping[str, Any], used: int) -> float:
    """Return how many seconds a retrier has us wait."""
    rate: float = retrier.get("BackoffRate", 2.0)
    seconds: float = retrier.get("IntervalSeconds", 1) * rate**used
    seconds = min(seconds, retrier.get("MaxDelaySeconds", seconds))
    return random.uniform(0, seconds) if "JitterStrategy" in retrier else seconds


def _check_size(data: Json) -> None:
    size = len(written(data).encode())
    if size > MAX_DATA:
        raise StateError(_NAMED_ONLY, f"{size} bytes, of {MAX_DATA} at most")
