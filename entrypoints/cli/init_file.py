"""The ``bottles.toml`` that ``bottles init`` writes."""

from __future__ import annotations

import json
from collections.abc import Container, Iterator
from pathlib import Path
from textwrap import wrap
from typing import Final

from adapters.configuration import Configuration, configure, written
from domain.config import SyncConfig
from domain.forecast import Forecast
from entrypoints.cli.init_text import takes_text
from entrypoints.cli.settings import SETTINGS

_WIDTH: Final = 88
_ANSWERS: Final = frozenset({"store", "target_tags", "formulae", "with_deps"})
_OTHERS: Final = (
    "retention_days",
    "gc_auto",
    "max_evict",
    "keep_generations",
    "views",
    "retry_attempts",
)
"""Settings that are there to be changed, commented out with their defaults."""


def file_text(
    config: SyncConfig, forecast: Forecast | None, given: Container[str] = ()
) -> str:
    """Return the file that says what ``config`` does of store and selection.

    Args:
        forecast: What it takes, as far as that is known.
        given: The settings that are to be in it as well, where they are not as they
            would be without a line.
    """
    said = written(Configuration(config))
    lines = _lines(said, takes_text(config, forecast), given)
    return "\n".join([*lines, ""])


def write(path: Path, text: str, *, overwrite: bool) -> None:
    """Write the file.

    Raises:
        FileExistsError: There is one, and it is not to be overwritten.
        OSError: It cannot be written.
        UnicodeEncodeError: UTF-8 cannot spell it; nothing is written.
    """
    body = text.encode()
    with path.open("wb" if overwrite else "xb") as file:
        file.write(body)


def _lines(said: dict[str, object], takes: str, given: Container[str]) -> Iterator[str]:
    defaults = written(configure())
    yield from _comment(
        "What the mirror is. Every bottles command that is started in this folder reads"
        " it; an option, or a variable BOTTLES_NAME, counts before a line of it. Paths"
        " are relative to the folder in which the command is started."
    )
    yield from _comment(f"As of when this was written: {takes}")
    yield ""
    yield from _comment("The mirror: a folder, or s3://bucket/prefix.")
    yield _line("store", said["store"])
    yield ""
    yield from _comment(
        "The clients to serve: latest:N for the N newest macOS on ARM, or tags, as"
        ' ["arm64_sonoma", "x86_64_linux"]. Bottles for all systems come with each.'
    )
    yield _line("target_tags", said["target_tags"])
    yield ""
    if said["formulae"]:
        yield from _comment("The formulae: names, or globs. Without this line, all.")
        yield _line("formulae", said["formulae"])
        yield from _comment("Whether what they need to run is mirrored, too.")
        yield _line("with_deps", said["with_deps"])
    else:
        yield from _comment("All formulae. Or some, by their names, or globs:")
        yield f"# {_line('formulae', ['jq', 'python@3.*'])}"
        yield f"# {_line('with_deps', value=True)}"
    for name, value in said.items():
        if name in given and name not in _ANSWERS and value != defaults.get(name):
            yield ""
            yield from _comment(SETTINGS[name].help)
            yield _line(name, value)
    yield ""
    yield from _comment(
        "More settings, with their defaults. bottles sync --help has all of them. What"
        " is secret is better kept in the environment."
    )
    for name in _OTHERS:
        yield ""
        yield from _comment(SETTINGS[name].help)
        yield f"# {_line(name, defaults[name])}"


def _comment(text: str) -> Iterator[str]:
    for line in wrap(text, _WIDTH - 2, break_long_words=False, break_on_hyphens=False):
        yield f"# {line}"


def _line(name: str, value: object) -> str:
    # TOML's strings are JSON's, but for one character that TOML wants escaped.
    return f"{name} = {json.dumps(value, ensure_ascii=False)}".replace(
        "\x7f", "\\u007f"
    )
