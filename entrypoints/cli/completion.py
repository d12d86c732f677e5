"""``bottles completion``: the script that a shell completes with."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from entrypoints.cli.command import Command, Example
from entrypoints.cli.output import tell


@click.command(
    cls=Command,
    short_help="Print the completion script of a shell.",
    examples=[
        Example(
            'eval "$(bottles completion bash)"',
            "bash: as a line of ~/.bashrc.",
        ),
        Example(
            'eval "$(bottles completion zsh)"',
            "zsh: as a line of ~/.zshrc, below compinit.",
        ),
        Example(
            "bottles completion fish > ~/.config/fish/completions/bottles.fish",
            "fish: once.",
        ),
    ],
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> int:
    """Print the script that lets SHELL complete commands, options, tags and paths."""
    complete = get_completion_class(shell)
    if complete is None:
        raise click.UsageError(f"no completion for {shell}")
    root = context.find_root()
    program = root.info_name or ""
    script = complete(root.command, {}, program, f"_{program.upper()}_COMPLETE")
    tell(script.source())
    return 0
