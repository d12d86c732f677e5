"""``bottles explain``: a formula's story."""

from __future__ import annotations

import click

from entrypoints.cli.command import Command, Example
from entrypoints.cli.exit_status import DONE
from entrypoints.cli.invocation import invoked
from entrypoints.cli.options import BUCKET, config_options, global_options
from entrypoints.cli.output import tell, tell_json


@click.command(
    cls=Command,
    short_help="Tell all that the ledger knows of a formula.",
    examples=[Example("bottles explain jq", "What has become of jq so far.")],
)
@click.argument("formula")
@config_options(*BUCKET)
@global_options
@click.pass_context
def explain(context: click.Context, /, *, formula: str, **_given: object) -> int:
    """Tell when bottles of FORMULA were fetched, failed, replaced, or lost, and why."""
    from application.opened_ledger import open_ledger
    from entrypoints.cli.answers import explain_answer
    from entrypoints.cli.ledger_text import explain_text

    with invoked(context) as invocation:
        mirror = invocation.mirror
        story = mirror.explain_formula()(formula)
        now = open_ledger(mirror.event_log(), mirror.hash_file()).ledger
        if invocation.as_json:
            tell_json(explain_answer(formula, story, now))
        else:
            tell(explain_text(formula, story, now))
    return DONE
