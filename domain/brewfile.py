"""The formulae that a Brewfile names.

Source: Homebrew/brew ``bundle/dsl.rb``. A Brewfile is Ruby; only lines of the
form ``brew "NAME"`` are read, which is what ``brew bundle dump`` writes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_ENTRY = re.compile(r"""(?P<kind>[a-z_]+)[\s(]*(?P<q>["'])(?P<name>[^"']+)(?P=q)""")
_CORE = re.compile(r"^homebrew/(homebrew-)?(core|homebrew)/")


@dataclass(frozen=True, slots=True)
class Brewfile:
    """What a Brewfile asks for.

    Attributes:
        formulae: The names of homebrew/core's formulae, in the file's order.
        ignored: Lines that ask for something a bottle mirror does not hold.
    """

    formulae: tuple[str, ...]
    ignored: tuple[str, ...]


def parse_brewfile(text: str) -> Brewfile:
    """Return what the Brewfile ``text`` asks for."""
    formulae: dict[str, None] = {}
    ignored: list[str] = []
    for line in text.splitlines():
        statement = line.split("#", 1)[0].strip()
        if not statement:
            continue
        entry = _ENTRY.match(statement)
        if entry is None or entry["kind"] != "brew":
            ignored.append(statement)
            continue
        # Homebrew reads names without regard to case.
        name = _CORE.sub("", entry["name"].lower())
        if "/" in name:
            ignored.append(statement)
        else:
            formulae[name] = None
    return Brewfile(tuple(formulae), tuple(ignored))
