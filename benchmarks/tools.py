"""Tools of others, which are not part of the project and may not be there.

One that is not on PATH may be in a folder that BOTTLES_PEERS names (several with
colons), which comes first.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from functools import cache
from typing import Final

_VERSION: Final = re.compile(r"\d+\.\d+(\.\d+)?")
_ANSWERS_WITHIN: Final = 20.0  # seconds
# Those that do not want to be asked for their version as nearly all do.
_ASKED: Final = {
    "rclone": "version",
    "s5cmd": "version",
    "openssl": "version",
    "nginx": "-v",
}


@cache
def version(tool: str) -> str | None:
    """Return the version of a tool, None if it is not there or does not run."""
    command = _found(tool)
    if command is None:
        return None
    told = subprocess.run(
        [command, _ASKED.get(tool, "--version")],
        capture_output=True,
        text=True,
        check=False,
        timeout=_ANSWERS_WITHIN,
    )
    number = _VERSION.search(told.stdout + told.stderr)
    return number[0] if told.returncode == 0 and number else None


def path(tool: str) -> str:
    """Return where a tool is: one that has a version."""
    return _found(tool) or tool


def _found(tool: str) -> str | None:
    first, others = os.environ.get("BOTTLES_PEERS", ""), os.environ.get("PATH", "")
    return shutil.which(tool, path=f"{first}:{others}".lstrip(":"))
