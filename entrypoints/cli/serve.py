"""``bottles serve``: the store over HTTP, for a laptop or the far side of a gap."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import click

from entrypoints.cli.command import Command, Example
from entrypoints.cli.exit_status import DONE
from entrypoints.cli.invocation import Invocation, invoked
from entrypoints.cli.options import BUCKET, config_options, global_options
from entrypoints.cli.output import tell, tell_json

if TYPE_CHECKING:
    from entrypoints.serving.app import Answered


@click.command(
    cls=Command,
    short_help="Serve the mirror over HTTP, as brew asks for it.",
    examples=[Example("bottles serve --port 8080", "Serve ./mirror to this machine.")],
)
@click.option(
    "--port",
    metavar="PORT",
    type=click.IntRange(0, 65_535),
    default=8080,
    show_default=True,
    help="Where to listen; 0 is any port that is free.",
)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    metavar="ADDRESS",
    help="The address to listen on. Anybody who reaches it may read the mirror.",
)
@config_options("views", "retry_attempts", *BUCKET)
@global_options
@click.pass_context
def serve(context: click.Context, /, *, port: int, host: str, **_given: object) -> int:
    """Serve the mirror over HTTP, as brew asks for it, until it is interrupted.

    Standard output has the lines that lead a shell, and the brew in it, to the
    mirror. What is served is read-only: the views, the API and the status page, never
    the ledger. For more than one machine a web server does it better, with TLS: see
    docs/serving.md.
    """
    with invoked(context) as invocation:
        _serve(invocation, host, port)
    return DONE


def _serve(invocation: Invocation, host: str, port: int) -> None:
    from domain.client_environment import client_variables, shell_lines
    from domain.urls import is_loopback
    from domain.views import API, View
    from entrypoints.serving.app import MirrorApp
    from entrypoints.serving.server import serving

    mirror, config, note = (
        invocation.mirror,
        invocation.config,
        invocation.progress.note,
    )
    if next(iter(mirror.store().list(API)), None) is None:
        note(f"nothing has been published in {config.store}: bottles publish does")

    def watch(answered: Answered) -> None:
        if answered.trouble is not None:
            note(f"{_asked(answered)}: {_printable(str(answered.trouble))}")
        elif invocation.verbose:
            note(f"{_asked(answered)}: {answered.status}, {answered.size:,} bytes")

    view: View = "flat" if config.exposure.views == ("flat",) else "registry"
    app = MirrorApp(mirror.served(), watch)
    with serving(app, host, port, note) as server:
        if not is_loopback(host):
            note(
                f"warning: whoever reaches {server.url} may read the mirror, and"
                " nothing is encrypted"
            )
        if invocation.as_json:
            variables = client_variables(server.url, view)
            tell_json({"url": server.url, "variables": dict(variables)})
        else:
            tell(shell_lines(server.url, view).rstrip())
        with suppress(KeyboardInterrupt):
            note(f"{config.store} is served at {server.url} until this is interrupted")
            server.wait()


def _asked(answered: Answered) -> str:
    return f"{_printable(answered.method)} {_printable(answered.path)}"


def _printable(text: str) -> str:
    # Whoever asks chooses the path, which a trouble names as well: nothing in it is to
    # steer a terminal, or to look like a line of ours.
    return text if text.isprintable() else repr(text)
