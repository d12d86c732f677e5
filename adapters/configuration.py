"""The configuration: command line, then environment, then ``bottles.toml``.

The sources are read as a whole, and every mistake in any of them is told at once: a
value that another source overrides must be right as well, for one day it is not
overridden. Paths are relative to the current folder, wherever they are written.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from typing import Any, Final

from marshmallow import ValidationError

from adapters.configuration_alternatives import (
    contradictions,
    external_settings,
    overridden,
    put_together,
    take_external,
)
from adapters.configuration_schema import NAMES, SCHEMA
from adapters.configuration_sources import PREFIX, ConfigurationError, Source
from adapters.processors import processors
from domain.brewfile import Brewfile
from domain.cloud_config import CloudConfig
from domain.config import SyncConfig
from domain.exposure_config import ExposureConfig
from domain.selection import Selection

_JOBS_PER_CORE: Final = 4
_MOST_JOBS: Final = 32

_OF_THE_CLOUD: Final = tuple(each.name for each in fields(CloudConfig))
_OF_EXPOSURE: Final = tuple(each.name for each in fields(ExposureConfig))


@dataclass(frozen=True, slots=True)
class Configuration:
    """What a run is told, and what the user may want to know of it.

    Attributes:
        cloud: What is told to what is deployed, and to who sends messages.
    """

    config: SyncConfig
    cloud: CloudConfig = field(default_factory=CloudConfig)
    notes: tuple[str, ...] = ()


def configure(*sources: Source) -> Configuration:
    """Return what ``sources``, of which the first one wins, say together.

    Formulae are named by the first source that names any, be it one by one or by a
    Brewfile: who names them on the command line means no others. So is all that can be
    named in several ways.

    Raises:
        ConfigurationError: Every mistake in any of them.
    """
    mistakes: list[str] = []
    merged: dict[str, Any] = {}
    for source in sources:
        mistakes.extend(_unknown(source))
        values = _read(source, mistakes)
        taken = overridden(frozenset(merged))
        merged.update((name, values[name]) for name in values if name not in taken)
    put_together(merged)
    mistakes.extend(contradictions(sources, merged))
    if mistakes:
        raise ConfigurationError(tuple(mistakes))
    return _configuration(merged)


def written(configuration: Configuration) -> dict[str, object]:
    """Return what ``bottles.toml`` would have to say, its secrets included."""
    config, cloud = configuration.config, configuration.cloud
    selection = config.selection
    said = SCHEMA.dump(
        {
            **{name: getattr(config, name, None) for name in NAMES},
            **{name: getattr(cloud, name) for name in _OF_THE_CLOUD},
            **{name: getattr(config.exposure, name) for name in _OF_EXPOSURE},
            **external_settings(config.external),
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
        meanings: dict[str, Any] = SCHEMA.load(dict(source.values))
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
        name = stranger.removeprefix(PREFIX).lower()
        nearest = get_close_matches(name, NAMES, n=1, cutoff=0.5)
        names = ", ".join(map(source.spelt, nearest or NAMES))
        hint = f"nearest: {names}" if nearest else f"there are: {names}"
        yield f"{source.where}{stranger}: there is no such setting; {hint}"


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
    merged["external"] = take_external(merged)
    if "external_hash_file_required" in merged:
        merged["external_required"] = merged.pop("external_hash_file_required")
    merged.setdefault("jobs", _jobs_by_machine())
    cloud = CloudConfig(
        **{name: merged.pop(name) for name in _OF_THE_CLOUD if name in merged}
    )
    exposure = ExposureConfig(
        **{name: merged.pop(name) for name in _OF_EXPOSURE if name in merged}
    )
    config = SyncConfig(selection=Selection(**selection), exposure=exposure, **merged)
    return Configuration(config, cloud, notes)


def _jobs_by_machine() -> int:
    """Return how many transfers suit this machine: they mostly wait for the network."""
    return min(_MOST_JOBS, _JOBS_PER_CORE * processors())
