"""Amazon ECS on one machine: tasks are processes.

It answers RunTask, DescribeTasks, StopTask and ListTasks, with the limits of AWS.
"""

import re
from collections import deque
from collections.abc import Callable, Mapping
from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import boto3

from tests.support.loopback import Answer, Asked, LoopbackServer, json_answer
from tests.support.runtime_api import ACCOUNT, REGION
from tests.support.tasks import Task, TaskDefinition, characters

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient

MAX_OVERRIDES = 8_192  # characters
MAX_COUNT = 10  # tasks a call
_MAX_TOKEN = 64  # characters
_MAX_STARTED_BY = 128  # characters
_MAX_DESCRIBED = 100  # tasks a call
_PAGE = 100  # tasks
_TARGET = "AmazonEC2ContainerServiceV20141113."
_JSON = "application/x-amz-json-1.1"
NO_CAPACITY = (
    "Capacity is unavailable at this time. Please try again later or in a different "
    "availability zone"
)


class _RefusedError(Exception):
    """A call that AWS refuses, with the name of its error."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


class TaskHost:
    """Runs tasks as processes, for as long as the ``with`` block lasts.

    A task is stopped by SIGTERM and, when its definition's time is up, by SIGKILL.
    ``interrupt`` is what Spot does to it, and ``Task.kill`` what no one announces.
    """

    def __init__(
        self, definitions: Mapping[str, TaskDefinition], cluster: str = "homebrew-sync"
    ) -> None:
        self._definitions = definitions
        self._cluster = cluster
        self._lock = Lock()
        self._tasks: dict[str, Task] = {}
        self._tokens: dict[str, tuple[object, list[str]]] = {}
        self._refusals: deque[str] = deque()
        self._server = LoopbackServer(self._answer)

    def __enter__(self) -> Self:
        self._folder = TemporaryDirectory(prefix="tasks-")
        self._server.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.__exit__(kind, error, traceback)
        for task in self._tasks.values():
            task.close()
        self._folder.cleanup()

    @property
    def endpoint_url(self) -> str:
        """The API's URL: what AWS_ENDPOINT_URL_ECS says."""
        return self._server.origin

    def client(self) -> "ECSClient":
        """Return a new client of this API; the caller closes it."""
        return boto3.session.Session().client(
            "ecs",
            region_name=REGION,
            endpoint_url=self.endpoint_url,
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
        )

    def tasks(self) -> list[Task]:
        """Return every task that was started, the oldest first."""
        with self._lock:
            return list(self._tasks.values())

    def refuse_next(self, count: int, reason: str = NO_CAPACITY) -> None:
        """Find no place for the next tasks."""
        with self._lock:
            self._refusals.extend([reason] * count)

    def interrupt(self, task: Task) -> None:
        """Take a Spot task away, as AWS does: with a warning."""
        task.stop("SpotInterruption", "Your Spot Task was interrupted.")

    def log(self) -> str:
        """Return what all tasks have printed, one after the other."""
        return "".join(task.log.read_text(errors="replace") for task in self.tasks())

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
            "RunTask": self._run_task,
            "DescribeTasks": self._describe_tasks,
            "StopTask": self._stop_task,
            "ListTasks": self._list_tasks,
        }
        name = asked.headers.get("x-amz-target", "").removeprefix(_TARGET)
        if name not in calls:
            raise _RefusedError("UnknownOperationException", name)
        body = asked.json()
        if body.get("cluster", "default").rpartition("/")[2] != self._cluster:
            raise _RefusedError("ClusterNotFoundException", "Cluster not found.")
        return calls[name](body)

    def _run_task(self, body: Any) -> dict[str, Any]:  # noqa: ANN401 - any JSON
        family, definition = self._definition(body.get("taskDefinition", ""))
        _check_run(body, definition)
        token = body.get("clientToken")
        with self._lock:
            if token in self._tokens:
                request, arns = self._tokens[token]
                if request != body:
                    raise _RefusedError(
                        "ConflictException",
                        "The client token was used with another request.",
                    )
                return {
                    "tasks": [self._tasks[arn].described() for arn in arns],
                    "failures": [],
                }
            started: list[Task] = []
            failures: list[dict[str, str]] = []
            for _ in range(body.get("count", 1)):
                if self._refusals:
                    failures.append({"reason": self._refusals.popleft()})
                    continue
                log = Path(self._folder.name, f"{len(self._tasks) + 1}.log")
                task = Task(self._cluster, family, definition, body, log)
                self._tasks[task.arn] = task
                started.append(task)
            if token is not None and not failures:
                self._tokens[token] = (body, [task.arn for task in started])
        return {"tasks": [task.described() for task in started], "failures": failures}

    def _describe_tasks(self, body: Any) -> dict[str, Any]:  # noqa: ANN401
        if len(body["tasks"]) > _MAX_DESCRIBED:
            raise _RefusedError(
                "InvalidParameterException", "Tasks cannot have more than 100 elements."
            )
        found = {ref: self._find(ref) for ref in body["tasks"]}
        return {
            "tasks": [task.described() for task in found.values() if task],
            "failures": [
                {"arn": ref, "reason": "MISSING"}
                for ref, task in found.items()
                if not task
            ],
        }

    def _stop_task(self, body: Any) -> dict[str, Any]:  # noqa: ANN401
        task = self._find(body["task"])
        if task is None:
            raise _RefusedError(
                "InvalidParameterException", "The referenced task was not found."
            )
        task.stop("UserInitiated", body.get("reason", "Task stopped by user"))
        return {"task": task.described()}

    def _list_tasks(self, body: Any) -> dict[str, Any]:  # noqa: ANN401
        wants_stopping = body.get("desiredStatus", "RUNNING") == "STOPPED"
        arns = [
            task.arn
            for task in self.tasks()
            if task.stopping == wants_stopping
            and body.get("family") in (None, task.family)
            and body.get("startedBy") in (None, task.asked.get("startedBy"))
        ]
        start = int(body.get("nextToken", "0"))
        stop = start + min(body.get("maxResults", _PAGE), _PAGE)
        page: dict[str, Any] = {"taskArns": arns[start:stop]}
        return page | ({"nextToken": str(stop)} if stop < len(arns) else {})

    def _definition(self, ref: str) -> tuple[str, TaskDefinition]:
        family = re.sub(r":\d+$", "", ref.rpartition("/")[2])
        if family not in self._definitions:
            raise _RefusedError("ClientException", "TaskDefinition not found.")
        return family, self._definitions[family]

    def _find(self, ref: str) -> Task | None:
        prefix = f"arn:aws:ecs:{REGION}:{ACCOUNT}:task/{self._cluster}/"
        with self._lock:
            return self._tasks.get(ref if ref.startswith("arn:") else prefix + ref)


def _check_run(body: Any, definition: TaskDefinition) -> None:  # noqa: ANN401
    """Refuse what AWS refuses.

    Raises:
        _RefusedError: it does.
    """
    overrides = body.get("overrides", {})
    if characters(overrides) > MAX_OVERRIDES:
        raise _RefusedError(
            "InvalidParameterException",
            f"Container Overrides length must be at most {MAX_OVERRIDES}",
        )
    for override in overrides.get("containerOverrides", []):
        if override["name"] != definition.container:
            raise _RefusedError(
                "InvalidParameterException",
                f"Override for container named {override['name']} is not a container "
                "in the TaskDefinition.",
            )
    if not 1 <= body.get("count", 1) <= MAX_COUNT:
        raise _RefusedError(
            "InvalidParameterException", "Count must be between 1 and 10"
        )
    for name, limit in (("clientToken", _MAX_TOKEN), ("startedBy", _MAX_STARTED_BY)):
        if len(body.get(name, "")) > limit:
            raise _RefusedError(
                "InvalidParameterException", f"{name} has more than {limit} characters"
            )
    if "launchType" in body and "capacityProviderStrategy" in body:
        raise _RefusedError(
            "InvalidParameterException",
            "Specifying both a launch type and capacity provider strategy is not "
            "supported. Remove one and try again.",
        )
