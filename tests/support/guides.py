"""What the documents tell people to type, as it stands in their fenced blocks.

A line of an ``sh`` block is a command. Behind two spaces and ``#`` it may say which
exit status it has, where that is not 0. In a ``console`` block commands follow ``$``,
and the lines after one are what it says: there ``…`` is any text, and a number any
number.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from tests.support.command import ROOT

_FENCE = re.compile(r"^(?P<indent> *)```(?P<language>[a-z]*)$")
_STATUS = re.compile(r"\s{2,}#(?: (?P<status>[0-9]+)\b)?.*$")
_HERE = re.compile(r"<<-?\s*'?(?P<word>[A-Z]+)'?")
# What people write for sh, and nobody looks for.
_OTHER_SHELLS = {"bash", "shell", "zsh"}
# What a line of a block without a language begins with, if it is a command after all.
_LIKE_A_COMMAND = re.compile(
    r"(\.venv/bin/)?(aws|bottles|brew|curl|docker|export|gh|git|make|pipx?|podman|python3?"
    r"|sudo|terraform)\s+[^=:\s]"
)
# What may differ from one time to the next.
_VARIES = re.compile(r"(?P<any>…)|(?P<number>[0-9][0-9.,:-]*)(?P<unit> [kMG]?B\b)?")


@dataclass(frozen=True, slots=True)
class Step:
    """A command that somebody is told to type.

    Attributes:
        line: Where in the document it begins.
        status: The exit status that it is said to have.
        said: The lines that it is said to print, one after the other.
    """

    line: int
    command: str
    status: int = 0
    said: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Block:
    line: int
    language: str
    lines: tuple[str, ...]


def guides() -> list[Path]:
    """Return every document for people, as paths in the tree."""
    found = [*ROOT.glob("*.md")]
    for folder in (".github", "docs", "infrastructure"):
        found += (ROOT / folder).rglob("*.md")
    return sorted(
        document.relative_to(ROOT)
        for document in found
        if ".terraform" not in document.parts
    )


def steps_of(guide: Path) -> list[Step]:
    """Return every command of a document, in turn."""
    steps: list[Step] = []
    for block in _blocks(guide):
        if block.language == "sh":
            steps += _lines_of_a_shell(block)
        elif _is_console(block):
            steps += _shown_on_a_terminal(block)
    return steps


def unmarked(guide: Path) -> list[str]:
    """Return the lines that look like commands, in blocks that do not say so."""
    return [
        f"{guide}:{block.line}: {line}"
        for block in _blocks(guide)
        if not _is_console(block)
        for line in block.lines
        if block.language in _OTHER_SHELLS
        or (not block.language and _LIKE_A_COMMAND.match(line))
    ]


def missing_of(step: Step, output: str) -> list[str]:
    """Return what a command is said to print, and has not, in this order."""
    printed = iter(output.splitlines())
    return [
        line
        for line in step.said
        if line.strip() and not any(_pattern(line).fullmatch(each) for each in printed)
    ]


def _blocks(guide: Path) -> Iterator[_Block]:
    opened: _Block | None = None
    indent = ""
    for number, line in enumerate((ROOT / guide).read_text().splitlines(), start=1):
        fence = _FENCE.match(line)
        if opened is None:
            if fence:
                indent = fence["indent"]
                opened = _Block(number, fence["language"], ())
            elif line.startswith("    "):
                # Markdown's other way of showing what is to be typed.
                yield _Block(number - 1, "", (line.strip(),))
        elif fence:
            yield opened
            opened = None
        else:
            opened = replace(opened, lines=(*opened.lines, line.removeprefix(indent)))
    assert opened is None, f"{guide}:{opened.line}: the block does not end"


def _is_console(block: _Block) -> bool:
    return block.language == "console" or (
        not block.language and any(line.startswith("$ ") for line in block.lines)
    )


def _lines_of_a_shell(block: _Block) -> Iterator[Step]:
    lines = iter(enumerate(block.lines, start=block.line + 1))
    for number, line in lines:
        if not line.strip() or line.startswith("#"):
            continue
        told = _STATUS.search(line)
        command = line[: told.start()] if told else line
        while command.endswith("\\"):
            command += f"\n{next(lines)[1]}"
        if here := _HERE.search(command):
            for _, more in lines:
                command += f"\n{more}"
                if more == here["word"]:
                    break
        yield Step(number, command, int(told["status"] or 0) if told else 0)


def _shown_on_a_terminal(block: _Block) -> Iterator[Step]:
    step: Step | None = None
    for number, line in enumerate(block.lines, start=block.line + 1):
        if line.startswith("$ "):
            if step is not None:
                yield step
            step = Step(number, line.removeprefix("$ "))
        elif step is not None:
            step = replace(step, said=(*step.said, line))
    if step is not None:
        yield step


def _pattern(line: str) -> re.Pattern[str]:
    """Return what a line is that may have other numbers, and anything for ``…``."""
    pattern, end = "", 0
    for found in _VARIES.finditer(line):
        pattern += re.escape(line[end : found.start()])
        pattern += ".*" if found["any"] else "[0-9][0-9.,:-]*"
        pattern += " [kMG]?B" if found["unit"] else ""
        end = found.end()
    # Columns are as wide as what stands in them.
    return re.compile(re.sub(r"(?:\\ )+", " +", pattern + re.escape(line[end:])))
