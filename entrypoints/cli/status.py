"""``bottles status``: write the status page."""

from __future__ import annotations

import click

from entrypoints.cli.command import Command, Example
from entrypoints.cli.exit_status import DONE
from entrypoints.cli.invocation import invoked
from entrypoints.cli.options import BUCKET, config_options, global_options
from entrypoints.cli.output import tell, tell_json


@click.command(
    cls=Command,
    short_help="Write the status page.",
    examples=[Example("bottles status", "Renew the page after bottles verify or gc.")],
)
@config_options("retry_attempts", *BUCKET)
@global_options
@click.pass_context
def status(context: click.Context, /, **_given: object) -> int:
    """Write status/index.html and status/status.json into the store.

    They say how fresh, how complete and how large the mirror is, from its ledger alone.
    Every sync does this by itself when it ends; after bottles publish, rollback, gc or
    verify, or when a part of the page was lost, this command does.
    """
    from entrypoints.cli.answers_status import written_answer
    from entrypoints.cli.status_text import written_text

    with invoked(context) as invocation:
        written = invocation.mirror.write_status()()
        if invocation.as_json:
            tell_json(written_answer(written))
        else:
            tell(written_text(written, invocation.config))
    return DONE
