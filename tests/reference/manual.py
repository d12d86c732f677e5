"""The manual page, in the man macros that every Unix reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib.metadata import version

from adapters.configuration_sources import PREFIX
from entrypoints.cli.settings import SECTIONS
from tests.reference.described import (
    EXIT_STATUSES,
    Described,
    described,
    everywhere,
    spellings,
)

_SUMMARY = "keep a mirror of Homebrew's bottles"
_FILES = (
    ("./bottles.toml", "The configuration, where no other is named."),
    ("./mirror", "The store, where no other is named."),
    ("STORE/bottles_hash.json", "The hash file: what the mirror holds."),
    ("STORE/ledger/", "The log behind it. Nothing in it is ever changed."),
    ("STORE/status/index.html", "The status page."),
)


def manual() -> str:
    """Return the text of ``bottles.1``."""
    program, *found = described()
    number = version("homebrew-bottles-sync")
    lines = [
        '.\\" Written by make reference from the commands themselves. Do not edit.',
        f'.TH BOTTLES 1 "" "homebrew\\-bottles\\-sync {number}" "User Commands"',
        # Words are never broken: they are to be typed.
        *(".nh", ".ad l"),
        ".SH NAME",
        f"bottles \\- {_text(_SUMMARY)}",
        ".SH SYNOPSIS",
        ".B bottles",
        "[\\fIOPTIONS\\fR] \\fICOMMAND\\fR [\\fIOPTIONS\\fR]",
        ".SH DESCRIPTION",
        *_paragraphs(program.paragraphs[:2]),
        ".SH OPTIONS OF EVERY COMMAND",
        *_terms(everywhere()),
        ".PP",
        f"And the settings {_listed(program.settings)}.",
        ".SH COMMANDS",
    ]
    for command in found:
        lines += _section(command, program.settings)
    lines.append(".SH SETTINGS")
    lines.append(
        f"Each is also a variable of the environment, \\fB{PREFIX}\\fR\\fINAME\\fR,"
        " and a line of bottles.toml, where \\- is _. Options come first, then the"
        " environment, then the file."
    )
    for title, settings in SECTIONS.items():
        lines.append(f".SS {_text(title)}")
        rows = []
        for name, setting in settings.items():
            default = f" [default: {setting.default}]" if setting.default else ""
            rows.append((", ".join(spellings(name)), f"{setting.help}{default}"))
        lines += _terms(rows)
    lines.append(".SH EXIT STATUS")
    lines += _terms((str(code), f"{does}.") for code, does in EXIT_STATUSES.items())
    lines.append(".SH FILES")
    lines += _terms(_FILES)
    lines += [".SH EXAMPLES", *_examples(program)]
    lines += [".SH SEE ALSO", ".BR brew (1)"]
    return "\n".join(lines) + "\n"


def _section(command: Described, everybodys: tuple[str, ...]) -> Iterator[str]:
    operands = f" {_text(command.operands)}" if command.operands else ""
    yield f".SS {_text(command.words)}{operands}"
    yield from _paragraphs(command.paragraphs)
    yield from _terms(command.options)
    own = tuple(name for name in command.settings if name not in everybodys)
    if own:
        yield ".PP"
        yield f"Settings: {_listed(own)}."
    yield from _examples(command)


def _examples(command: Described) -> Iterator[str]:
    for example in command.examples:
        yield ".PP"
        yield _text(example.does)
        yield ".PP"
        yield ".RS 4"
        yield ".nf"
        yield _text(example.line)
        yield ".fi"
        yield ".RE"


def _paragraphs(paragraphs: Iterable[str]) -> Iterator[str]:
    for paragraph in paragraphs:
        yield ".PP"
        yield _text(paragraph)


def _terms(rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    for term, says in rows:
        yield ".TP"
        yield f".B {_text(term)}"
        yield _text(says)


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(
        f"\\fB{_text(spellings(name)[0].split()[0])}\\fR" for name in names
    )


def _text(text: str) -> str:
    """Return ``text`` so that nothing in it is a command of the formatter."""
    for plain, escaped in (("\\", "\\e"), ("-", "\\-"), ("…", "..."), ('"', "\\(dq")):
        text = text.replace(plain, escaped)
    return f"\\&{text}" if text.startswith((".", "'")) else text
