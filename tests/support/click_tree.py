"""The commands of the command line, each with the words that call it."""

from __future__ import annotations

from collections.abc import Iterator

import click


def commands(
    root: click.Command, words: str = "bottles"
) -> Iterator[tuple[str, click.Command]]:
    """Yield ``root`` and all below it, in the order of help."""
    yield words, root
    if isinstance(root, click.Group):
        context = click.Context(root)
        for name in root.list_commands(context):
            command = root.get_command(context, name)
            assert command is not None, name
            yield from commands(command, f"{words} {name}")
