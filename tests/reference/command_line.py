"""The commands, for the page of the reference about the command line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from tests.reference.described import (
    EXIT_STATUSES,
    Described,
    described,
    everywhere,
    spellings,
)

# The longest first, so that a group does not hide what is below it.
_COMMAND = re.compile(
    "(?<!`)("
    + "|".join(
        sorted((each.words for each in described() if " " in each.words), reverse=True)
    )
    + r")\b(?!-)"
)


def listed_commands() -> str:
    """Return what ``docs/reference/cli.md`` says of each command."""
    program, *found = described()
    lines = [*_contents(program, found), "## Options of every command", ""]
    lines += _table(("option", "does"), everywhere())
    lines += ["", f"Every command also takes {_linked(program.settings)}.", ""]
    for command in found:
        lines += [*_section(command, program), ""]
    lines += ["## Exit status", ""]
    statuses = [(str(code), means) for code, means in EXIT_STATUSES.items()]
    lines += _table(("status", "means"), statuses)
    return "\n".join(lines)


def _contents(program: Described, found: list[Described]) -> Iterator[str]:
    tops = {words for words, _ in program.subcommands}
    rows = [
        (f"[`{each.words}`](#{anchor(each.words)})", each.short)
        for each in found
        if each.words in tops
    ]
    yield from _table(("command", "does"), rows, code=False)
    yield ""


def _section(command: Described, program: Described) -> Iterator[str]:
    depth = len(command.words.split())
    yield f"{'#' * depth} {command.words}"
    yield ""
    usage = f"{command.words} [OPTIONS]"
    if command.subcommands:
        usage += " COMMAND"
    if command.operands:
        usage += f" {command.operands}"
    yield from ("```text", usage, "```")
    yield ""
    for paragraph in command.paragraphs:
        yield marked(paragraph)
        yield ""
    if command.subcommands:
        rows = [
            (f"[`{words}`](#{anchor(words)})", short)
            for words, short in command.subcommands
        ]
        yield from _table(("command", "does"), rows, code=False)
        yield ""
    if command.options:
        yield from _table(("option", "does"), command.options)
        yield ""
    own = [name for name in command.settings if name not in program.settings]
    if own:
        yield f"Settings: {_linked(tuple(own))}."
        yield ""
    rows = [(example.line, example.does) for example in command.examples]
    yield from _table(("example", "does"), rows)


def anchor(heading: str) -> str:
    """Return what GitHub makes of a heading, to link to it."""
    return re.sub(r"[^a-z0-9_ -]", "", heading.lower()).replace(" ", "-")


def marked(text: str) -> str:
    """Return a sentence of help with what can be typed marked as such."""
    text = re.sub(r"(?<![\w/-])(--[a-z][a-z-]+|-[a-z]\b)", r"`\1`", text)
    text = re.sub(r"<([A-Z]+)>", r"\\<\1\\>", text)
    text = re.sub(r"(?<![`\w])([\w./~]+/\w+\.(?:html|json|md|env))\b", r"`\1`", text)
    return _COMMAND.sub(r"`\1`", text)


def _linked(names: tuple[str, ...]) -> str:
    return ", ".join(
        f"[`{spellings(name)[0].split()[0]}`](configuration.md#{name})"
        for name in names
    )


def _table(
    head: tuple[str, str],
    rows: Iterable[tuple[str, str]],
    *,
    code: bool = True,
) -> Iterator[str]:
    yield f"| {head[0]} | {head[1]} |"
    yield "|---|---|"
    for first, second in rows:
        cell = f"`{first}`" if code else first
        yield f"| {_cell(cell)} | {_cell(marked(second))} |"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
