"""Where settings are given: the command line, the environment, ``bottles.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from adapters.configuration_schema import NAMES
from domain.errors import MirrorError

FILE_NAME: Final = "bottles.toml"
PREFIX: Final = "BOTTLES_"
"""What the name of every variable begins with."""
_OF_TESTS: Final = "BOTTLES_TEST_"
ORDER: Final = "BOTTLES_ORDER"
"""What a worker on ECS is to do: no setting."""


class ConfigurationError(MirrorError):
    """The configuration is wrong.

    Attributes:
        mistakes: One sentence for each, with where it was made.
    """

    def __init__(self, mistakes: tuple[str, ...]) -> None:
        super().__init__(mistakes)
        self.mistakes = mistakes

    def __str__(self) -> str:
        return "; ".join(self.mistakes)


@dataclass(frozen=True, slots=True)
class Source:
    """A place where settings are given.

    Attributes:
        where: What stands before a setting's name when it is pointed at.
        spelt: How a setting's name is spelt there.
        values: What is given, by the setting's name.
        strangers: What is given there and is no setting, as it is spelt there.
    """

    where: str
    spelt: Callable[[str], str]
    values: Mapping[str, object]
    strangers: tuple[str, ...] = ()


def options(values: Mapping[str, object]) -> Source:
    """Return the settings that the command line gives."""
    return Source("option ", lambda name: f"--{name.replace('_', '-')}", values)


def environment(variables: Mapping[str, str]) -> Source:
    """Return the settings that the environment gives; empty ones are not given."""
    values: dict[str, object] = {}
    strangers: list[str] = []
    for variable, value in sorted(variables.items()):
        if not variable.startswith(PREFIX) or variable.startswith(_OF_TESTS):
            continue
        if variable == ORDER:
            continue
        name = variable.removeprefix(PREFIX)
        if name.lower() not in NAMES or not name.isupper():
            strangers.append(variable)
        elif value:
            values[name.lower()] = value
    return Source("environment ", _variable, values, tuple(strangers))


def file(path: Path | None) -> Source:
    """Return the settings of the file at ``path``, or of ``./bottles.toml``.

    Raises:
        ConfigurationError: The file named is not there, or is not TOML.
    """
    name = str(path or FILE_NAME)
    try:
        text = Path(name).read_text(encoding="utf-8")
    except FileNotFoundError as error:
        if path is None:
            return settings({})
        raise _unreadable(name, "there is no such file") from error
    except OSError as error:
        raise _unreadable(name, f"cannot be read ({error.strerror})") from error
    except UnicodeDecodeError as error:
        raise _unreadable(name, "not text in UTF-8") from error
    try:
        return settings(tomllib.loads(text), name)
    except tomllib.TOMLDecodeError as error:
        raise _unreadable(name, f"not TOML: {error}") from error


def settings(values: Mapping[str, object], name: str = FILE_NAME) -> Source:
    """Return the settings that a file called ``name`` gives."""
    return Source(
        where=f"{name}: ",
        spelt=str,
        values={key: value for key, value in values.items() if key in NAMES},
        strangers=tuple(key for key in values if key not in NAMES),
    )


def _variable(name: str) -> str:
    return f"{PREFIX}{name.upper()}"


def _unreadable(name: str, problem: str) -> ConfigurationError:
    return ConfigurationError((f"{name}: {problem}",))
