"""The definition of the state machine, as AWS Step Functions would judge it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from moto.stepfunctions.parser.asl.parse.asl_parser import (
    AmazonStateLanguageParser,
    ASLParserException,
)

from adapters.aws_ecs import overrides_of
from domain.order import Order
from tests.support.asl import VALUES, definition, placeholders
from tests.support.terraform_rights import OF_STATES

ORDER = Order("0198a7c2-9f3e-7b1d-a3c4-5e6f708192a3", "a" * 64, 0, 1486)
MACHINE = definition()
WORK = MACHINE["States"]["Work on the shards"]
ITEM = WORK["ItemProcessor"]
SCOPES = {"the run": MACHINE, "an item": ITEM}
STATES = {**MACHINE["States"], **ITEM["States"]}
TASKS = {name: state for name, state in STATES.items() if state["Type"] == "Task"}
MAY_FAIL = {**TASKS, "Work on the shards": WORK}


def targets(state: dict[str, Any]) -> Iterator[str]:
    """Yield the names of all states that may come after one."""
    for follower in (state, *state.get("Catch", ()), *state.get("Choices", ())):
        yield from (follower[key] for key in ("Next", "Default") if key in follower)


def test_every_placeholder_is_known() -> None:
    assert placeholders() == set(VALUES)


def test_is_written_in_the_language_of_aws() -> None:
    AmazonStateLanguageParser.parse(json.dumps(MACHINE))
    with pytest.raises(ASLParserException):
        AmazonStateLanguageParser.parse(json.dumps(MACHINE | {"Startat": "nowhere"}))


@pytest.mark.parametrize("scope", SCOPES.values(), ids=list(SCOPES))
class TestEveryScope:
    def test_leads_only_to_states_that_it_has(self, scope: dict[str, Any]) -> None:
        for name, state in scope["States"].items():
            missing = set(targets(state)) - set(scope["States"])
            assert (name, missing) == (name, set())

    def test_has_no_state_that_nothing_leads_to(self, scope: dict[str, Any]) -> None:
        reached: set[str] = set()
        ahead = [scope["StartAt"]]
        while ahead:
            name = ahead.pop()
            if name not in reached:
                reached.add(name)
                ahead += targets(scope["States"][name])
        assert reached == set(scope["States"])

    def test_goes_on_or_ends_after_each_state(self, scope: dict[str, Any]) -> None:
        for name, state in scope["States"].items():
            if state["Type"] in {"Succeed", "Fail", "Choice"}:
                continue
            assert (name, ("Next" in state) != bool(state.get("End"))) == (name, True)


def test_no_name_is_given_twice() -> None:
    assert not set(MACHINE["States"]) & set(ITEM["States"])


@pytest.mark.parametrize("state", MAY_FAIL.values(), ids=list(MAY_FAIL))
class TestWhateverMayFail:
    def test_is_caught_whatever_it_is(self, state: dict[str, Any]) -> None:
        assert state["Catch"][-1]["ErrorEquals"] == ["States.ALL"]

    def test_is_told_of_with_names_that_aws_takes(self, state: dict[str, Any]) -> None:
        for handlers in (state.get("Retry", []), state["Catch"]):
            for earlier, _ in pairwise(handlers):
                assert "States.ALL" not in earlier["ErrorEquals"]
            for handler in handlers:
                names = handler["ErrorEquals"]
                assert names == sorted(set(names), key=names.index)
                assert names == ["States.ALL"] or "States.ALL" not in names

    def test_is_tried_again_with_growing_and_scattered_pauses(
        self, state: dict[str, Any]
    ) -> None:
        for retrier in state.get("Retry", []):
            if not retrier["MaxAttempts"]:
                continue
            assert retrier["BackoffRate"] > 1
            assert retrier["MaxDelaySeconds"] > retrier["IntervalSeconds"] > 0
            assert retrier["JitterStrategy"] == "FULL"


@pytest.mark.parametrize("task", TASKS.values(), ids=list(TASKS))
def test_no_task_may_take_for_ever(task: dict[str, Any]) -> None:
    assert task["TimeoutSeconds"] < MACHINE["TimeoutSeconds"]
    assert task["Retry"]


def test_an_item_ends_well_whatever_came_of_its_tasks() -> None:
    # AWS would stop the tasks of all the others.
    assert all(state["Type"] != "Fail" for state in ITEM["States"].values())


def test_spot_is_tried_first_and_on_demand_is_what_it_falls_back_on() -> None:
    spot, on_demand = ITEM["States"]["Run on Spot"], ITEM["States"]["Run on demand"]
    assert ITEM["StartAt"] == "Run on Spot"
    assert spot["Catch"][-1]["Next"] == "Run on demand"
    asked_first, asked_then = dict(spot["Parameters"]), dict(on_demand["Parameters"])
    strategy = asked_first.pop("CapacityProviderStrategy")
    assert strategy[0]["CapacityProvider"] == "FARGATE_SPOT"
    assert asked_then.pop("LaunchType") == "FARGATE"
    # Both at once are refused, and nothing else may differ.
    assert asked_first == asked_then


def test_a_task_is_given_its_order_and_nothing_else() -> None:
    changed = ITEM["States"]["Run on Spot"]["Parameters"]["Overrides"]
    (container,) = changed["ContainerOverrides"]
    (variable,) = container["Environment"]
    assert variable == {
        "Name": "BOTTLES_ORDER",
        "Value.$": "States.JsonToString($.order)",
    }
    said = json.loads(overrides_of(ORDER, container["Name"]))
    assert said["ContainerOverrides"][0].keys() == container.keys()


@pytest.mark.parametrize("name", ["Ask the ledger", "Close the run"])
def test_asks_the_orchestrator_about_its_own_shards_alone(name: str) -> None:
    asked = STATES[name]["Parameters"]
    assert asked["FunctionName"] == VALUES["orchestrator_function_arn"]
    assert asked["Payload"] == {
        "source": {"Ask the ledger": "shards", "Close the run": "close"}[name],
        "run_id.$": "$.run_id",
        "shards.$": "$.shards",
    }


def test_what_a_task_returns_is_thrown_away() -> None:
    for state in (WORK, STATES["Close the run"], *ITEM["States"].values()):
        if state["Type"] != "Pass":
            assert state["ResultPath"] is None


def test_the_history_has_room_for_160_shards_that_fail_whenever_they_can() -> None:
    """An attempt is scheduled, started, submitted, and ends: four entries."""
    room, rounds = 25_000, 3
    entered_and_left, iteration = 2, 2
    tasks = [state for state in ITEM["States"].values() if state["Type"] == "Task"]
    attempts = sum(
        1 + sum(retrier["MaxAttempts"] for retrier in task["Retry"]) for task in tasks
    )
    visited = len(tasks) + 1
    worst = rounds * (4 * attempts + entered_and_left * visited + iteration)
    best = 4 + entered_and_left * 2 + iteration
    # Decision 21 tells people so.
    assert (worst, room // worst) == (156, 160)
    assert (best, room // best) == (10, 2_500)


def test_its_role_is_given_what_its_kinds_of_states_need() -> None:
    assert {task["Resource"] for task in TASKS.values()} == set(OF_STATES)
