"""``bottles gc``: let go what upstream no longer offers."""

from __future__ import annotations

import click

from entrypoints.cli.command import Command, Example
from entrypoints.cli.exit_status import DONE, INTERRUPTED, SOME_FAILED
from entrypoints.cli.invocation import invoked
from entrypoints.cli.options import BUCKET, config_options, global_options
from entrypoints.cli.output import tell, tell_json


@click.command(
    "gc",
    cls=Command,
    short_help="Let go what upstream no longer offers.",
    examples=[Example("bottles gc", "See what may go; with --yes it goes.")],
)
@click.option("--yes", is_flag=True, help="Evict it; without, it is only told.")
@config_options("retention_days", "max_evict", "jobs", "retry_attempts", *BUCKET)
@global_options
@click.pass_context
def collect(context: click.Context, /, *, yes: bool, **_given: object) -> int:
    """Evict bottles that upstream no longer offers, once their grace is over.

    What a generation needs that can be gone back to stays, however old it is. Nothing
    goes while a run is under way, nor when it would be too much at once.
    """
    from entrypoints.cli.collect_answer import garbage_answer
    from entrypoints.cli.collect_text import garbage_text

    with invoked(context) as invocation:
        report = invocation.mirror.collect_garbage()(act=yes)
        if invocation.as_json:
            tell_json(garbage_answer(report))
        else:
            tell(garbage_text(report, invocation.config))
        was_stopped = invocation.mirror.stop().is_set()
    if report.removal is None or report.removal.why_left is None:
        return DONE
    return INTERRUPTED if was_stopped else SOME_FAILED
