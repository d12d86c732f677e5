"""Completion in the shells themselves: what the tabulator does."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.support.shells import put_on_path, shell

ENTER, TAB = "\n", "\t"
# What is typed before the key, and what stands there after it.
COMPLETED = [
    ("bottles pl", "bottles plan "),
    ("bottles ledger che", "bottles ledger check "),
    ("bottles sync --with-d", "bottles sync --with-deps "),
    ("bottles sync --tag arm64_son", "bottles sync --tag arm64_sonoma "),
    ("bottles sync --brewfile Brew", "bottles sync --brewfile Brewfile "),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with the program, and with a Brewfile."""
    put_on_path(tmp_path)
    (tmp_path / "Brewfile").write_text('brew "jq"\n')
    return tmp_path


def found(name: str) -> str:
    """Return where a shell is; without it, the test is skipped."""
    place = shutil.which(name)
    if place is None:
        pytest.skip(f"needs {name}")
    return place


@pytest.mark.parametrize(("typed", "stands"), COMPLETED)
def test_bash_completes(folder: Path, typed: str, stands: str) -> None:
    bash = found("bash")

    with shell(bash, "--norc", "--noprofile", "-i", folder=folder) as terminal:
        terminal.type(f'eval "$(bottles completion bash)"; echo re""ady{ENTER}')
        assert terminal.sees("ready")
        terminal.type(f"{typed}{TAB}")
        assert terminal.sees(stands)


@pytest.mark.parametrize(("typed", "stands"), COMPLETED)
def test_zsh_completes(folder: Path, typed: str, stands: str) -> None:
    zsh = found("zsh")

    with shell(zsh, "-f", "-i", folder=folder) as terminal:
        terminal.type(f"autoload -U compinit && compinit -u -D{ENTER}")
        terminal.type(f'eval "$(bottles completion zsh)"; echo re""ady{ENTER}')
        assert terminal.sees("ready")
        terminal.type(f"{typed}{TAB}")
        assert terminal.sees(stands)


@pytest.mark.parametrize(("typed", "stands"), COMPLETED)
def test_fish_completes(folder: Path, typed: str, stands: str) -> None:
    fish = found("fish")
    completions = folder / ".config" / "fish" / "completions"
    completions.mkdir(parents=True)

    # As help has it, and then what the key would do.
    script = (
        "bottles completion fish > ~/.config/fish/completions/bottles.fish;"
        f" complete --do-complete '{typed}'"
    )
    ended = subprocess.run(
        [fish, "--private", "--command", script],
        cwd=folder,
        env={
            **os.environ,
            "HOME": str(folder),
            "PATH": f"{folder}:{os.environ['PATH']}",
        },
        capture_output=True,
        text=True,
        check=True,
    )

    words = [line.partition("\t")[0] for line in ended.stdout.splitlines()]
    assert stands.rsplit(maxsplit=1)[-1] in words
