import json
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from tests.support import tasks
from tests.support.command import until
from tests.support.task_host import MAX_OVERRIDES, TaskHost
from tests.support.tasks import Task, TaskDefinition, characters

if TYPE_CHECKING:
    from mypy_boto3_ecs import ECSClient
    from mypy_boto3_ecs.type_defs import (
        RunTaskResponseTypeDef,
        TaskOverrideTypeDef,
        TaskTypeDef,
    )

_DEFINITION = TaskDefinition(
    (sys.executable, "-m", "tests.support.small_worker"), stop_timeout=60
)


@pytest.fixture
def host() -> Iterator[TaskHost]:
    with TaskHost({"family": _DEFINITION}, cluster="cluster") as host:
        yield host


@pytest.fixture
def ecs(host: TaskHost) -> Iterator["ECSClient"]:
    with closing(host.client()) as client:
        yield client


def run(
    ecs: "ECSClient",
    order: object,
    **more: Any,  # noqa: ANN401 - any argument
) -> "RunTaskResponseTypeDef":
    overrides: TaskOverrideTypeDef = {
        "containerOverrides": [
            {
                "name": "worker",
                "environment": [{"name": "BOTTLES_ORDER", "value": json.dumps(order)}],
            }
        ]
    }
    return ecs.run_task(
        cluster="cluster", taskDefinition="family", overrides=overrides, **more
    )


def described(ecs: "ECSClient", arn: str) -> "TaskTypeDef":
    (task,) = ecs.describe_tasks(cluster="cluster", tasks=[arn])["tasks"]
    return task


def ended(ecs: "ECSClient", arn: str) -> "TaskTypeDef":
    until(lambda: described(ecs, arn)["lastStatus"] == "STOPPED")
    return described(ecs, arn)


def begun(file: Path) -> None:
    until(lambda: file.exists() and file.read_text() == "begun\n")


class TestATask:
    @pytest.mark.parametrize("status", [0, 3])
    def test_is_a_process_whose_exit_status_is_told(
        self, ecs: "ECSClient", status: int
    ) -> None:
        (task,) = run(ecs, {"exit": status})["tasks"]

        stopped = ended(ecs, task["taskArn"])

        assert stopped["containers"][0]["exitCode"] == status
        assert stopped["stopCode"] == "EssentialContainerExited"

    def test_has_the_variables_of_definition_and_override_and_none_of_ours(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ONLY_OURS", "1")
        program = "import os; print(dict(os.environ))"
        definition = TaskDefinition(
            (sys.executable, "-c", program),
            environment={"BUCKET": "b", "BOTTLES_ORDER": "no"},
        )
        with (
            TaskHost({"family": definition}, cluster="cluster") as host,
            closing(host.client()) as ecs,
        ):
            (task,) = run(ecs, "yes")["tasks"]
            ended(ecs, task["taskArn"])
            seen = host.log()

        assert "'BUCKET': 'b'" in seen
        assert "'BOTTLES_ORDER': '\"yes\"'" in seen
        assert "ONLY_OURS" not in seen

    def test_is_told_to_end_when_it_is_stopped(
        self, ecs: "ECSClient", tmp_path: Path
    ) -> None:
        file = tmp_path / "notes"
        (task,) = run(ecs, {"seconds": 60, "file": str(file)})["tasks"]
        begun(file)

        ecs.stop_task(cluster="cluster", task=task["taskArn"], reason="enough")
        stopped = ended(ecs, task["taskArn"])

        assert file.read_text() == "begun\ntold to end\n"
        assert stopped["containers"][0]["exitCode"] == 75
        assert stopped["stopCode"] == "UserInitiated"
        assert stopped["stoppedReason"] == "enough"

    def test_that_does_not_end_in_time_is_killed(
        self, ecs: "ECSClient", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = tmp_path / "notes"

        class OnceToldTimer(Timer):
            """Is up when the task was told, and that took as long as it took."""

            def run(self) -> None:
                assert self.interval == 60
                until(lambda: file.read_text().endswith("told to end\n"))
                self.function()

        monkeypatch.setattr(tasks, "Timer", OnceToldTimer)
        order = {"seconds": 60, "file": str(file), "deaf": True}
        (task,) = run(ecs, order)["tasks"]
        begun(file)

        ecs.stop_task(cluster="cluster", task=task["taskArn"])

        assert ended(ecs, task["taskArn"])["containers"][0]["exitCode"] == 137
        assert file.read_text() == "begun\ntold to end\n"

    def test_may_be_taken_away_by_spot(
        self, host: TaskHost, ecs: "ECSClient", tmp_path: Path
    ) -> None:
        file = tmp_path / "notes"
        run(ecs, {"seconds": 60, "file": str(file)})
        begun(file)
        (task,) = host.tasks()

        host.interrupt(task)

        stopped = ended(ecs, task.arn)
        assert stopped["stopCode"] == "SpotInterruption"
        assert stopped["containers"][0]["exitCode"] == 75

    def test_may_die_without_a_warning(
        self, host: TaskHost, ecs: "ECSClient", tmp_path: Path
    ) -> None:
        file = tmp_path / "notes"
        run(ecs, {"seconds": 60, "file": str(file)})
        begun(file)
        (task,) = host.tasks()

        task.kill()

        stopped = ended(ecs, task.arn)
        assert stopped["stopCode"] == "EssentialContainerExited"
        assert stopped["containers"][0]["exitCode"] == 137
        assert file.read_text() == "begun\n"

    def test_is_listed_as_running_until_it_is_told_to_end(
        self, ecs: "ECSClient"
    ) -> None:
        kept, stopped = (
            run(ecs, {"seconds": 60}, startedBy=name)["tasks"][0]["taskArn"]
            for name in ("run-1", "run-2")
        )
        ecs.stop_task(cluster="cluster", task=stopped)

        def listed(**more: Any) -> list[str]:  # noqa: ANN401 - any argument
            return ecs.list_tasks(cluster="cluster", **more)["taskArns"]

        assert listed() == [kept]
        assert listed(desiredStatus="STOPPED") == [stopped]
        assert listed(startedBy="run-1") == [kept]
        assert listed(startedBy="run-2") == []

    def test_that_never_was_is_missing(self, ecs: "ECSClient") -> None:
        answer = ecs.describe_tasks(cluster="cluster", tasks=["nobody"])

        assert answer["failures"] == [{"arn": "nobody", "reason": "MISSING"}]


class TestACall:
    def test_with_the_same_token_starts_nothing_twice(
        self, host: TaskHost, ecs: "ECSClient"
    ) -> None:
        first, second = (run(ecs, {}, clientToken="t", count=2) for _ in range(2))

        assert [task["taskArn"] for task in first["tasks"]] == [
            task["taskArn"] for task in second["tasks"]
        ]
        assert len(host.tasks()) == 2

    def test_with_the_same_token_and_another_request_conflicts(
        self, ecs: "ECSClient"
    ) -> None:
        run(ecs, {}, clientToken="t")

        with pytest.raises(ClientError, match="ConflictException"):
            run(ecs, {"exit": 1}, clientToken="t")

    def test_finds_no_place_when_there_is_none(
        self, host: TaskHost, ecs: "ECSClient"
    ) -> None:
        host.refuse_next(1)

        answer = run(ecs, {})

        assert answer["tasks"] == []
        assert "Capacity is unavailable" in answer["failures"][0]["reason"]
        assert len(run(ecs, {})["tasks"]) == 1

    def test_takes_overrides_up_to_a_length(
        self, host: TaskHost, ecs: "ECSClient"
    ) -> None:
        def overridden(length: int) -> str:
            """Return an order with which the overrides are so long."""
            run(ecs, "")
            empty = characters(host.tasks()[-1].asked["overrides"])
            return "x" * (length - empty)

        assert len(run(ecs, overridden(MAX_OVERRIDES))["tasks"]) == 1
        with pytest.raises(ClientError, match="length must be at most 8192"):
            run(ecs, overridden(MAX_OVERRIDES + 1))

    def test_starts_at_most_ten(self, host: TaskHost, ecs: "ECSClient") -> None:
        run(ecs, {}, count=10)

        with pytest.raises(ClientError, match="InvalidParameterException"):
            run(ecs, {}, count=11)
        assert len(host.tasks()) == 10

    def test_names_a_cluster_and_a_definition_that_are_there(
        self, ecs: "ECSClient"
    ) -> None:
        with pytest.raises(ClientError, match="ClusterNotFoundException"):
            ecs.run_task(cluster="another", taskDefinition="family")
        with pytest.raises(ClientError, match="TaskDefinition not found"):
            ecs.run_task(cluster="cluster", taskDefinition="another")

    def test_names_a_container_that_is_there(self, ecs: "ECSClient") -> None:
        with pytest.raises(ClientError, match="is not a container"):
            ecs.run_task(
                cluster="cluster",
                taskDefinition="family",
                overrides={"containerOverrides": [{"name": "another"}]},
            )


def test_nothing_runs_on_when_the_host_is_gone(tmp_path: Path) -> None:
    file = tmp_path / "notes"
    with (
        TaskHost({"family": _DEFINITION}, cluster="cluster") as host,
        closing(host.client()) as ecs,
    ):
        run(ecs, {"seconds": 60, "file": str(file), "deaf": True})
        begun(file)
        (task,) = host.tasks()

    assert isinstance(task, Task)
    assert task.exit_code == 137
