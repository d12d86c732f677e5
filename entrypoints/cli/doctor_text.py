"""What the doctor found, as a person reads it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from adapters.terminal.words import counted
from application.doctor import Check
from entrypoints.cli.colours import seen_state

_INDENT: Final = " " * 21


def check_text(check: Check) -> str:
    """Return what ``doctor`` prints of one check."""
    name = check.name.replace("_", " ")
    lines = [f"{seen_state(check.state)}  {name:13}  {check.detail}"]
    if check.advice:
        lines.append(f"{_INDENT}do: {check.advice}")
    return "\n".join(lines)


def verdict_text(checks: Sequence[Check]) -> str:
    """Return the last line of ``doctor``."""
    failed = sum(check.state == "fail" for check in checks)
    warned = sum(check.state == "warn" for check in checks)
    if failed:
        return f"{failed} of {counted(len(checks), 'check')} failed"
    if warned:
        return f"a run can begin; {counted(warned, 'thing')} to look at"
    return "all is there that a run needs"
