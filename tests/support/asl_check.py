"""What is wrong with a state machine's definition, before it is run."""

from collections.abc import Iterator, Mapping
from typing import Any

_COMMON = {"Type", "Comment"}
_ON = {"Next", "End"}
_PATHS = {"InputPath", "OutputPath"}
_RESULT = {"ResultPath", "ResultSelector"}
_HANDLING = {"Retry", "Catch"}
_FIELDS = {
    "Task": {"Resource", "Parameters", "TimeoutSeconds"}
    | _ON
    | _PATHS
    | _RESULT
    | _HANDLING,
    "Map": {"ItemsPath", "ItemSelector", "ItemProcessor", "MaxConcurrency"}
    | _ON
    | _PATHS
    | _RESULT
    | _HANDLING,
    "Pass": {"Parameters", "Result", "ResultPath"} | _ON | _PATHS,
    "Wait": {"Seconds"} | _ON | _PATHS,
    "Choice": {"Choices", "Default"} | _PATHS,
    "Succeed": _PATHS,
    "Fail": {"Error", "Cause"},
}
_RETRIER = {
    "ErrorEquals",
    "IntervalSeconds",
    "MaxAttempts",
    "BackoffRate",
    "MaxDelaySeconds",
    "JitterStrategy",
    "Comment",
}
_CATCHER = {"ErrorEquals", "ResultPath", "Next", "Comment"}


def wrong_with(definition: Mapping[str, Any]) -> list[str]:
    """Return what AWS, or our interpreter, would not take of a definition."""
    unknown = set(definition) - {"Comment", "StartAt", "States", "TimeoutSeconds"}
    return [f"unknown field {name}" for name in sorted(unknown)] + list(
        _of_states(definition)
    )


def _of_states(machine: Mapping[str, Any]) -> Iterator[str]:
    states = machine["States"]
    aims = {machine["StartAt"]}
    for name, state in states.items():
        yield from (f"{name}: {complaint}" for complaint in _of_state(state))
        aims |= set(_aims(state))
    yield from (f"there is no state {aim}" for aim in sorted(aims - set(states)))
    yield from (f"nothing leads to {name}" for name in sorted(set(states) - aims))


def _of_state(state: Mapping[str, Any]) -> Iterator[str]:
    kind = state["Type"]
    if kind not in _FIELDS:
        yield f"no such type: {kind}"
        return
    for name in sorted(set(state) - _FIELDS[kind] - _COMMON):
        yield f"unknown field {name}"
    if _FIELDS[kind] >= _ON and ("Next" in state) == ("End" in state):
        yield "it needs one of Next and End"
    for field, allowed in (("Retry", _RETRIER), ("Catch", _CATCHER)):
        handlers = state.get(field, [])
        for handler in handlers:
            for name in sorted(set(handler) - allowed):
                yield f"unknown field {name} of {field}"
            names = handler["ErrorEquals"]
            alone = names == ["States.ALL"] and handler is handlers[-1]
            if "States.ALL" in names and not alone:
                yield f"States.ALL stands alone and last in {field}"
    if kind == "Map":
        yield from _of_items(state["ItemProcessor"])


def _of_items(processor: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted(set(processor) - {"ProcessorConfig", "StartAt", "States"}):
        yield f"unknown field {name} of ItemProcessor"
    mode = processor.get("ProcessorConfig", {}).get("Mode", "INLINE")
    if mode != "INLINE":
        yield f"mode {mode} is not known here"
    yield from _of_states(processor)


def _aims(state: Mapping[str, Any]) -> Iterator[str]:
    for each in (state, *state.get("Catch", []), *state.get("Choices", [])):
        if "Next" in each:
            yield each["Next"]
    if "Default" in state:
        yield state["Default"]
