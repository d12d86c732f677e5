"""``bottles sync``: bring in what the mirror lacks."""

from __future__ import annotations

import click

from entrypoints.cli.command import Command, Example
from entrypoints.cli.exit_status import DONE, of_outcome
from entrypoints.cli.invocation import planning, syncing
from entrypoints.cli.options import (
    BUCKET,
    CLOUD,
    EXTERNAL,
    NOTIFYING,
    PUBLISHING,
    RETENTION,
    RUNNING,
    SELECTION,
    SPOOL,
    UPSTREAM,
    config_options,
    fetch_elsewhere_option,
    global_options,
)
from entrypoints.cli.output import tell, tell_json
from entrypoints.cli.plan import preview


@click.command(
    cls=Command,
    short_help="Fetch what the mirror lacks, and record it.",
    examples=[
        Example(
            "bottles sync jq --with-deps --tag arm64_sonoma",
            "Mirror jq and all that it needs, for one kind of client.",
        ),
        Example(
            "bottles sync --store s3://my-bucket --max-bytes 50GB",
            "Mirror everything into a bucket, some of it each time.",
        ),
    ],
)
@click.argument("names", nargs=-1, metavar="[FORMULA]...")
@click.option("--dry-run", is_flag=True, help="Show the plan, as `bottles plan` does.")
@fetch_elsewhere_option
@config_options(
    *SELECTION,
    *RUNNING,
    *SPOOL,
    *UPSTREAM,
    *PUBLISHING,
    *RETENTION,
    *BUCKET,
    *EXTERNAL,
    *CLOUD,
    *NOTIFYING,
)
@global_options
@click.pass_context
def sync(
    context: click.Context,
    /,
    *,
    dry_run: bool,
    fetch_elsewhere: bool,
    **_given: object,
) -> int:
    """Fetch what the mirror lacks of FORMULA, or of everything, and record it.

    It can be stopped at any time and started again: what has been recorded is not
    fetched twice.
    """
    from entrypoints.cli.sync_answer import sync_answer
    from entrypoints.cli.sync_text import sync_text

    if dry_run:
        with planning(context) as invocation:
            preview(
                invocation,
                fetch_elsewhere=fetch_elsewhere,
                how="the same without --dry-run fetches it",
            )
        return DONE
    with syncing(context) as (invocation, asked):
        mirror, config = invocation.mirror, invocation.config
        report = mirror.announced_sync()(
            config.selection, config.max_bytes, fetch_elsewhere=fetch_elsewhere
        )
        if invocation.as_json:
            if report.gave_up is not None:
                invocation.progress.warn(f"given up: {report.gave_up}")
            tell_json(sync_answer(report, asked.upstream, asked.store))
        else:
            tell(sync_text(report, config))
    return of_outcome(report.outcome)
