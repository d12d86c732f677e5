"""The program as its user has it: a process, a command line, an environment."""

from __future__ import annotations

import json
import os
import signal
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

    Raises:
        RuntimeError: It did not exit with 0, or not within fifteen minutes.
    """
    program = str(Path(sysconfig.get_path("scripts"), "bottles"))
    return measured(program, *arguments, cwd=cwd, settings=settings)


def measured(
    *command: str, cwd: Path, settings: Mapping[str, str] | None = None
) -> Measured:
    """Run a command and measure it.

    Nothing of the caller's own configuration, credentials, proxies or certificates is
    passed on.

    Raises:
        RuntimeError: It did not exit with 0, or not within fifteen minutes.
    """
    with subprocess.Popen(
        [sys.executable, "-I", "-S", str(_METER), *command],
        env={**environment(), **(settings or {})},
        cwd=cwd,
        stdout=subprocess.PIPE,
        text=True,
        # So that meter and command can be ended together.
        process_group=0,
    ) as meter:
        try:
            metered, _ = meter.communicate()
        except BaseException:
            os.killpg(meter.pid, signal.SIGKILL)
            raise
    if meter.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: it had no end")
    said = json.loads(metered)
    if said["status"] != 0:
        raise RuntimeError(
            f"{' '.join(command)}: status {said['status']}\n{said['stderr']}"
            f"{said['stdout']}"
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
