"""``bottles brew-env``: what a machine must be told, so that its brew asks a mirror."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from entrypoints.cli.command import Command, Example
from entrypoints.cli.exit_status import DONE
from entrypoints.cli.options import global_options
from entrypoints.cli.output import tell, tell_json

if TYPE_CHECKING:
    from domain.views import View


@click.command(
    "brew-env",
    cls=Command,
    short_help="Print what leads a machine's brew to a mirror.",
    examples=[
        Example(
            "bottles brew-env https://mirror.example > ~/.homebrew/brew.env",
            "Lead your brew to a mirror.",
        )
    ],
)
@click.argument("url")
@click.option(
    "--view",
    type=click.Choice(["registry", "flat"]),
    default="registry",
    show_default=True,
    help="The view that the mirror serves.",
)
@click.option("--shell", is_flag=True, help="Lines for a shell, with export.")
@global_options
def brew_env(
    *, url: str, view: View, shell: bool, as_json: bool, **_given: object
) -> int:
    """Print the file brew.env for clients of the mirror at URL.

    It goes to /etc/homebrew/brew.env for a machine, to etc/homebrew/brew.env below
    brew's prefix for an installation, or to ~/.homebrew/brew.env for a person.
    """
    from domain.client_environment import brew_env as file_of
    from domain.client_environment import client_variables, shell_lines
    from domain.urls import parse_upstream

    mirror = parse_upstream(url)
    if as_json:
        tell_json(dict(client_variables(mirror, view)))
    else:
        lines = shell_lines if shell else file_of
        tell(lines(mirror, view).rstrip())
    return DONE
