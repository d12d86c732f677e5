"""The commands that a document tells people to type, tried word for word."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.support.command import ROOT


def steps_of(document: Path) -> list[tuple[str, int]]:
    """Return the commands of a document, and the exit status that each is to have."""
    (block,) = re.findall(
        r"^```sh\n(.*?)^```", document.read_text(), re.MULTILINE | re.DOTALL
    )
    steps = []
    for line in block.splitlines():
        if not line or line.startswith("#"):
            continue
        command, _, told = line.partition("  #")
        status = re.match(r" ([0-9]+)", told)
        steps.append((command.strip(), int(status[1]) if status else 0))
    return steps


def carry_out(steps: list[tuple[str, int]], folder: Path) -> str:
    """Type every command in the current folder; each must end as it is to.

    Args:
        folder: Where a ``bottles`` may be put for the shell to find.

    Returns:
        What the last one said.
    """
    program = folder / "bin" / "bottles"
    program.parent.mkdir()
    program.write_text(
        f"#!/bin/sh\nPYTHONPATH='{ROOT}' exec '{sys.executable}' -c"
        " 'from entrypoints.cli.main import main; raise SystemExit(main())' \"$@\"\n"
    )
    program.chmod(0o755)
    path = f"{program.parent}:{os.environ['PATH']}"
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
    return said
