"""What of a mirror is deployed on AWS and at work there, and starting a run of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from marshmallow import EXCLUDE, Schema, ValidationError

from adapters.aws.client import Aws
from adapters.ledger import fields as wire
from adapters.ledger.schemas import explained
from adapters.order_codec import decode_order
from domain.order import Order
from ports.deployment import (
    Deployment,
    Execution,
    Function,
    OrchestratorFailedError,
    Task,
    Triggered,
)
from ports.errors import MalformedError, NotFoundError

if TYPE_CHECKING:
    from mypy_boto3_ecs.type_defs import TaskTypeDef
    from mypy_boto3_lambda.type_defs import FunctionConfigurationResponseTypeDef

_FUNCTIONS: Final = ("orchestrator", "worker", "alarm")
_TASKS_AT_A_TIME: Final = 100  # ECS describes no more
_MANUAL: Final = b'{"source":"manual"}'
_NAME: Final = "or set project_name and aws_region to its own"


class _AnswerSchema(Schema):
    """What the orchestrator answers to a trigger."""

    class Meta:
        """Read by marshmallow."""

        unknown = EXCLUDE

    run_id = wire.text()
    outcome = wire.text()
    route = wire.text()
    bottles = wire.count()
    bytes = wire.count()
    shards = wire.count()


_ANSWER: Final = _AnswerSchema()


class AwsDeployment(Deployment):
    """The functions, the state machine and the cluster that are called after a mirror.

    Args:
        state_machine: The ARN of the state machine; found by its name if None.
    """

    def __init__(self, aws: Aws, project: str, state_machine: str | None) -> None:
        self._aws = aws
        self._project = project
        self._state_machine = state_machine

    @property
    def name(self) -> str:
        return self._project

    def functions(self) -> Mapping[str, Function | None]:
        names = [f"{self._project}-{each}" for each in _FUNCTIONS]
        return {name: self._function(name) for name in names}

    def executions(self, most: int) -> tuple[Execution, ...]:
        what, machine = "list executions", self._machine()
        with self._aws.translator.translated(
            f"{what}, state machine {machine}",
            right=f"states:ListExecutions on {machine}",
            missing=f"deploy it, {_NAME}",
        ):
            found = self._aws.state_machines.list_executions(
                stateMachineArn=machine, maxResults=most
            )["executions"]
        return tuple(
            Execution(
                each["name"],
                each["status"],
                _whole(each["startDate"]),
                _whole(each["stopDate"]) if "stopDate" in each else None,
            )
            for each in found
        )

    def tasks(self) -> tuple[Task, ...]:
        cluster, clusters = self._project, self._aws.clusters
        what = f"list tasks, cluster {cluster}"
        missing = f"deploy it, {_NAME}"
        arns: list[str] = []
        with self._aws.translator.translated(
            what, right=f"ecs:ListTasks on {cluster}", missing=missing
        ):
            pages = clusters.get_paginator("list_tasks").paginate(
                cluster=cluster, family=self._project
            )
            arns = [arn for page in pages for arn in page["taskArns"]]
        with self._aws.translator.translated(
            what, right=f"ecs:DescribeTasks on {cluster}", missing=missing
        ):
            return tuple(
                _task(found)
                for some in _in_turns(arns)
                for found in clusters.describe_tasks(cluster=cluster, tasks=some)[
                    "tasks"
                ]
            )

    def trigger(self) -> Triggered:
        function = f"{self._project}-orchestrator"
        what = f"start a run, function {function}"
        with self._aws.translator.translated(
            what,
            right=f"lambda:InvokeFunction on {function}",
            missing=f"deploy {function}, {_NAME}",
            once=True,
        ):
            answer = self._aws.waiting.invoke(FunctionName=function, Payload=_MANUAL)
            payload = answer["Payload"].read()
        if answer.get("FunctionError"):
            raise _failed(what, payload)
        try:
            loaded = _ANSWER.load(json.loads(payload))
        except ValidationError as error:
            raise MalformedError(what, explained(error)) from error
        except ValueError as error:
            raise MalformedError(what, f"not JSON ({error})") from error
        return Triggered(**loaded)

    def _function(self, name: str) -> Function | None:
        try:
            with self._aws.translator.translated(
                f"look at function {name}",
                right=f"lambda:GetFunctionConfiguration on {name}",
                missing="",
            ):
                found = self._aws.functions.get_function_configuration(
                    FunctionName=name
                )
        except NotFoundError:
            return None
        return Function(
            name,
            _state(found),
            _whole(datetime.fromisoformat(found["LastModified"])),
            found["MemorySize"],
            found["Timeout"],
        )

    def _machine(self) -> str:
        if self._state_machine is None:
            self._state_machine = self._found_by_name()
        return self._state_machine

    def _found_by_name(self) -> str:
        what = f"find state machine {self._project}"
        with self._aws.translator.translated(
            what, right="states:ListStateMachines", missing=""
        ):
            pages = self._aws.state_machines.get_paginator("list_state_machines")
            for page in pages.paginate():
                for machine in page["stateMachines"]:
                    if machine["name"] == self._project:
                        return machine["stateMachineArn"]
        raise NotFoundError(what, f"there is none; deploy it, {_NAME}")


def _state(found: FunctionConfigurationResponseTypeDef) -> str:
    """Return how a function is, and what its last update came to if not to much."""
    state: str = found.get("State", "Active")
    update = found.get("LastUpdateStatus", "Successful")
    return state if update == "Successful" else f"{state}, update {update}"


def _task(found: TaskTypeDef) -> Task:
    return Task(
        found["taskArn"].rpartition("/")[2],
        _order_of(found),
        found["lastStatus"],
        found.get("capacityProviderName") or found.get("launchType", ""),
        _whole(found["createdAt"]) if "createdAt" in found else None,
    )


def _order_of(found: TaskTypeDef) -> Order | None:
    for container in found.get("overrides", {}).get("containerOverrides", []):
        for variable in container.get("environment", []):
            if variable.get("name") == "BOTTLES_ORDER":
                try:
                    return decode_order(variable.get("value"))
                except MalformedError:
                    return None
    return None


def _failed(what: str, payload: bytes) -> OrchestratorFailedError:
    """Return what it is that the orchestrator itself has failed."""
    try:
        said: Any = json.loads(payload)
    except ValueError:
        said = None
    if not isinstance(said, dict):
        said = {}
    name, text = said.get("errorType", "an error"), said.get("errorMessage", "")
    detail = f"it failed with {name}: {text}; bottles cloud logs tells what led to it"
    return OrchestratorFailedError(what, detail, str(name))


def _in_turns(arns: list[str]) -> Iterator[list[str]]:
    for first in range(0, len(arns), _TASKS_AT_A_TIME):
        yield arns[first : first + _TASKS_AT_A_TIME]


def _whole(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)
