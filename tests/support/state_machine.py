"""AWS Step Functions on one machine: executions of definitions as they are deployed."""

import json
import re
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from http import HTTPStatus
from threading import Lock, Timer
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from uuid import uuid4

import boto3
from botocore.config import Config

from tests.support.asl_check import wrong_with
from tests.support.asl_data import StateError, written
from tests.support.asl_services import AwsServices
from tests.support.asl_states import MAX_DATA, History, Interpreter, Services
from tests.support.asl_stop import Stop, StoppedError
from tests.support.loopback import Answer, Asked, LoopbackServer, json_answer
from tests.support.runtime_api import ACCOUNT, REGION

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

_MAX_NAME = 80  # characters
_TARGET = "AWSStepFunctions."
_JSON = "application/x-amz-json-1.0"
_AT_ONCE = 32  # executions
_LONGEST = 15 * 60.0  # seconds


class _RefusedError(Exception):
    """A call that AWS refuses, with the name of its error."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class Execution:
    """One run of a state machine, from its input to its output."""

    def __init__(self, machine_arn: str, name: str, given: str) -> None:
        machine = machine_arn.rpartition(":")[2]
        self.machine_arn = machine_arn
        self.arn = f"arn:aws:states:{REGION}:{ACCOUNT}:execution:{machine}:{name}"
        self.name = name
        self.given = given
        self.history = History()
        self.status = "RUNNING"
        self.output: Any = None
        self.error: StateError | None = None
        self._stop = Stop()
        self._stopped_as = ""
        self._started_at = time.time_ns() / 1e9
        self._ended_at = 0.0

    def stop(self, status: str) -> None:
        """Tell it to end, and with what status."""
        self._stopped_as = status
        self._stop.set()

    def run(
        self, definition: Mapping[str, Any], services: Services, waits: float
    ) -> None:
        """Run it, from the first state to the last."""
        timer = Timer(
            definition.get("TimeoutSeconds", 31_536_000), self.stop, ["TIMED_OUT"]
        )
        timer.daemon = True
        timer.start()
        data = json.loads(self.given)
        machine = self.machine_arn.rpartition(":")[2]
        context = {
            "Execution": {
                "Id": self.arn,
                "Input": data,
                "Name": self.name,
                "StartTime": self._started_at,
            },
            "StateMachine": {"Id": self.machine_arn, "Name": machine},
        }
        try:
            interpreter = Interpreter(services, self.history, waits)
            self.output = interpreter.run(definition, data, context, self._stop)
            status = "SUCCEEDED"
        except StateError as error:
            self.error = error
            status = "FAILED"
        except StoppedError:
            status = self._stopped_as
        finally:
            timer.cancel()
        self._ended_at = time.time_ns() / 1e9
        self.status = status

    def described(self) -> dict[str, Any]:
        """Return what DescribeExecution says of it."""
        said: dict[str, Any] = {
            "executionArn": self.arn,
            "stateMachineArn": self.machine_arn,
            "name": self.name,
            "status": self.status,
            "startDate": self._started_at,
            "input": self.given,
        }
        if self.status != "RUNNING":
            said["stopDate"] = self._ended_at
        if self.status == "SUCCEEDED":
            said["output"] = written(self.output)
        if self.error is not None:
            said |= {"error": self.error.error, "cause": self.error.cause}
        return said


class StateMachines:
    """Runs state machines, for as long as the ``with`` block lasts.

    It answers StartExecution, DescribeExecution, ListExecutions and StopExecution. Of
    a definition it takes what ``asl_states`` knows. The name of an execution is refused
    for good; while that runs, to start it again with the same input changes nothing.

    Args:
        lambda_url: Where functions are invoked.
        ecs_url: Where tasks are run.
        waits: What becomes of a second that a Wait or a Retry has an execution wait.
    """

    def __init__(self, lambda_url: str, ecs_url: str, *, waits: float = 0.01) -> None:
        self._lambda_url = lambda_url
        self._ecs_url = ecs_url
        self._waits = waits
        self._lock = Lock()
        self._definitions: dict[str, Mapping[str, Any]] = {}
        self._executions: dict[str, Execution] = {}
        self._running: list[Future[None]] = []
        self._server = LoopbackServer(self._answer)

    def __enter__(self) -> Self:
        self._functions = _session().client(
            "lambda",
            endpoint_url=self._lambda_url,
            # Who gives up sooner than a function may take invokes it again.
            config=Config(read_timeout=_LONGEST),
        )
        self._tasks = _session().client("ecs", endpoint_url=self._ecs_url)
        self._services = AwsServices(self._functions, self._tasks)
        self._pool = ThreadPoolExecutor(_AT_ONCE)
        self._server.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.__exit__(kind, error, traceback)
        for execution in self.executions():
            execution.stop("ABORTED")
        with closing(self._functions), closing(self._tasks):
            self._pool.shutdown()
        for running in self._running:
            # What an execution did not expect is a mistake of ours, and is told.
            running.result()

    @property
    def endpoint_url(self) -> str:
        """The API's URL: what AWS_ENDPOINT_URL_SFN says."""
        return self._server.origin

    def client(self) -> "SFNClient":
        """Return a new client of this API; the caller closes it."""
        return _session().client("stepfunctions", endpoint_url=self.endpoint_url)

    def deploy(self, name: str, definition: Mapping[str, Any]) -> str:
        """Make this the definition of a state machine, and return its ARN.

        Raises:
            ValueError: something is wrong with it.
        """
        if wrong := wrong_with(definition):
            raise ValueError("; ".join(wrong))
        arn = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{name}"
        self._definitions[arn] = definition
        return arn

    def executions(self) -> list[Execution]:
        """Return every execution, the oldest first."""
        with self._lock:
            return list(self._executions.values())

    def _answer(self, asked: Asked) -> Answer:
        try:
            return json_answer(self._called(asked), content_type=_JSON)
        except _RefusedError as refused:
            return json_answer(
                {"__type": refused.kind, "message": str(refused)},
                HTTPStatus.BAD_REQUEST,
                content_type=_JSON,
            )

    def _called(self, asked: Asked) -> dict[str, Any]:
        calls: dict[str, Callable[[Any], dict[str, Any]]] = {
            "StartExecution": self._start,
            "DescribeExecution": lambda body: self._find(body).described(),
            "ListExecutions": self._list,
            "StopExecution": self._stop,
        }
        name = asked.headers.get("x-amz-target", "").removeprefix(_TARGET)
        if name not in calls:
            raise _RefusedError("UnknownOperationException", name)
        return calls[name](asked.json())

    def _start(self, body: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
        definition = self._definition(body)
        name, given = body.get("name") or str(uuid4()), body.get("input", "{}")
        _check_start(name, given)
        new = Execution(body["stateMachineArn"], name, given)
        with self._lock:
            known = self._executions.setdefault(new.arn, new)
        if known is new:
            self._running.append(
                self._pool.submit(new.run, definition, self._services, self._waits)
            )
        elif known.status != "RUNNING" or known.given != given:
            raise _RefusedError(
                "ExecutionAlreadyExists", f"Execution Already Exists: '{known.arn}'"
            )
        said = known.described()
        return {"executionArn": known.arn, "startDate": said["startDate"]}

    def _list(self, body: Any) -> dict[str, Any]:  # noqa: ANN401
        self._definition(body)
        wanted = body.get("statusFilter")
        said = [
            each.described()
            for each in reversed(self.executions())
            if each.machine_arn == body["stateMachineArn"]
            and wanted in (None, each.status)
        ]
        names = ("executionArn", "stateMachineArn", "name", "status", "startDate")
        return {"executions": [{name: each[name] for name in names} for each in said]}

    def _stop(self, body: Any) -> dict[str, Any]:  # noqa: ANN401
        self._find(body).stop("ABORTED")
        return {"stopDate": time.time_ns() / 1e9}

    def _definition(self, body: Any) -> Mapping[str, Any]:  # noqa: ANN401
        arn = body["stateMachineArn"]
        if arn not in self._definitions:
            raise _RefusedError(
                "StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'"
            )
        return self._definitions[arn]

    def _find(self, body: Any) -> Execution:  # noqa: ANN401
        arn = body["executionArn"]
        with self._lock:
            if arn not in self._executions:
                raise _RefusedError(
                    "ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'"
                )
            return self._executions[arn]


def _check_start(name: str, given: str) -> None:
    """Refuse what AWS refuses.

    Raises:
        _RefusedError: it does.
    """
    if not re.fullmatch(rf"[A-Za-z0-9_-]{{1,{_MAX_NAME}}}", name):
        raise _RefusedError("InvalidName", f"Invalid Name: '{name}'")
    if len(given.encode()) > MAX_DATA:
        raise _RefusedError(
            "ValidationException",
            "1 validation error detected: Value at 'input' failed to satisfy "
            f"constraint: Member must have length less than or equal to {MAX_DATA}",
        )
    try:
        json.loads(given)
    except ValueError as error:
        raise _RefusedError("InvalidExecutionInput", str(error)) from error


def _session() -> boto3.session.Session:
    return boto3.session.Session("testing", "testing", region_name=REGION)
