"""AWS Lambda on one machine: functions, their processes, queue and destinations."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import BoundedSemaphore, Event, Lock
from types import TracebackType
from typing import Self
from uuid import uuid4

from tests.support.lambda_function import (
    MAX_EVENT,
    MAX_REQUEST,
    Function,
    NoFunctionError,
    ThrottledError,
    TooLargeError,
    given_up,
)
from tests.support.runtime_api import Environment, Limits, Outcome, failure

_AT_ONCE = 64  # asynchronous events under way, over all functions
_POLL_EVERY = 0.05  # seconds


@dataclass(frozen=True, slots=True)
class Record:
    """One attempt at an invocation."""

    request_id: str
    event: bytes
    attempt: int
    outcome: Outcome


class _Deployed:
    """A function with its environments."""

    def __init__(self, name: str, function: Function, folder: Path) -> None:
        self.name = name
        self.function = function
        self.slots = BoundedSemaphore(function.concurrency)
        self.idle: list[Environment] = []
        self.busy: list[Environment] = []
        self.logs: list[Path] = []
        self._folder = folder

    def start(self) -> Environment:
        function = self.function
        environment = Environment(
            self.name,
            function.handler,
            Limits(function.timeout, function.memory),
            function.environment,
            self._folder / str(len(self.logs) + 1),
        )
        self.logs.append(environment.log)
        return environment


class LambdaHost:
    """Runs handlers as AWS Lambda does, for as long as the ``with`` block lasts.

    An environment serves again while its process lives, as a warm one, and another is
    started when all are busy. Asynchronous events are queued, given again after a
    failure with the same request id, and handed to a destination when given up.

    Attributes:
        retry_after: Seconds between two attempts, where AWS waits for minutes.
    """

    def __init__(self, *, retry_after: float = 0.05) -> None:
        self.retry_after = retry_after
        self._closing = Event()
        self._lock = Lock()
        self._functions: dict[str, _Deployed] = {}
        self._records: dict[str, list[Record]] = {}
        self._deliveries: list[Future[None]] = []

    def __enter__(self) -> Self:
        self._folder = TemporaryDirectory(prefix="lambda-")
        self._pool = ThreadPoolExecutor(_AT_ONCE)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self._lock:
            self._closing.set()
            for deployed in self._functions.values():
                for environment in deployed.busy:
                    environment.kill()
        self._pool.shutdown(cancel_futures=True)
        with self._lock:
            for deployed in self._functions.values():
                for environment in deployed.idle:
                    environment.close()
                deployed.idle.clear()
        self._folder.cleanup()

    def deploy(self, name: str, function: Function) -> None:
        """Make ``name`` this function; a function of that name is replaced."""
        with self._lock:
            before = self._functions.get(name)
            folder = Path(self._folder.name, f"{name}-{uuid4().hex}")
            self._functions[name] = _Deployed(name, function, folder)
            self._records.setdefault(name, [])
        if before is not None:
            for environment in before.idle:
                environment.close()

    def invoke(self, name: str, event: bytes) -> Outcome:
        """Have a function answer an event, and return how that ended.

        Raises:
            NoFunctionError: there is none of that name.
            TooLargeError: the event has more than 6 MB.
            ThrottledError: as many invocations run as may.
        """
        deployed = self._deployed(name)
        if len(event) > MAX_REQUEST:
            raise TooLargeError(MAX_REQUEST)
        if not deployed.slots.acquire(blocking=False):
            raise ThrottledError(name)
        return self._attempt(deployed, str(uuid4()), event, 1)

    def send(self, name: str, event: bytes) -> str:
        """Queue an event for a function, and return the request id it will have.

        Raises:
            NoFunctionError: there is none of that name.
            TooLargeError: the event has more than 1 MB.
        """
        deployed = self._deployed(name)
        if len(event) > MAX_EVENT:
            raise TooLargeError(MAX_EVENT)
        request_id = str(uuid4())
        with self._lock:
            self._deliveries += [
                self._pool.submit(self._deliver, deployed, request_id, event)
                for _ in range(deployed.function.deliveries)
            ]
        return request_id

    def kill(self, name: str) -> int:
        """Kill the processes that are busy with this function; return how many."""
        with self._lock:
            busy = list(self._functions[name].busy)
            for environment in busy:
                environment.kill()
        return len(busy)

    def wait_until_idle(self, within: float = 60.0) -> None:
        """Wait until the queue is empty and no asynchronous invocation runs.

        Raises:
            TimeoutError: that did not come to be within so many seconds.
        """
        deadline = time.monotonic() + within
        while True:
            with self._lock:
                if not self._deliveries:
                    return
                # Whatever one of them sends in turn is in the list before it is done.
                delivery = self._deliveries[0]
            delivery.result(timeout=max(0.0, deadline - time.monotonic()))
            with self._lock:
                self._deliveries.remove(delivery)

    def records(self, name: str) -> list[Record]:
        """Return every attempt at invoking a function, in the order they ended."""
        with self._lock:
            return list(self._records[name])

    def log(self, name: str) -> str:
        """Return what a function has printed, one environment after the other."""
        with self._lock:
            logs = list(self._functions[name].logs)
        return "".join(log.read_text(errors="replace") for log in logs)

    def _deployed(self, name: str) -> _Deployed:
        with self._lock, suppress(KeyError):
            return self._functions[name]
        raise NoFunctionError(name)

    def _deliver(self, deployed: _Deployed, request_id: str, event: bytes) -> None:
        """Give an event to a function until it takes it, or until it is given up."""
        attempt = 1
        while True:
            while not deployed.slots.acquire(timeout=_POLL_EVERY):
                if self._closing.is_set():
                    return
            outcome = self._attempt(deployed, request_id, event, attempt)
            if not outcome.failed or self._closing.is_set():
                return
            if attempt > deployed.function.retries:
                break
            attempt += 1
            if self._closing.wait(self.retry_after):
                return
        record = given_up(deployed.name, request_id, event, attempt, outcome)
        match deployed.function.on_failure:
            case None:
                pass
            case str(name):
                self.send(name, json.dumps(record).encode())
            case tell:
                tell(record)

    def _attempt(
        self, deployed: _Deployed, request_id: str, event: bytes, attempt: int
    ) -> Outcome:
        """Invoke a function in a slot that was taken, and give the slot back."""
        try:
            with self._environment(deployed) as environment:
                outcome = (
                    failure("Sandbox.Failure", "the host is closing")
                    if environment is None
                    else environment.invoke(request_id, event)
                )
        finally:
            deployed.slots.release()
        with self._lock:
            self._records[deployed.name].append(
                Record(request_id, event, attempt, outcome)
            )
        return outcome

    @contextmanager
    def _environment(self, deployed: _Deployed) -> Iterator[Environment | None]:
        """Lend a warm environment, or a new one; None when it is too late for it."""
        with self._lock:
            if self._closing.is_set():
                environment = None
            else:
                while deployed.idle and not deployed.idle[-1].alive:
                    deployed.idle.pop().close()
                environment = deployed.idle.pop() if deployed.idle else deployed.start()
                deployed.busy.append(environment)
        yield environment
        if environment is None:
            return
        with self._lock:
            deployed.busy.remove(environment)
            current = self._functions[deployed.name] is deployed
            if environment.alive and current and not self._closing.is_set():
                deployed.idle.append(environment)
                return
        environment.close()
