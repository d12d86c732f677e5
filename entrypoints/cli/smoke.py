"""``bottles smoke``: would brew get from a mirror what it asks for."""

from __future__ import annotations

import platform
from typing import TYPE_CHECKING, Final, get_args

import click

from domain.views import View
from entrypoints.cli.colours import seen_state
from entrypoints.cli.command import Command, Example
from entrypoints.cli.exit_status import DONE, OUT_OF_REACH, SOME_FAILED
from entrypoints.cli.invocation import Invocation, invoked
from entrypoints.cli.options import config_options, global_options
from entrypoints.cli.output import tell, tell_json
from entrypoints.cli.settings import complete_tag
from ports.errors import PortError, UnavailableError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from application.smoke_mirror import Trial
    from domain.tags import Tag

_MACOS: Final = {
    "27": "golden_gate",
    "26": "tahoe",
    "15": "sequoia",
    "14": "sonoma",
    "13": "ventura",
}


@click.command(
    cls=Command,
    short_help="Ask a mirror for what brew asks for.",
    examples=[
        Example(
            "bottles smoke http://127.0.0.1:8080 jq --tag arm64_sonoma",
            "Would brew on a Mac get jq from what bottles serve serves?",
        )
    ],
)
@click.argument("url")
@click.argument("asked", nargs=-1, metavar="[FORMULA]...")
@click.option(
    "--tag",
    metavar="TAG",
    help="The client to be, as arm64_tahoe.  [default: this machine's]",
    shell_complete=complete_tag,
)
@click.option(
    "--view",
    type=click.Choice(get_args(View)),
    default="registry",
    show_default=True,
    help="As HOMEBREW_ARTIFACT_DOMAIN has brew ask, or as HOMEBREW_BOTTLE_DOMAIN.",
)
@config_options("api_public_key", "retry_attempts")
@global_options
@click.pass_context
def smoke(
    context: click.Context,
    /,
    *,
    url: str,
    asked: tuple[str, ...],
    tag: str | None,
    view: View,
    **_given: object,
) -> int:
    """Ask the mirror at URL for what brew asks for, without brew.

    The API with its signature, then for each FORMULA the index and all bytes of the
    bottle, with the digest that the API names. Without a FORMULA a handful of what the
    API names is tried, one of each kind of name: of a mirror of a selection, name some
    that it has. Nothing is kept.

    \b
    Exit status: 0 brew would get it all; 1 it would not; 4 nobody answers.
    """  # noqa: D301 - click keeps lines after a backspace
    from domain.tags import parse_tag

    client = parse_tag(tag or _own_tag())
    with invoked(context) as invocation:
        trials = _trials(invocation, url, client, view, asked)
        made: list[Trial] = []
        for trial in trials:
            made.append(trial)
            if not invocation.as_json:
                tell(f"{seen_state(trial.state)}  {trial.name:14}  {trial.detail}")
        if invocation.as_json:
            tell_json(
                {
                    "url": url,
                    "tag": client,
                    "view": view,
                    "ok": all(trial.state != "fail" for trial in made),
                    "trials": [
                        {"name": it.name, "state": it.state, "detail": it.detail}
                        for it in made
                    ],
                }
            )
        else:
            tell(f"\n{_verdict(made)}")
        return _status(made)


def _verdict(trials: Sequence[Trial]) -> str:
    failed = sum(trial.state == "fail" for trial in trials)
    if failed:
        return f"{failed} of {len(trials)} failed: brew would not get all of it here"
    return "brew would get all of it here"


def _trials(
    invocation: Invocation, url: str, client: Tag, view: View, asked: tuple[str, ...]
) -> Iterator[Trial]:
    from application.smoke_mirror import SmokeMirror
    from entrypoints.upstream import open_mirror

    try:
        mirror = open_mirror(url, invocation.config, invocation.mirror.http())
    except PortError as error:
        raise click.BadParameter(str(error), param_hint="URL") from error
    return SmokeMirror(mirror)(client, view, asked)


def _status(trials: Sequence[Trial]) -> int:
    if not any(trial.state == "fail" for trial in trials):
        return DONE
    # Nobody answered the first request, and no other was made.
    if isinstance(trials[0].error, UnavailableError):
        return OUT_OF_REACH
    return SOME_FAILED


def _own_tag() -> str:
    """Return the tag of this machine.

    Raises:
        UsageError: It is none that brew has bottles for.
    """
    arm = platform.machine() in {"arm64", "aarch64"}
    if platform.system() == "Linux":
        return "arm64_linux" if arm else "x86_64_linux"
    macos = _MACOS.get(platform.mac_ver()[0].partition(".")[0])
    if macos is None:
        raise click.UsageError("this machine has no tag that is known here: give --tag")
    return f"arm64_{macos}" if arm else macos
