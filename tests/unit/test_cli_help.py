import shlex

import click
import pytest

from adapters.configuration import Configuration, written
from domain.config import SyncConfig
from entrypoints.cli.command import Command, Group
from entrypoints.cli.main import cli
from entrypoints.cli.settings import SETTINGS
from tests.support.click_tree import commands

EXAMPLES = [
    (name, example.line)
    for name, command in commands(cli)
    if isinstance(command, Command | Group)
    for example in command.examples
]
# What a setting is where nobody says anything, and no value can say.
IN_WORDS = {
    "aws_region": "the AWS SDK's",
    "api_public_key": "Homebrew's",
    "formulae": "all of them",
    "max_bytes": "no bound",
    "jobs": "4 for each core, 32 at most",
    "external_hash_file_s3_bucket": "the mirror's own",
}


@pytest.mark.parametrize(("name", "line"), EXAMPLES)
def test_an_example_of_help_is_a_command_that_can_be_given(
    name: str, line: str
) -> None:
    # What a shell does with it is the shell's.
    words = shlex.split(line.removeprefix('eval "$(').partition(" >")[0].rstrip(')"'))
    program, *rest = words
    command: click.Command = cli
    context = click.Context(cli, info_name=program)
    while isinstance(command, click.Group):
        _, found, rest = command.resolve_command(context, rest)
        assert found is not None
        command = found
    made = command.make_context(command.name, rest)

    assert name in line
    assert made.command is command


def test_every_option_says_what_it_does() -> None:
    silent = [
        f"{name} {parameter.opts}"
        for name, command in commands(cli)
        for parameter in command.params
        if isinstance(parameter, click.Option) and not parameter.help
    ]

    assert silent == []


def test_the_defaults_that_help_tells_are_those_of_the_code() -> None:
    defaults = written(Configuration(SyncConfig()))
    spelt = {
        name: {True: "yes", False: "no"}.get(value, str(value))  # type: ignore[call-overload]
        for name, value in defaults.items()
        if value not in ((), [])
    }
    spelt["store"] = f"./{spelt['store']}"

    told = {name: setting.default for name, setting in SETTINGS.items()}
    assert {name: text for name, text in told.items() if text} == spelt | IN_WORDS
