from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from adapters.memory.dead_letters import MemoryDeadLetters
from adapters.memory.deployment import MemoryDeployment
from application.inspect_cloud import CloudStatus, InspectCloud
from domain.config import BucketAddress, SyncConfig
from domain.order import Order
from entrypoints.cli.cloud_answers import status_answer
from entrypoints.cli.cloud_text import status_text
from ports.dead_letters import DeadLetter
from ports.deployment import Deployment, Execution, Function, Task
from ports.errors import RefusedError, UnavailableError
from tests.support.cloud import Cloud
from tests.support.mirror import mirror_of

DAY = 86_400
CONFIG = SyncConfig(BucketAddress("bottles"))
LONG_AGO = datetime(2026, 8, 1, tzinfo=UTC)
FUNCTIONS = [
    Function(f"homebrew-sync-{part}", "Active", LONG_AGO, 512, 300)
    for part in ("orchestrator", "worker", "alarm")
]
LETTER = DeadLetter("1", "homebrew-sync-rules-dlq", LONG_AGO, {}, "", "", "", "")


@pytest.fixture
def cloud() -> Cloud:
    return Cloud(mirror_of("a" * 8, "b" * 7, "c" * 6))


def status(
    cloud: Cloud,
    deployment: Deployment | None = None,
    letters: MemoryDeadLetters | None = None,
) -> CloudStatus:
    process = cloud.process()
    return InspectCloud(
        log=lambda: process.log,
        hash_file=lambda: process.published,
        deployment=deployment or MemoryDeployment(functions=FUNCTIONS),
        dead_letters=letters or MemoryDeadLetters(),
        clock=cloud.mirror.clock,
    )()


class TestARunThatIsOpen:
    def test_is_told_with_how_far_its_shards_are(self, cloud: Cloud) -> None:
        cloud.trigger()
        cloud.work(cloud.orders.popleft())
        found = status(cloud)
        assert found.run is not None
        name, run = found.run
        assert (name, run.mirrored, run.bottles) == ("run-1", 1, 3)
        assert len(run.unfinished) == 2
        assert found.advice == ()
        told = status_text(found, CONFIG)
        assert "run            run-1, on lambda, begun " in told
        assert "progress       1 of 3 bottles (33%), 8 B of 21 B" in told
        assert "shards         3: 1 ended, 2 not begun" in told
        assert "last complete  none yet" in told

    def test_is_told_shard_by_shard_to_scripts(self, cloud: Cloud) -> None:
        cloud.trigger()
        cloud.work(cloud.orders.popleft())
        run = status_answer(status(cloud), CONFIG)["run"]
        assert [shard["outcome"] for shard in run.pop("shards")] == [
            "complete",
            None,
            None,
        ]
        assert {**run, "started": None, "last_commit": None} == {
            "run_id": "run-1",
            "route": "lambda",
            "started": None,
            "last_commit": None,
            "bottles": 3,
            "mirrored": 1,
            "failed": 0,
            "bytes": 21,
            "mirrored_bytes": 8,
        }

    def test_and_silent_is_told_with_what_to_do(self, cloud: Cloud) -> None:
        cloud.trigger()
        cloud.mirror.clock.sleep(29 * 60)
        assert status(cloud).advice == ()
        cloud.mirror.clock.sleep(60)
        (advice,) = status(cloud).advice
        assert "run run-1 has been silent since" in advice
        assert "bottles cloud trigger" in advice


class TestTheLastCompleteRun:
    def test_is_told_with_its_age(self, cloud: Cloud) -> None:
        cloud.trigger()
        cloud.work_all()
        cloud.close()
        cloud.mirror.clock.sleep(DAY)
        found = status(cloud)
        assert found.last_complete is not None
        assert found.last_complete.run == "run-1"
        assert found.run is None
        assert found.advice == ()
        assert "last complete  run-1, 1 d 00 h ago" in status_text(found, CONFIG)

    def test_long_ago_asks_for_another(self, cloud: Cloud) -> None:
        cloud.trigger()
        cloud.work_all()
        cloud.close()
        cloud.mirror.clock.sleep(8 * DAY)
        (advice,) = status(cloud).advice
        assert "no sync has been complete since" in advice

    def test_never_asks_for_one(self, cloud: Cloud) -> None:
        (advice,) = status(cloud).advice
        assert advice.startswith("no sync has been complete yet")


class TestWhatIsDeployed:
    def test_is_told_in_tables(self, cloud: Cloud) -> None:
        cloud.trigger()
        now = cloud.mirror.clock.now()
        order = Order("run-1", "a" * 64, 2, 3)
        found = status(
            cloud,
            MemoryDeployment(
                functions=[replace(each, modified=now) for each in FUNCTIONS],
                executions=[
                    Execution("run-1", "RUNNING", now),
                    Execution("run-0", "SUCCEEDED", now, now),
                ],
                tasks=[
                    Task("0f", order, "RUNNING", "FARGATE_SPOT", now),
                    Task("1f", None, "PROVISIONING", "FARGATE", None),
                ],
            ),
            MemoryDeadLetters([LETTER]),
        )
        told = status_text(found, CONFIG).splitlines()
        tables = told[told.index("functions") :]
        assert tables == [
            "functions",
            "  homebrew-sync-orchestrator  Active  deployed 0 s ago  512 MB  300 s",
            "  homebrew-sync-worker        Active  deployed 0 s ago  512 MB  300 s",
            "  homebrew-sync-alarm         Active  deployed 0 s ago  512 MB  300 s",
            "",
            "executions",
            "  run-1    RUNNING  begun 0 s ago  0 s",
            "  run-0  SUCCEEDED  begun 0 s ago  0 s",
            "",
            "tasks",
            "  0f  shard 2 of run run-1       RUNNING  FARGATE_SPOT  for 0 s",
            "  1f              no order  PROVISIONING       FARGATE",
            "",
            "dead letters",
            "  homebrew-sync-rules-dlq  1",
            "",
            (
                "do: bottles cloud redrive --dry-run shows the dead letters, without"
                " --dry-run it starts them again"
            ),
        ]

    def test_in_part_is_told_with_what_is_missing(self, cloud: Cloud) -> None:
        cloud.trigger()
        found = status(cloud, MemoryDeployment(functions=FUNCTIONS[:1]))
        assert found.advice == ("deploy homebrew-sync-worker",)
        assert "homebrew-sync-worker        not deployed" in status_text(found, CONFIG)

    def test_without_slack_is_all_that_there_is_to_deploy(self, cloud: Cloud) -> None:
        cloud.trigger()
        found = status(cloud, MemoryDeployment(functions=FUNCTIONS[:2]))
        assert found.advice == ()
        assert "homebrew-sync-alarm         not deployed" in status_text(found, CONFIG)

    def test_not_at_all_asks_whether_the_name_is_right(self, cloud: Cloud) -> None:
        cloud.trigger()
        (advice,) = status(cloud, MemoryDeployment()).advice
        assert "project_name" in advice


class Unreachable(MemoryDeployment):
    """Gives no answer about its tasks."""

    def tasks(self) -> tuple[Task, ...]:
        raise UnavailableError("list tasks", "no answer")


class TestNoAnswer:
    def test_hinders_no_other(self, cloud: Cloud) -> None:
        cloud.trigger()
        found = status(cloud, Unreachable(functions=FUNCTIONS))
        assert list(found.problems) == ["tasks"]
        assert found.run is not None
        told = status_text(found, CONFIG)
        assert "could not be found out\n  tasks: list tasks: no answer" in told

    def test_of_the_ledger_leaves_what_aws_says(self, cloud: Cloud) -> None:
        cloud.trigger()
        process = cloud.process()
        error = RefusedError("open the store", "no credentials")

        def refuse() -> None:
            raise error

        process.watch.before = lambda *_: refuse()
        found = InspectCloud(
            log=lambda: process.log,
            hash_file=lambda: process.published,
            deployment=MemoryDeployment(functions=FUNCTIONS),
            dead_letters=MemoryDeadLetters(),
            clock=cloud.mirror.clock,
        )()
        assert found.problems == {"ledger": error}
        assert (found.run, found.last_complete, found.advice) == (None, None, ())
        told = status_text(found, CONFIG)
        assert "last complete  unknown" in told
        assert status_answer(found, CONFIG)["problems"] == {"ledger": str(error)}
