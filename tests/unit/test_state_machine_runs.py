"""What the state machine does when its tasks and the ledger answer as they may."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from adapters.aws.limits import EXECUTION_INPUT
from adapters.aws_ecs import ADDED, input_of
from adapters.order_codec import decode_order, said_of
from domain.order import Order
from tests.support.asl import VALUES, definition
from tests.support.asl_data import StateError
from tests.support.asl_states import History, Interpreter
from tests.support.asl_stop import Stop

ORDER = Order("0198a7c2-9f3e-7b1d-a3c4-5e6f708192a3", "a" * 64, 0, 3)
ORDERS = [replace(ORDER, shard=shard) for shard in range(3)]
NO_CAPACITY = StateError("ECS.AmazonECSException", "Capacity is unavailable")
REFUSED = StateError("AmazonECS.Unknown", "failures")
TAKEN_AWAY = StateError("States.TaskFailed", "SpotInterruption")
TOO_LONG = StateError("States.Timeout")


@dataclass
class Aws:
    """Answers as it is told to, in place of ECS and Lambda.

    Attributes:
        left: The shards that the ledger says are left, each time it is asked.
        failures: What the tasks for a shard fail with, one after the other.
        broken: What the orchestrator fails with, by what it was asked.
        tasks: What every task was: its shard, and what it ran on.
        asked: What the orchestrator was asked, in order.
    """

    left: list[Sequence[Order]] = field(default_factory=list)
    failures: Mapping[int, list[StateError]] = field(default_factory=dict)
    broken: Mapping[str, list[StateError]] = field(default_factory=dict)
    tasks: list[tuple[int, str]] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)

    def call(
        self,
        resource: str,
        parameters: Any,  # noqa: ANN401 - any JSON
        timeout: float | None,
        stop: Stop,
    ) -> Any:  # noqa: ANN401
        del stop
        assert timeout is not None
        if resource.endswith("runTask.sync"):
            return self._run_task(parameters)
        assert parameters["FunctionName"] == VALUES["orchestrator_function_arn"]
        return {"StatusCode": 200, "Payload": self._answer(parameters["Payload"])}

    def _run_task(self, parameters: Any) -> Any:  # noqa: ANN401
        (container,) = parameters["Overrides"]["ContainerOverrides"]
        (variable,) = container["Environment"]
        order = decode_order(variable["Value"])
        kind = parameters.get("LaunchType", "SPOT")
        self.tasks.append((order.shard, kind))
        failures = self.failures.get(order.shard)
        if failures:
            raise failures.pop(0)
        return {"Containers": [{"ExitCode": 0}], "Overrides": parameters["Overrides"]}

    def _answer(self, asked: dict[str, Any]) -> Any:  # noqa: ANN401
        self.asked.append(asked)
        failures = self.broken.get(asked["source"])
        if failures:
            raise failures.pop(0)
        if asked["source"] == "close":
            return {"run_id": asked["run_id"], "outcome": "complete", "unfinished": []}
        left = self.left.pop(0) if self.left else []
        return {
            "run_id": asked["run_id"],
            "orders": [said_of(order) for order in left],
        }

    @property
    def questions(self) -> list[str]:
        """What the orchestrator was asked, in a word each."""
        return [asked["source"] for asked in self.asked]


def execute(aws: Aws, orders: Sequence[Order] = ORDERS) -> History:
    history = History()
    machine, given = definition(), json.loads(input_of(orders))
    Interpreter(aws, history, waits=0).run(machine, given, {}, Stop())
    return history


class TestATask:
    def test_runs_on_spot_and_is_believed_nothing(self) -> None:
        aws = Aws()
        execute(aws)
        assert sorted(aws.tasks) == [(0, "SPOT"), (1, "SPOT"), (2, "SPOT")]
        assert aws.questions == ["shards", "close"]

    @pytest.mark.parametrize(
        ("failures", "ran_on"),
        [
            ([TAKEN_AWAY], ["SPOT"] * 2),
            ([TAKEN_AWAY] * 2, ["SPOT"] * 2 + ["FARGATE"]),
            ([TAKEN_AWAY] * 3, ["SPOT"] * 2 + ["FARGATE"] * 2),
            ([NO_CAPACITY] * 3, ["SPOT"] * 4),
            ([NO_CAPACITY] * 4, ["SPOT"] * 4 + ["FARGATE"]),
            ([REFUSED] * 4, ["SPOT"] * 4 + ["FARGATE"]),
            ([NO_CAPACITY] * 8, ["SPOT"] * 4 + ["FARGATE"] * 5),
            ([NO_CAPACITY, TAKEN_AWAY, NO_CAPACITY], ["SPOT"] * 4),
            # A task that took six hours is not begun on Spot once more.
            ([TOO_LONG], ["SPOT", "FARGATE"]),
        ],
    )
    def test_that_fails_is_run_again_on_spot_and_then_on_demand(
        self, failures: list[StateError], ran_on: list[str]
    ) -> None:
        aws = Aws(failures={1: list(failures)})
        execute(aws)
        assert [kind for shard, kind in aws.tasks if shard == 1] == ran_on

    def test_that_fails_for_good_leaves_its_neighbours_alone(self) -> None:
        aws = Aws(failures={1: [TAKEN_AWAY] * 99})
        execute(aws)
        assert Counter(shard for shard, _ in aws.tasks) == {0: 1, 1: 4, 2: 1}
        assert aws.questions == ["shards", "close"]


class TestRounds:
    def test_are_for_the_shards_that_the_ledger_says_are_left(self) -> None:
        again = replace(ORDER, shard=2, attempt=2)
        aws = Aws(left=[[again]])
        execute(aws)
        assert sorted(aws.tasks) == [(0, "SPOT"), (1, "SPOT"), (2, "SPOT"), (2, "SPOT")]
        assert aws.questions == ["shards", "shards", "close"]

    def test_are_three_at_most(self) -> None:
        aws = Aws(left=[ORDERS] * 99)
        execute(aws)
        assert len(aws.tasks) == 9
        assert aws.questions == ["shards", "shards", "shards", "close"]

    def test_ask_and_close_for_the_shards_of_the_execution_alone(self) -> None:
        aws = Aws(left=[ORDERS[1:2]])
        execute(aws, ORDERS[1:])
        assert [asked["shards"] for asked in aws.asked] == [[1, 2]] * 3
        assert {asked["run_id"] for asked in aws.asked} == {ORDER.run_id}


class TestTheOrchestrator:
    def test_is_asked_again_when_it_gives_no_answer(self) -> None:
        aws = Aws(broken={"shards": [StateError("Lambda.ServiceException")] * 7})
        execute(aws)
        assert aws.questions == ["shards"] * 8 + ["close"]

    def test_that_never_answers_is_asked_to_close(self) -> None:
        aws = Aws(broken={"shards": [StateError("UnavailableError")] * 99})
        execute(aws)
        assert aws.questions == ["shards"] * 8 + ["close"]

    @pytest.mark.parametrize("error", ["LedgerDamagedError", "UnknownRunError"])
    def test_is_not_asked_again_where_that_would_not_help(self, error: str) -> None:
        aws = Aws(broken={"shards": [StateError(error)], "close": [StateError(error)]})
        with pytest.raises(StateError, match="RunStaysOpen"):
            execute(aws)
        assert aws.questions == ["shards", "close"]

    def test_that_cannot_close_fails_the_execution(self) -> None:
        aws = Aws(broken={"close": [StateError("UnavailableError")] * 99})
        with pytest.raises(StateError, match="RunStaysOpen"):
            execute(aws)
        assert aws.questions == ["shards"] + ["close"] * 10


class TestTheBiggestPlan:
    """The interpreter fails whatever is more than AWS passes on."""

    def test_is_passed_on_through_three_rounds(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        # So many shards, all of them left twice, are too much for a history.
        monkeypatch.setattr("tests.support.asl_states.MAX_EVENTS", 100_000)
        orders = [replace(ORDER, shard=n, shards=1486) for n in range(1486)]
        EXECUTION_INPUT.check("the input", input_of(orders) + ADDED)
        late = [replace(order, attempt=99) for order in orders]
        aws = Aws(left=[late, late])
        execute(aws, orders)
        assert aws.questions == ["shards", "shards", "shards", "close"]

    def test_of_160_shards_has_room_to_fail_wherever_it_can(self) -> None:
        orders = [replace(ORDER, shard=n, shards=160) for n in range(160)]
        failures = {n: ([NO_CAPACITY] * 3 + [TAKEN_AWAY] * 2) * 99 for n in range(160)}
        execute(Aws(left=[orders] * 3, failures=failures), orders)
