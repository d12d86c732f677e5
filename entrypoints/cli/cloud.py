"""``bottles cloud``: the deployed mirror."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

import click

from entrypoints.cli.command import Example, Group
from entrypoints.cli.exit_status import DONE, INTERRUPTED, of_errors
from entrypoints.cli.invocation import Invocation, invoked
from entrypoints.cli.moments import Since
from entrypoints.cli.options import BUCKET, config_options, global_options
from entrypoints.cli.output import tell, tell_json

if TYPE_CHECKING:
    from collections.abc import Iterable

    from entrypoints.cli.deployed import DeployedContainer
    from ports.cloud_lines import Line

_DEPLOYED: Final = ("project_name", *BUCKET, "retry_attempts")


def _deployed(invocation: Invocation) -> DeployedContainer:
    """Return what looks at the deployed mirror."""
    from entrypoints.cli.deployed import DeployedContainer

    return DeployedContainer(mirror=invocation.mirror)


@click.group(
    cls=Group,
    short_help="Look at the deployed mirror, start a run, follow it.",
    examples=[
        Example(
            "bottles cloud status --store s3://my-bucket",
            "What is deployed, and how far its run is.",
        ),
        Example(
            "bottles cloud logs --follow", "What its programs write, as they write it."
        ),
    ],
)
@global_options
def cloud(**_given: object) -> None:
    """Look at the mirror that is deployed on AWS, start a run of it, and follow it."""


@cloud.command(
    short_help="Tell what is deployed, what is at work, and how far it is.",
    examples=[
        Example(
            "bottles cloud status --store s3://my-bucket",
            "Of the mirror in this bucket.",
        )
    ],
)
@config_options(*_DEPLOYED, "state_machine_arn")
@global_options
@click.pass_context
def status(context: click.Context, /, **_given: object) -> int:
    """Tell what is deployed, what is at work, and how far it is.

    How far comes from the ledger, so --store has to name the deployed mirror's bucket;
    all else is asked of AWS. What gives no answer is told, and hinders no other; the
    exit status then is not 0.
    """
    from entrypoints.cli.cloud_answers import status_answer
    from entrypoints.cli.cloud_text import status_text

    with invoked(context) as invocation:
        found = _deployed(invocation).inspect_cloud()()
        if invocation.as_json:
            tell_json(status_answer(found, invocation.config))
        else:
            tell(status_text(found, invocation.config))
    return of_errors(found.problems.values())


@cloud.command(
    short_help="Start a run.",
    examples=[Example("bottles cloud trigger", "Do not wait for Sunday.")],
)
@config_options(*_DEPLOYED)
@global_options
@click.pass_context
def trigger(context: click.Context, /, **_given: object) -> int:
    """Start a run, as the schedule does, and tell what the orchestrator answers.

    It plans before it answers, which takes up to five minutes. While a run is open
    there is no other: it answers with the one that is.
    """
    from entrypoints.cli.cloud_answers import trigger_answer
    from entrypoints.cli.cloud_text import trigger_text

    with invoked(context) as invocation:
        invocation.progress.note("the orchestrator plans; this can take some minutes")
        answer = _deployed(invocation).deployment().trigger()
        if invocation.as_json:
            tell_json(trigger_answer(answer))
        else:
            tell(trigger_text(answer))
    return DONE


@cloud.command(
    short_help="Show what the programs in the cloud have written.",
    examples=[Example("bottles cloud logs --since 1d", "All of a day.")],
)
@click.option(
    "--since",
    metavar="AGO|TIME",
    type=Since(),
    default="1h",
    show_default=True,
    help="From when on: 90m, 2h or 1d ago, or a date or time in UTC.",
)
@click.option("--run", "run_id", metavar="ID", help="Only lines that name this run.")
@click.option("-f", "--follow", is_flag=True, help="Go on with what is written now.")
@config_options(*_DEPLOYED)
@global_options
@click.pass_context
def logs(
    context: click.Context,
    /,
    *,
    since: datetime | timedelta,
    run_id: str | None,
    follow: bool,
    **_given: object,
) -> int:
    """Show what all functions and tasks have written, in order of time.

    With -v also what only counts: metrics, and AWS Lambda's own lines.
    """
    from entrypoints.cli.cloud_answers import lines_answer

    with invoked(context) as invocation:
        if follow and invocation.as_json:
            raise click.UsageError(
                "--follow has no end, and --json is one object", context
            )
        start = (
            invocation.mirror.clock().now() - since
            if isinstance(since, timedelta)
            else since
        )
        if follow:
            return _follow(invocation, start, run_id)
        lines = _deployed(invocation).lines().since(start, run_id)
        if invocation.as_json:
            tell_json(lines_answer(lines))
        else:
            _tell_lines(invocation, lines)
    return DONE


@cloud.command(
    short_help="Show dead letters, and start them again.",
    examples=[Example("bottles cloud redrive --dry-run", "See them first.")],
)
@click.option(
    "--dry-run", is_flag=True, help="Show them, and leave them where they lie."
)
@config_options(*_DEPLOYED)
@global_options
@click.pass_context
def redrive(context: click.Context, /, *, dry_run: bool, **_given: object) -> int:
    """Show the dead letters, and start again what they were about.

    A dead letter is something that was not delivered, or failed on too often: a
    trigger, or the order of a worker that died. The orchestrator gets it once more, and
    decides by the ledger what is left of it to do. A message for people goes to the
    alarm function once more.
    """
    from entrypoints.cli.cloud_answers import redrive_answer
    from entrypoints.cli.cloud_text import redrive_text

    with invoked(context) as invocation:
        done = _deployed(invocation).redrive()(dry_run=dry_run)
        if invocation.as_json:
            tell_json(redrive_answer(done))
        else:
            tell(redrive_text(done))
    return of_errors(each.error for each in done if each.error)


def _follow(invocation: Invocation, start: datetime, run_id: str | None) -> int:
    try:
        _tell_lines(invocation, _deployed(invocation).follow_lines()(start, run_id))
    except KeyboardInterrupt:
        # That is how it ends, and nothing is lost by it.
        return INTERRUPTED
    return DONE


def _tell_lines(invocation: Invocation, lines: Iterable[Line]) -> None:
    from entrypoints.cli.cloud_text import line_text

    for line in lines:
        text = line_text(line, verbose=invocation.verbose)
        if text:
            tell(text)
