"""Data on its way through a state machine: paths, intrinsic functions, templates.

The part of Amazon States Language, with JSONPath, that our definition uses or may come
to use. What is not known here is refused, as AWS refuses it.
"""

import json
import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from typing import Any

_STEP = re.compile(r"\.([A-Za-z_][\w-]*)|\['([^']+)'\]|\[(\d+)\]")
_NAME = re.compile(r"States\.[A-Za-z0-9]+")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_PATH = re.compile(r"\$\$?(?:\.[A-Za-z_][\w-]*|\['[^']+'\]|\[\d+\])*")

# Data of any shape: this module is about nothing else.
Json = Any


class StateError(Exception):
    """What a state fails with: the name of an error, and its cause."""

    def __init__(self, error: str, cause: str = "") -> None:
        super().__init__(f"{error}: {cause}")
        self.error = error
        self.cause = cause


def written(data: Json) -> str:
    """Return data as AWS passes it on: JSON without spaces."""
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False)


def found(path: str, data: Json, context: Json) -> Json:
    """Return what a path leads to.

    Raises:
        LookupError: it leads nowhere.
    """
    if not _PATH.fullmatch(path):
        raise LookupError(f"no path: {path}")
    place = context if path.startswith("$$") else data
    for name, quoted, index in _STEP.findall(path):
        if index and isinstance(place, list) and int(index) < len(place):
            place = place[int(index)]
        elif not index and isinstance(place, Mapping) and (name or quoted) in place:
            place = place[name or quoted]
        else:
            raise LookupError(f"{path} leads nowhere")
    return place


def taken(path: str | None, data: Json, context: Json) -> Json:
    """Return what InputPath, OutputPath or ItemsPath leaves of data.

    Raises:
        StateError: the path leads nowhere, of which no state can make anything.
    """
    if path is None:
        return {}
    try:
        return found(path, data, context)
    except LookupError as error:
        raise StateError("States.Runtime", str(error)) from error


def placed(path: str | None, data: Json, result: Json) -> Json:
    """Return data with a result put where ResultPath says; null drops the result.

    Raises:
        StateError: there is no such place.
    """
    if path is None or path == "$":
        return data if path is None else result
    steps = [name for name, _, _ in _STEP.findall(path)]
    whole = deepcopy(data)
    place = whole
    for step in steps[:-1]:
        if not isinstance(place, dict):
            break
        place = place.setdefault(step, {})
    if not isinstance(place, dict):
        raise StateError("States.ResultPathMatchFailure", path)
    place[steps[-1]] = result
    return whole


def filled(template: Json, data: Json, context: Json) -> Json:
    """Return a payload template with its paths and functions worked out.

    Raises:
        StateError: one of them cannot be.
    """
    if isinstance(template, list):
        return [filled(each, data, context) for each in template]
    if not isinstance(template, Mapping):
        return template
    whole = {}
    for name, value in template.items():
        if not name.endswith(".$"):
            whole[name] = filled(value, data, context)
        elif value.startswith("States."):
            whole[name[:-2]] = _Reader(value, data, context).whole()
        else:
            try:
                whole[name[:-2]] = deepcopy(found(value, data, context))
            except LookupError as error:
                raise StateError("States.ParameterPathFailure", str(error)) from error
    return whole


class _Reader:
    """Reads an intrinsic function's call, and works it out."""

    def __init__(self, text: str, data: Json, context: Json) -> None:
        self._text = text
        self._data = data
        self._context = context
        self._at = 0

    def whole(self) -> Json:
        """Return the value of all that is written."""
        try:
            value = self._value()
            self._matched(re.compile(r"\Z"))
        except (ArithmeticError, LookupError, TypeError, ValueError) as error:
            raise StateError(
                "States.IntrinsicFailure", f"{self._text}: {error}"
            ) from error
        return value

    def _value(self) -> Json:
        self._matched(re.compile(r"\s*"))
        if self._text.startswith("'", self._at):
            return self._string()
        if self._text.startswith("$", self._at):
            return found(self._matched(_PATH), self._data, self._context)
        if self._text.startswith("null", self._at):
            return self._matched(re.compile("null")) and None
        if self._text.startswith("States.", self._at):
            return self._call()
        return json.loads(self._matched(_NUMBER))

    def _call(self) -> Json:
        function = _FUNCTIONS[self._matched(_NAME)]
        self._matched(re.compile(r"\("))
        arguments = []
        while not self._text.startswith(")", self._at):
            arguments.append(self._value())
            self._matched(re.compile(r"\s*,?\s*"))
        self._at += 1
        return function(*arguments)

    def _string(self) -> str:
        text = self._matched(re.compile(r"'(?:[^'\\]|\\.)*'"))[1:-1]
        # A brace that was escaped stays so until States.Format has looked at it.
        return re.sub(r"\\([^{}])", r"\1", text)

    def _matched(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self._text, self._at)
        if match is None:
            raise ValueError(self._text[self._at :])
        self._at = match.end()
        return match[0]


def _format(template: str, *values: Json) -> str:
    left = list(values)

    def replaced(match: re.Match[str]) -> str:
        if match[0] != "{}":
            return match[0][1:]
        value = left.pop(0)
        if isinstance(value, (dict, list)):
            raise TypeError("States.Format takes no arrays and no objects")
        return value if isinstance(value, str) else written(value)

    text = re.sub(r"\\[{}]|\{\}", replaced, template)
    if left:
        raise ValueError("more values than places for them")
    return text


def _sum(first: int, second: int) -> int:
    return first + second


def _array(*values: Json) -> list[Json]:
    return list(values)


def _item(array: list[Json], index: int) -> Json:
    return array[index]


def _merged(first: Json, second: Json, deep: Json = None) -> Json:
    if deep is not None:
        raise ValueError("States.JsonMerge is shallow only")
    return {**first, **second}


_FUNCTIONS: dict[str, Callable[..., Json]] = {
    "States.Array": _array,
    "States.ArrayGetItem": _item,
    "States.ArrayLength": len,
    "States.Format": _format,
    "States.JsonMerge": _merged,
    "States.JsonToString": written,
    "States.MathAdd": _sum,
    "States.StringToJson": json.loads,
}
