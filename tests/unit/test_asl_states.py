from typing import Any

import pytest

from tests.support.asl_check import wrong_with
from tests.support.asl_data import StateError
from tests.support.asl_states import MAX_DATA, MAX_EVENTS, History, Interpreter
from tests.support.asl_stop import Stop, StoppedError
from tests.support.scripted_services import ScriptedServices, failing, together


def run(
    states: dict[str, Any],
    services: ScriptedServices,
    data: object,
    history: History | None = None,
) -> Any:  # noqa: ANN401 - any JSON
    machine = {"StartAt": next(iter(states)), "States": states}
    assert wrong_with(machine) == []
    interpreter = Interpreter(services, history or History(), waits=0)
    return interpreter.run(machine, data, {"Execution": {"Name": "r"}}, Stop())


def task(**fields: object) -> dict[str, Any]:
    return {"Type": "Task", "Resource": "do", "End": True, **fields}


class TestATask:
    def test_is_given_its_parameters_and_puts_its_result_in_place(self) -> None:
        services = ScriptedServices({"do": lambda given: {"answer": given["n"] + 1}})
        state = task(
            Parameters={"n.$": "$.n", "run.$": "$$.Execution.Name"},
            ResultSelector={"more.$": "$.answer"},
            ResultPath="$.left",
        )

        assert run({"A": state}, services, {"n": 1}) == {"n": 1, "left": {"more": 2}}
        assert services.calls == [{"n": 1, "run": "r"}]

    def test_is_tried_again_and_told_how_often(self) -> None:
        services = ScriptedServices({"do": failing(2, "Boom", "done")})
        state = task(
            Parameters={"attempt.$": "$$.State.RetryCount"},
            Retry=[{"ErrorEquals": ["Boom"], "MaxAttempts": 2}],
        )

        assert run({"A": state}, services, {}) == "done"
        assert services.calls == [{"attempt": 0}, {"attempt": 1}, {"attempt": 2}]

    def test_is_tried_no_more_often_than_is_said(self) -> None:
        services = ScriptedServices({"do": failing(9, "Boom", "done")})
        state = task(Retry=[{"ErrorEquals": ["States.ALL"], "MaxAttempts": 2}])

        with pytest.raises(StateError, match="Boom"):
            run({"A": state}, services, {})
        assert len(services.calls) == 3

    def test_that_keeps_failing_is_caught(self) -> None:
        services = ScriptedServices({"do": failing(9, "Boom", "done")})
        caught = {"ErrorEquals": ["States.TaskFailed"], "ResultPath": "$.e"}
        states = {
            "A": task(Catch=[{**caught, "Next": "B"}]),
            "B": {"Type": "Pass", "End": True},
        }

        assert run(states, services, {"n": 1}) == {
            "n": 1,
            "e": {"Error": "Boom", "Cause": "as the script says"},
        }

    @pytest.mark.parametrize(
        ("error", "names", "is_caught"),
        [
            ("States.Timeout", ["States.TaskFailed"], False),
            ("States.Timeout", ["States.ALL"], True),
            ("States.Runtime", ["States.ALL"], False),
            ("States.DataLimitExceeded", ["States.ALL"], False),
            ("States.DataLimitExceeded", ["States.DataLimitExceeded"], True),
            ("Other", ["Boom"], False),
        ],
    )
    def test_is_caught_by_who_speaks_of_its_error(
        self, error: str, names: list[str], *, is_caught: bool
    ) -> None:
        services = ScriptedServices({"do": failing(1, error, "done")})
        caught = {"ErrorEquals": names, "Next": "B"}
        states = {"A": task(Catch=[caught]), "B": {"Type": "Succeed"}}

        if is_caught:
            assert run(states, services, {})["Error"] == error
        else:
            with pytest.raises(StateError, match=error):
                run(states, services, {})

    def test_whose_result_is_too_large_fails(self) -> None:
        for size, fits in ((MAX_DATA, True), (MAX_DATA + 1, False)):
            answer = "x" * (size - 2)
            services = ScriptedServices({"do": failing(0, "", answer)})
            if fits:
                assert run({"A": task()}, services, {}) == answer
            else:
                with pytest.raises(StateError, match=r"States\.DataLimitExceeded"):
                    run({"A": task()}, services, {})


class TestAMap:
    def map_of(self, **fields: object) -> dict[str, Any]:
        return {
            "Type": "Map",
            "ItemsPath": "$.shards",
            "ItemSelector": {"shard.$": "$$.Map.Item.Value", "run.$": "$.run"},
            "ItemProcessor": {"StartAt": "Work", "States": {"Work": task()}},
            "End": True,
            **fields,
        }

    def test_runs_each_item_and_keeps_their_order(self) -> None:
        services = ScriptedServices({"do": together(2)})
        data = {"shards": list(range(6)), "run": "r"}

        answer = run({"A": self.map_of(MaxConcurrency=2)}, services, data)

        assert answer == [{"shard": n, "run": "r"} for n in range(6)]
        assert services.at_once == 2

    def test_runs_no_more_than_forty_at_once(self) -> None:
        services = ScriptedServices({"do": together(40)})
        data = {"shards": list(range(80)), "run": "r"}

        run({"A": self.map_of(MaxConcurrency=50)}, services, data)

        assert services.at_once == 40

    def test_that_fails_stops_its_other_items(self) -> None:
        def do(given: Any) -> Any:  # noqa: ANN401 - any JSON
            if given["shard"] == 1:
                raise StateError("Boom")
            return given

        services = ScriptedServices({"do": do}, seconds=30)
        data = {"shards": [0, 1, 2], "run": "r"}
        caught = {"ErrorEquals": ["Boom"], "ResultPath": None, "Next": "B"}
        states = {"A": self.map_of(Catch=[caught]), "B": {"Type": "Succeed"}}

        assert run(states, services, data) == data
        shards = sorted(call["shard"] for call in services.stopped)
        assert set(shards) <= {0, 2}
        assert len(services.calls) == len(shards) + 1

    def test_of_nothing_is_empty(self) -> None:
        services = ScriptedServices({})

        assert run({"A": self.map_of()}, services, {"shards": [], "run": "r"}) == []


class TestAChoice:
    @pytest.mark.parametrize(
        ("rule", "holds"),
        [
            ({"Variable": "$.n", "NumericEquals": 3}, True),
            ({"Variable": "$.n", "NumericGreaterThanEquals": 4}, False),
            ({"Variable": "$.n", "NumericLessThan": 4}, True),
            ({"Variable": "$.s", "NumericLessThan": 4}, False),
            ({"Variable": "$.s", "StringEquals": "x"}, True),
            ({"Variable": "$.b", "BooleanEquals": True}, True),
            ({"Variable": "$.nothing", "IsPresent": False}, True),
            ({"Variable": "$.n", "IsPresent": True}, True),
            ({"Variable": "$.none", "IsNull": True}, True),
            ({"Not": {"Variable": "$.n", "NumericEquals": 3}}, False),
        ],
    )
    def test_is_made_by_a_rule(self, rule: dict[str, Any], *, holds: bool) -> None:
        data = {"n": 3, "s": "x", "b": True, "none": None}
        history = History()
        states = {
            "A": {
                "Type": "Choice",
                "Choices": [{**rule, "Next": "Yes"}],
                "Default": "No",
            },
            "Yes": {"Type": "Succeed"},
            "No": {"Type": "Succeed"},
        }

        assert run(states, ScriptedServices({}), data, history) == data
        assert history.steps == ["A", "Yes" if holds else "No"]

    def test_of_what_is_not_there_is_a_failure(self) -> None:
        rule = {"Variable": "$.nothing", "NumericEquals": 3, "Next": "Yes"}
        states = {
            "A": {"Type": "Choice", "Choices": [rule]},
            "Yes": {"Type": "Succeed"},
        }

        with pytest.raises(StateError, match=r"States\.Runtime"):
            run(states, ScriptedServices({}), {})


class TestAnExecution:
    def test_ends_as_a_fail_state_says(self) -> None:
        states = {"A": {"Type": "Fail", "Error": "StaysOpen", "Cause": "see the log"}}

        with pytest.raises(StateError, match="StaysOpen: see the log"):
            run(states, ScriptedServices({}), {})

    def test_may_go_round(self) -> None:
        states = {
            "A": {"Type": "Pass", "Parameters": {"n.$": "$.n"}, "Next": "B"},
            "B": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.n", "NumericEquals": 3, "Next": "D"}],
                "Default": "C",
            },
            "C": {
                "Type": "Pass",
                "Parameters": {"n.$": "States.MathAdd($.n, 1)"},
                "Next": "A",
            },
            "D": {"Type": "Succeed"},
        }

        assert run(states, ScriptedServices({}), {"n": 1}) == {"n": 3}

    def test_has_a_history_of_bounded_length(self) -> None:
        history = History(events=MAX_EVENTS - 2)

        with pytest.raises(StateError, match="25000 events"):
            run(
                {
                    "A": {"Type": "Wait", "Seconds": 5, "Next": "B"},
                    "B": {"Type": "Succeed"},
                },
                ScriptedServices({}),
                {},
                history,
            )

    def test_is_told_to_end(self) -> None:
        stop = Stop()
        stop.set()
        interpreter = Interpreter(ScriptedServices({}), History(), waits=0)
        states = {"A": {"Type": "Succeed"}}

        with pytest.raises(StoppedError):
            interpreter.run({"StartAt": "A", "States": states}, {}, {}, Stop(stop))


def test_a_definition_is_checked() -> None:
    wrong: Any = {
        "StartAt": "A",
        "Version": "1.0",
        "States": {
            "A": {"Type": "Task", "Resource": "r", "Retries": [], "Next": "B"},
            "C": {"Type": "Parallel"},
        },
    }

    assert wrong_with(wrong) == [
        "unknown field Version",
        "A: unknown field Retries",
        "C: no such type: Parallel",
        "there is no state B",
        "nothing leads to C",
    ]
