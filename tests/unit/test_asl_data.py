import pytest

from tests.support.asl_data import StateError, filled, found, placed, taken

_DATA = {"run_id": "r", "shards": [4, {"n": 5}], "odd name": None, "orders": {"a": "é"}}
_CONTEXT = {"State": {"RetryCount": 2}, "Execution": {"Name": "r"}}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("$", _DATA),
        ("$.run_id", "r"),
        ("$.shards[1].n", 5),
        ("$['odd name']", None),
        ("$$.State.RetryCount", 2),
        ("$$", _CONTEXT),
    ],
)
def test_a_path_leads_to_a_value(path: str, value: object) -> None:
    assert found(path, _DATA, _CONTEXT) == value


@pytest.mark.parametrize(
    "path", ["$.nothing", "$.shards[2]", "$.run_id.x", "$.shards.n", "run_id", "$..n"]
)
def test_a_path_may_lead_nowhere(path: str) -> None:
    with pytest.raises(LookupError):
        found(path, _DATA, _CONTEXT)


@pytest.mark.parametrize(
    ("call", "value"),
    [
        ("States.JsonToString($.orders)", '{"a":"é"}'),
        ("States.StringToJson('[1, null]')", [1, None]),
        ("States.Format('{}/{}: {}', $.run_id, 3, $.orders.a)", "r/3: é"),
        (r"States.Format('\{\} it\'s {}', 1.5)", "{} it's 1.5"),
        ("States.Format('{}', $$.State.RetryCount)", "2"),
        ("States.MathAdd($.shards[0], -1)", 3),
        ("States.ArrayLength($.shards)", 2),
        ("States.Array($.run_id, null, States.MathAdd(1, 1))", ["r", None, 2]),
        ("States.ArrayGetItem($.shards, 0)", 4),
        ("States.JsonMerge($.orders, States.StringToJson('{}'))", {"a": "é"}),
    ],
)
def test_a_function_is_worked_out(call: str, value: object) -> None:
    assert filled({"it.$": call}, _DATA, _CONTEXT) == {"it": value}


@pytest.mark.parametrize(
    "call",
    [
        "States.NoSuch($)",
        "States.Format('{}', $.orders)",
        "States.Format('{} {}', 1)",
        "States.Format('{}', 1, 2)",
        "States.StringToJson('{')",
        "States.MathAdd('1', 1)",
        "States.MathAdd(1, 1",
        "States.MathAdd(1, 1) and more",
        "States.ArrayLength($.nothing)",
    ],
)
def test_a_function_that_cannot_be_is_a_failure(call: str) -> None:
    with pytest.raises(StateError, match=r"States\.IntrinsicFailure"):
        filled({"it.$": call}, _DATA, _CONTEXT)


def test_a_template_is_filled_at_any_depth() -> None:
    template = {
        "Environment": [{"Name": "N", "Value.$": "$.run_id"}],
        "Payload": {"source": "close", "attempt.$": "$$.State.RetryCount"},
    }

    assert filled(template, _DATA, _CONTEXT) == {
        "Environment": [{"Name": "N", "Value": "r"}],
        "Payload": {"source": "close", "attempt": 2},
    }


def test_a_template_whose_path_leads_nowhere_is_a_failure() -> None:
    with pytest.raises(StateError, match=r"States\.ParameterPathFailure"):
        filled({"it.$": "$.nothing"}, _DATA, _CONTEXT)


@pytest.mark.parametrize(
    ("path", "whole"),
    [
        ("$", 1),
        (None, {"a": {"b": 0}}),
        ("$.a", {"a": 1}),
        ("$.a.c", {"a": {"b": 0, "c": 1}}),
        ("$.new.way", {"a": {"b": 0}, "new": {"way": 1}}),
    ],
)
def test_a_result_is_put_in_its_place(path: str | None, whole: object) -> None:
    data = {"a": {"b": 0}}

    assert placed(path, data, 1) == whole
    assert data == {"a": {"b": 0}}


def test_a_result_may_have_no_place() -> None:
    with pytest.raises(StateError, match=r"States\.ResultPathMatchFailure"):
        placed("$.a.b.c", {"a": {"b": 0}}, 1)


def test_a_path_of_a_state_may_lead_nowhere_or_be_none() -> None:
    assert taken(None, _DATA, _CONTEXT) == {}
    with pytest.raises(StateError, match=r"States\.Runtime"):
        taken("$.nothing", _DATA, _CONTEXT)
