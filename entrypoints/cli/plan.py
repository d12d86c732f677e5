"""``bottles plan``: what a sync would do."""

from __future__ import annotations

import click

from entrypoints.cli.command import Command, Example
from entrypoints.cli.exit_status import DONE
from entrypoints.cli.invocation import PlanInvocation, planning
from entrypoints.cli.options import (
    BUCKET,
    CLOUD,
    EXTERNAL,
    RUNNING,
    SELECTION,
    UPSTREAM,
    config_options,
    fetch_elsewhere_option,
    global_options,
)
from entrypoints.cli.output import tell, tell_json


@click.command(
    cls=Command,
    short_help="Show what a sync would fetch.",
    examples=[
        Example(
            "bottles plan jq --with-deps --tag arm64_sonoma",
            "What jq and all that it needs come to, for one kind of client.",
        )
    ],
)
@click.argument("names", nargs=-1, metavar="[FORMULA]...")
@fetch_elsewhere_option
@config_options(*SELECTION, *UPSTREAM, *RUNNING, "views", *BUCKET, *EXTERNAL, *CLOUD)
@global_options
@click.pass_context
def plan(context: click.Context, /, *, fetch_elsewhere: bool, **_given: object) -> int:
    """Show what a sync of FORMULA, or of everything, would fetch.

    Nothing is written. Sizes that nobody knows are asked of the registry; out of
    reach, it is asked once, and the plan says how many sizes are not known.
    """
    with planning(context) as invocation:
        preview(
            invocation,
            fetch_elsewhere=fetch_elsewhere,
            how="bottles sync with the same words fetches it",
        )
    return DONE


def preview(invocation: PlanInvocation, *, fetch_elsewhere: bool, how: str) -> None:
    """Print the plan of what is configured, and how it is carried out."""
    from dataclasses import replace

    from application.opened_ledger import open_ledger
    from entrypoints.cli.plan_answer import plan_answer
    from entrypoints.cli.plan_text import plan_text

    mirror, config = invocation.mirror, invocation.config
    opened = open_ledger(mirror.event_log(), mirror.hash_file())
    for note in opened.notes:
        invocation.progress.note(note)
    listed = mirror.import_hash_file().news(opened.ledger)
    ledger = opened.ledger if listed is None else opened.ledger.knowing(listed.entries)
    made = mirror.plan_sync().preview(
        config.selection, ledger, fetch_elsewhere=fetch_elsewhere
    )
    invocation.progress.end()
    lacking = made.work.bottles
    if config.max_bytes is not None:
        made = replace(made, work=made.work.within(config.max_bytes))
    if invocation.as_json:
        sha256 = mirror.documents().sha256_of(made.work)
        tell_json(plan_answer(made, config, sha256))
    else:
        left = lacking - made.work.bottles
        tell(plan_text(made, config, left, how=how))
