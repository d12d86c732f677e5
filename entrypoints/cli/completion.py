"""``bottles completion``: the script that a shell completes with."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from entrypoints.cli.output import tell


@click.command(short_help="Print the completion script of a shell.")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> int:
    """Print the script that lets SHELL complete commands, options and tags.

    \b
    bash:  bottles completion bash > ~/.local/share/bash-completion/completions/bottles
    zsh:   bottles completion zsh > "${fpath[1]}/_bottles"
    fish:  bottles completion fish > ~/.config/fish/completions/bottles.fish
    """  # noqa: D301 - click keeps lines after a backspace
    complete = get_completion_class(shell)
    if complete is None:
        raise click.UsageError(f"no completion for {shell}")
    root = context.find_root()
    program = root.info_name or ""
    script = complete(root.command, {}, program, f"_{program.upper()}_COMPLETE")
    tell(script.source())
    return 0
