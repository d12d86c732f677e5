"""What the command line says of itself, taken from its commands."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass

import click

from entrypoints.cli.command import Command, Example, Group, by_section
from entrypoints.cli.exit_status import (
    BUG,
    DAMAGED,
    DONE,
    INTERRUPTED,
    OUT_OF_REACH,
    READER_GONE,
    SOME_FAILED,
    WRONG_USAGE,
)
from entrypoints.cli.main import cli
from entrypoints.cli.settings import SETTINGS
from tests.support.click_tree import commands

EXIT_STATUSES = {
    DONE: "done",
    SOME_FAILED: "done, but some bottles failed; they are listed by cause",
    WRONG_USAGE: "wrong usage or configuration",
    DAMAGED: "the ledger or the store is damaged",
    OUT_OF_REACH: "upstream or the store cannot be reached",
    BUG: "a bug in this program; please report what it said",
    INTERRUPTED: "interrupted; what was fetched is recorded",
    READER_GONE: "nobody reads the output any more",
}


@dataclass(frozen=True)
class Described:
    """A command in words.

    Attributes:
        words: What calls it: ``bottles ledger log``.
        operands: What stands behind its options.
        short: What it does, in a sentence.
        paragraphs: What else there is to know.
        options: Those that are no settings: how each is spelt, and what it does.
        settings: The names of the settings that it takes.
        subcommands: The words of what is below it, each with its short sentence.
    """

    words: str
    operands: str
    short: str
    paragraphs: tuple[str, ...]
    options: tuple[tuple[str, str], ...]
    settings: tuple[str, ...]
    subcommands: tuple[tuple[str, str], ...]
    examples: tuple[Example, ...]


def described() -> Iterator[Described]:
    """Yield the program, and every command in the order of help."""
    found = dict(commands(cli))
    for words, command in found.items():
        context = click.Context(command, info_name=words)
        sections = dict(by_section(command.params))
        sections.pop("Everywhere", None)
        options = [each for title in sections for each in sections[title]]
        yield Described(
            words,
            " ".join(
                each.make_metavar(context)
                for each in command.params
                if isinstance(each, click.Argument)
            ),
            command.get_short_help_str(limit=200),
            tuple(_paragraphs(command)),
            tuple(
                record
                for each in options
                if each.name not in SETTINGS
                and (record := each.get_help_record(context)) is not None
            ),
            tuple(str(each.name) for each in options if each.name in SETTINGS),
            tuple(
                (below, each.get_short_help_str(limit=200))
                for below, each in found.items()
                if below.rpartition(" ")[0] == words
            ),
            tuple(command.examples if isinstance(command, Command | Group) else ()),
        )


def everywhere() -> tuple[tuple[str, str], ...]:
    """Return the options that are no settings, and that every command has."""
    context = cli.make_context("bottles", [], resilient_parsing=True)
    options = dict(by_section(cli.get_params(context)))["Everywhere"]
    records = (each.get_help_record(context) for each in options)
    return tuple(record for record in records if record is not None)


def spellings(name: str) -> tuple[str, ...]:
    """Return how the option of a setting is spelt, the way most people spell it first.

    With its metavar, for instance ``--jobs N``.
    """
    setting = SETTINGS[name]
    option = f"--{name.replace('_', '-')}"
    if setting.switch:
        return option, option.replace("--", "--no-", 1)
    return tuple(f"{each} {setting.metavar}" for each in (*setting.spellings, option))


def _paragraphs(command: click.Command) -> Iterator[str]:
    for paragraph in inspect.cleandoc(command.help or "").split("\n\n"):
        # Lines that click keeps as they are, are sentences all the same.
        yield " ".join(paragraph.replace("\b", "").split())
