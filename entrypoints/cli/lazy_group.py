"""A group of commands that are imported when they are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

import click

from entrypoints.cli.command import Group


class LazyGroup(Group):
    """A group whose commands are named, and imported on first use.

    Attributes:
        chapters: The titles of what commands are for, in the order of help, with
            where each command is: ``module:attribute``, in the order of a day's work.
    """

    def __init__(
        self, *, chapters: Mapping[str, Mapping[str, str]], **rest: object
    ) -> None:
        super().__init__(**rest)  # type: ignore[arg-type]
        self.chapters = chapters
        self._places = {
            name: place
            for commands in chapters.values()
            for name, place in commands.items()
        }

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands, in the order of help."""
        return [*self._places, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command, None when there is no such one."""
        if cmd_name not in self._places:
            return super().get_command(ctx, cmd_name)
        module, _, attribute = self._places[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def format_commands(
        self, ctx: click.Context, formatter: click.HelpFormatter
    ) -> None:
        """Write what each command does, by what commands are for."""
        width = max(map(len, self._places))
        for title, names in self.chapters.items():
            commands = [(name, self.get_command(ctx, name)) for name in names]
            with formatter.section(title):
                formatter.write_dl(
                    [
                        (name.ljust(width), command.get_short_help_str(formatter.width))
                        for name, command in commands
                        if command is not None
                    ]
                )
