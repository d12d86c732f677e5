"""The configuration: command line, then environment, then ``bottles.toml``.

The sources are read as a whole, and every mistake in any of them is told at once: a
value that another source overrides must be right as well, for one day it is not
overridden. Paths are relative to the current folder, wherever they are written.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from marshmallow import ValidationError

from adapters.configuration_schema import ConfigSchema
from domain.brewfile import Brewfile
from domain.config import (
    BucketAddress,
    ExternalObject,
    ExternalPath,
    ExternalSource,
    ExternalUrl,
    SyncConfig,
)
from domain.errors import MirrorError
from domain.selection import Selection

FILE_NAME: Final = "bottles.toml"
_PREFIX: Final = "BOTTLES_"
_OF_TESTS: Final = "BOTTLES_TEST_"
_JOBS_PER_CORE: Final = 4
_MOST_JOBS: Final = 32

_SCHEMA: Final = ConfigSchema()
NAMES: Final = tuple(_SCHEMA.fields)
"""Every setting, by the name it has in ``bottles.toml``."""

_NAMING: Final = frozenset({"formulae", "brewfile"})
"""The settings that name formulae; a source that has one overrides them all."""

_KEY: Final = "external_hash_file_s3_key"
_BUCKET: Final = "external_hash_file_s3_bucket"
_URL: Final = "external_hash_file_url"
_PATH: Final = "external_hash_file_path"
_EXTERNAL: Final = (_KEY, _URL, _PATH)
"""The settings that name an external hash file, likewise; one at a time.

A bucket alone names none, and may stand in another source than its key."""


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
class Configuration:
    """What a run is told, and what the user may want to know of it."""

    config: SyncConfig
    notes: tuple[str, ...] = ()


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
        if not variable.startswith(_PREFIX) or variable.startswith(_OF_TESTS):
            continue
        name = variable.removeprefix(_PREFIX)
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


def configure(*sources: Source) -> Configuration:
    """Return what ``sources``, of which the first one wins, say together.

    Formulae are named by the first source that names any, be it one by one or by a
    Brewfile: who names them on the command line means no others. So is an external
    hash file.

    Raises:
        ConfigurationError: Every mistake in any of them.
    """
    mistakes: list[str] = []
    merged: dict[str, Any] = {}
    for source in sources:
        mistakes.extend(_unknown(source))
        values = _read(source, mistakes)
        taken = set(merged)
        for group in (_NAMING, frozenset(_EXTERNAL)):
            if group & taken:
                taken |= group
        merged.update((name, values[name]) for name in values if name not in taken)
    mistakes.extend(_misnamed(sources, merged))
    if mistakes:
        raise ConfigurationError(tuple(mistakes))
    return _configuration(merged)


def written(config: SyncConfig) -> dict[str, object]:
    """Return ``config`` as ``bottles.toml`` would have it, its token included."""
    selection = config.selection
    said = _SCHEMA.dump(
        {
            **{name: getattr(config, name, None) for name in NAMES},
            **_external_settings(config.external),
            "external_hash_file_required": config.external_required,
            "target_tags": selection.tags,
            "formulae": selection.formulae,
            "with_deps": selection.with_deps,
            "exclude": selection.exclude,
        }
    )
    return {name: value for name, value in said.items() if value is not None}


def _read(source: Source, mistakes: list[str]) -> dict[str, Any]:
    """Return what the values of ``source`` mean, and tell of those without meaning."""
    try:
        meanings: dict[str, Any] = _SCHEMA.load(dict(source.values))
    except ValidationError as error:
        objections: dict[str, list[str]] = error.messages_dict
        mistakes.extend(
            f"{source.where}{source.spelt(name)}: {objection}"
            for name in objections
            for objection in objections[name]
        )
        return {}
    return meanings


def _unknown(source: Source) -> Iterator[str]:
    for stranger in source.strangers:
        name = stranger.removeprefix(_PREFIX).lower()
        nearest = get_close_matches(name, NAMES, n=1, cutoff=0.5)
        names = ", ".join(map(source.spelt, nearest or NAMES))
        hint = f"nearest: {names}" if nearest else f"there are: {names}"
        yield f"{source.where}{stranger}: there is no such setting; {hint}"


def _misnamed(sources: Sequence[Source], merged: Mapping[str, Any]) -> Iterator[str]:
    """Tell of settings that are right, and name no external hash file together."""
    for source in sources:
        named = [source.spelt(name) for name in _EXTERNAL if name in source.values]
        if len(named) > 1:
            both = " and ".join(named)
            yield f"{source.where}{both}: one external hash file at a time"
    keyed = next((source for source in sources if _KEY in source.values), None)
    bucket = next((source for source in sources if _BUCKET in source.values), None)
    if bucket is not None and keyed is None:
        yield (
            f"{bucket.where}{bucket.spelt(_BUCKET)}: names no file without"
            f" {bucket.spelt(_KEY)}"
        )
    if keyed is None or bucket is not None or _KEY not in merged:
        return
    # Of a store that is a mistake itself, nobody knows what it was meant to be.
    known = "store" in merged or not any("store" in each.values for each in sources)
    if known and not isinstance(merged.get("store"), BucketAddress):
        yield (
            f"{keyed.where}{keyed.spelt(_KEY)}: needs {keyed.spelt(_BUCKET)}, for the"
            " store is a folder"
        )


def _variable(name: str) -> str:
    return f"{_PREFIX}{name.upper()}"


def _configuration(merged: dict[str, Any]) -> Configuration:
    selection: dict[str, Any] = {
        name: merged.pop(name)
        for name in ("formulae", "with_deps", "exclude")
        if name in merged
    }
    if "target_tags" in merged:
        selection["tags"] = merged.pop("target_tags")
    notes: tuple[str, ...] = ()
    brewfile: Brewfile | None = merged.pop("brewfile", None)
    if brewfile is not None:
        named = (*selection.get("formulae", ()), *brewfile.formulae)
        selection["formulae"] = tuple(dict.fromkeys(named))
        notes = tuple(
            f"Brewfile: ignored, for it is no formula of homebrew/core: {line}"
            for line in brewfile.ignored
        )
    merged["external"] = _external(merged)
    if "external_hash_file_required" in merged:
        merged["external_required"] = merged.pop("external_hash_file_required")
    merged.setdefault("jobs", _jobs_by_machine())
    return Configuration(SyncConfig(selection=Selection(**selection), **merged), notes)


def _jobs_by_machine() -> int:
    """Return how many transfers suit this machine: they mostly wait for the network."""
    return min(_MOST_JOBS, _JOBS_PER_CORE * (os.cpu_count() or 1))


def _unreadable(name: str, problem: str) -> ConfigurationError:
    return ConfigurationError((f"{name}: {problem}",))


def _external(merged: dict[str, Any]) -> ExternalSource | None:
    """Return the external hash file that is named, and take its settings out."""
    key: str | None = merged.pop(_KEY, None)
    bucket: str | None = merged.pop(_BUCKET, None)
    url: ExternalUrl | None = merged.pop(_URL, None)
    path: ExternalPath | None = merged.pop(_PATH, None)
    if key is None:
        return url or path
    # Without a bucket, it is the store's: _misnamed has seen to it that there is one.
    return ExternalObject(bucket or merged["store"].bucket, key)


def _external_settings(external: ExternalSource | None) -> Mapping[str, object]:
    match external:
        case None:
            return {}
        case ExternalPath():
            return {_PATH: external}
        case ExternalUrl():
            return {_URL: external}
        case ExternalObject():
            return {_KEY: external.key, _BUCKET: external.bucket}
