"""The Choice state: which state follows, by what the data is."""

from collections.abc import Callable, Mapping
from typing import Any

from tests.support.asl_data import Json, StateError, found

_Test = Callable[[Any, Any], bool]


def chosen(state: Mapping[str, Any], data: Json, context: Json) -> str:
    """Return the state that follows a Choice.

    Raises:
        StateError: no rule holds and there is no default, or a rule's path leads
            nowhere.
    """
    for rule in state["Choices"]:
        if _holds(rule, data, context):
            follows: str = rule["Next"]
            return follows
    if "Default" not in state:
        raise StateError("States.NoChoiceMatched")
    default: str = state["Default"]
    return default


def _holds(rule: Mapping[str, Any], data: Json, context: Json) -> bool:
    if "And" in rule:
        return all(_holds(each, data, context) for each in rule["And"])
    if "Or" in rule:
        return any(_holds(each, data, context) for each in rule["Or"])
    if "Not" in rule:
        return not _holds(rule["Not"], data, context)
    (name,) = set(rule) - {"Variable", "Next", "Comment"}
    wanted = rule[name]
    try:
        value = found(rule["Variable"], data, context)
    except LookupError as error:
        if name == "IsPresent":
            return not wanted
        raise StateError("States.Runtime", str(error)) from error
    if name == "IsPresent":
        return bool(wanted)
    return _TESTS[name](value, wanted)


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _numeric(test: _Test) -> _Test:
    return lambda value, wanted: _is_number(value) and test(value, wanted)


def _text(test: _Test) -> _Test:
    return lambda value, wanted: isinstance(value, str) and test(value, wanted)


_TESTS: dict[str, _Test] = {
    "BooleanEquals": lambda value, wanted: value is wanted,
    "IsNull": lambda value, wanted: (value is None) == wanted,
    "NumericEquals": _numeric(lambda value, wanted: value == wanted),
    "NumericGreaterThan": _numeric(lambda value, wanted: value > wanted),
    "NumericGreaterThanEquals": _numeric(lambda value, wanted: value >= wanted),
    "NumericLessThan": _numeric(lambda value, wanted: value < wanted),
    "NumericLessThanEquals": _numeric(lambda value, wanted: value <= wanted),
    "StringEquals": _text(lambda value, wanted: value == wanted),
}
