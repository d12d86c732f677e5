"""Whether there is a package index, and wheels from it."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import Final

from tests.support.runtime_api import ROOT

_DOWNLOAD: Final = (
    *(sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"),
    *("download", "--no-deps", "--only-binary=:all:"),
)


@cache
def why_no_index() -> str | None:
    """Return why nothing can be fetched, if so."""
    with tempfile.TemporaryDirectory() as folder:
        asked = subprocess.run(
            [*_DOWNLOAD, "--retries=1", "--timeout=20", "--dest", folder, "six"],
            check=False,
            capture_output=True,
        )
    return "no package index can be reached" if asked.returncode else None


def fetch_locked(into: Path) -> None:
    """Fetch the wheels of the lock file, for the Python that we are."""
    subprocess.run(
        [
            *(*_DOWNLOAD, "--dest", str(into), "--require-hashes"),
            *("--requirement", str(ROOT / "requirements.txt")),
        ],
        check=True,
        capture_output=True,
    )
