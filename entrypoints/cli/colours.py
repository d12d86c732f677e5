"""Colours on standard output: of what is bad, of what is doubtful, of nothing else.

They say nothing that the words do not say as well.
"""

from __future__ import annotations

import os
import sys
from typing import Literal

import click


def bad(text: str) -> str:
    """Return ``text``, red where that can be seen."""
    return _painted(text, "red")


def doubtful(text: str) -> str:
    """Return ``text``, yellow where that can be seen."""
    return _painted(text, "yellow")


def seen_state(state: Literal["ok", "warn", "fail"]) -> str:
    """Return the four letters of how something that was checked is."""
    match state:
        case "ok":
            return "ok  "
        case "warn":
            return doubtful("warn")
        case "fail":
            return bad("FAIL")


def _painted(text: str, colour: str) -> str:
    # What NO_COLOR says counts, whatever it is, unless it is empty: no-color.org.
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    if plain or not sys.stdout.isatty():
        return text
    return click.style(text, fg=colour)
