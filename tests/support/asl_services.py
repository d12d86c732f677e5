"""AWS's services as a state machine calls them: functions, and tasks of ECS."""

import json
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from tests.support.asl_data import Json, StateError, written
from tests.support.asl_stop import Stop, StoppedError

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_lambda import LambdaClient

_POLL_EVERY = 0.05  # seconds between two looks at a task
_STARTED_BY = "AWS Step Functions"
_HEADERS = ("X-Amz-Executed-Version", "x-amzn-RequestId", "Content-Type", "Date")


class AwsServices:
    """Calls functions and runs tasks, through clients of AWS."""

    def __init__(self, functions: "LambdaClient", tasks: "ECSClient") -> None:
        self._functions = functions
        self._tasks = tasks

    def call(
        self, resource: str, parameters: Json, timeout: float | None, stop: Stop
    ) -> Json:
        """Do a task, and return its result."""
        deadline = None if timeout is None else time.monotonic() + timeout
        match resource.removeprefix("arn:aws:states:::"):
            case "lambda:invoke":
                result = self._invoke(parameters)
                if deadline is not None and time.monotonic() > deadline:
                    raise StateError("States.Timeout")
                return result
            case "ecs:runTask":
                return _pascal(self._run(parameters))
            case "ecs:runTask.sync":
                return self._run_to_its_end(parameters, deadline, stop)
            case _:
                raise StateError("States.Runtime", f"{resource} is not known here")

    def _invoke(self, parameters: Mapping[str, Any]) -> Json:
        try:
            answer = self._functions.invoke(
                FunctionName=parameters["FunctionName"],
                InvocationType=parameters.get("InvocationType", "RequestResponse"),
                Payload=written(parameters.get("Payload", {})),
            )
        except ClientError as error:
            raise _failed("Lambda", error) from error
        except BotoCoreError as error:
            raise StateError("Lambda.SdkClientException", str(error)) from error
        said = answer["Payload"].read()
        if answer.get("FunctionError"):
            kind = json.loads(said).get("errorType", "Lambda.Unknown")
            raise StateError(kind, said.decode())
        meta = answer["ResponseMetadata"]
        headers = dict.fromkeys(_HEADERS, "-" * 40)
        return {
            "ExecutedVersion": "$LATEST",
            "Payload": json.loads(said) if said else "",
            "SdkHttpMetadata": {
                "AllHttpHeaders": {name: [value] for name, value in headers.items()},
                "HttpHeaders": headers,
                "HttpStatusCode": meta["HTTPStatusCode"],
            },
            "SdkResponseMetadata": {"RequestId": meta["RequestId"]},
            "StatusCode": answer["StatusCode"],
        }

    def _run(self, parameters: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any JSON
        try:
            return self._tasks.run_task(
                **{"startedBy": _STARTED_BY, **_camel(parameters)}
            )
        except ClientError as error:
            raise _failed("ECS", error) from error
        except BotoCoreError as error:
            raise StateError("ECS.SdkClientException", str(error)) from error

    def _run_to_its_end(
        self, parameters: Mapping[str, Any], deadline: float | None, stop: Stop
    ) -> Json:
        started = self._run(parameters)
        if not started["tasks"]:
            raise StateError("ECS.AmazonECSException", started["failures"][0]["reason"])
        cluster = parameters.get("Cluster", "default")
        arn = started["tasks"][0]["taskArn"]
        while True:
            try:
                stop.wait(_POLL_EVERY)
            except StoppedError:
                self._stop(cluster, arn)
                raise
            (task,) = self._tasks.describe_tasks(cluster=cluster, tasks=[arn])["tasks"]
            if task["lastStatus"] == "STOPPED":
                break
            if deadline is not None and time.monotonic() > deadline:
                self._stop(cluster, arn)
                raise StateError("States.Timeout")
        ended = _pascal(task)
        if any(each.get("exitCode") != 0 for each in task["containers"]):
            raise StateError("States.TaskFailed", json.dumps(ended, default=str))
        return json.loads(json.dumps(ended, default=str))

    def _stop(self, cluster: str, arn: str) -> None:
        self._tasks.stop_task(
            cluster=cluster, task=arn, reason="The state machine has no use for it."
        )


def _failed(service: str, error: ClientError) -> StateError:
    said = error.response["Error"]
    return StateError(f"{service}.{said['Code']}", said["Message"])


def _camel(data: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return data with the names of ECS's own API for those of a state machine."""
    return _renamed(data, str.lower)


def _pascal(data: Any) -> Any:  # noqa: ANN401 - any JSON
    """Return data with the names of a state machine for those of ECS's own API."""
    return _renamed(data, str.upper)


def _renamed(data: Any, case: Any) -> Any:  # noqa: ANN401
    if isinstance(data, Mapping):
        return {
            case(name[0]) + name[1:]: _renamed(value, case)
            for name, value in data.items()
            if name != "ResponseMetadata"
        }
    if isinstance(data, list):
        return [_renamed(each, case) for each in data]
    return data
