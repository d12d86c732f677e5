"""The program as its user has it: a process, a command line, an environment."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
_METER = Path(__file__).with_name("meter.py")


@dataclass(frozen=True, slots=True)
class Measured:
    """One run of a command.

    Attributes:
        wall: Seconds from start to end, Python's own start included.
        cpu: Seconds of processor time, user and system.
        peak: The most memory it had, in bytes.
        stdout: What it answered.
    """

    wall: float
    cpu: float
    peak: int
    stdout: str

    @property
    def answer(self) -> dict[str, Any]:
        """The answer as the JSON object that it is."""
        answer: dict[str, Any] = json.loads(self.stdout)
        return answer


def bottles(
    *arguments: str, cwd: Path, settings: Mapping[str, str] | None = None
) -> Measured:
    """Run ``bottles`` and measure it.

    Nothing of the caller's own configuration, credentials, proxies or certificates is
    passed on.

    Raises:
        RuntimeError: It did not exit with 0.
    """
    command = [str(Path(sysconfig.get_path("scripts"), "bottles")), *arguments]
    metered = subprocess.run(
        [sys.executable, "-I", "-S", str(_METER), *command],
        env={**environment(), **(settings or {})},
        cwd=cwd,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    said = json.loads(metered.stdout)
    if said["status"] != 0:
        raise RuntimeError(
            f"bottles {' '.join(arguments)}: status {said['status']}\n{said['stderr']}"
        )
    return Measured(said["wall"], said["cpu"], said["peak"], said["stdout"])


def environment() -> dict[str, str]:
    """Return the environment for a process that finds our packages, and no more."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("BOTTLES_", "AWS_", "PYTHON", "SSL_CERT_"))
        and not name.lower().endswith(("_proxy", "_ca_bundle"))
    }
    return {**kept, "PYTHONPATH": str(ROOT)}
