"""What this program calls itself to servers."""

from __future__ import annotations

from importlib.metadata import version
from typing import Final

DISTRIBUTION: Final = "homebrew-bottles-sync"


def user_agent() -> str:
    """Return the program's name and version."""
    return f"{DISTRIBUTION}/{version(DISTRIBUTION)}"
