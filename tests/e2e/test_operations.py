"""The drill of ``docs/operations.md``, word for word."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command import ROOT, Bottles

_DOCUMENT = ROOT / "docs" / "operations.md"


def _steps() -> list[tuple[str, int]]:
    """Return the commands of the drill, and the exit status that each is to have."""
    (block,) = re.findall(
        r"^```sh\n(.*?)^```", _DOCUMENT.read_text(), re.MULTILINE | re.DOTALL
    )
    steps = []
    for line in block.splitlines():
        if not line or line.startswith("#"):
            continue
        command, _, told = line.partition("  #")
        status = re.match(r" ([0-9]+)", told)
        steps.append((command.strip(), int(status[1]) if status else 0))
    return steps


@pytest.mark.usefixtures("upstream")
def test_the_drill_goes_as_it_is_written(
    bottles: Bottles, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BOTTLES_TARGET_TAGS", "arm64_sonoma")
    assert bottles("sync").status == 0
    program = folder / "bin" / "bottles"
    program.parent.mkdir()
    program.write_text(
        f"#!/bin/sh\nPYTHONPATH='{ROOT}' exec '{sys.executable}' -c"
        " 'from entrypoints.cli.main import main; raise SystemExit(main())' \"$@\"\n"
    )
    program.chmod(0o755)
    path = f"{program.parent}:{os.environ['PATH']}"
    steps = _steps()
    assert len(steps) > 15
    said = ""
    for command, status in steps:
        ended = subprocess.run(
            ["/bin/sh", "-c", command],
            env={**os.environ, "PATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
        said = f"{command}\n{ended.stdout}{ended.stderr}"
        assert ended.returncode == status, said
    assert "Nothing to fetch" in said
