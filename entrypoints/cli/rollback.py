"""``bottles rollback``: let clients see an earlier generation again."""

from __future__ import annotations

import click

from entrypoints.cli.command import Command, Example
from entrypoints.cli.exit_status import DONE
from entrypoints.cli.invocation import invoked
from entrypoints.cli.options import BUCKET, config_options, global_options
from entrypoints.cli.output import tell, tell_json


@click.command(
    cls=Command,
    short_help="Let clients see the generation before again.",
    examples=[Example("bottles rollback", "Undo the last publication.")],
)
@click.option(
    "--to",
    type=click.IntRange(min=1),
    metavar="N",
    help="That generation.  [default: the one before the visible one]",
)
@config_options("views", "jobs", *BUCKET)
@global_options
@click.pass_context
def rollback(context: click.Context, /, *, to: int | None, **_given: object) -> int:
    """Go back to a generation that is kept; nothing is fetched.

    The next complete sync publishes again what upstream says by then. To stay where
    the mirror is, set publish = false.
    """
    from entrypoints.cli.answers import publication_answer
    from entrypoints.cli.publish_text import publication_text

    with invoked(context) as invocation:
        publication, ledger = invocation.mirror.publish_by_hand().back(to)
        if invocation.as_json:
            tell_json(publication_answer(publication, ledger))
        else:
            tell(publication_text(publication, ledger, invocation.config))
    return DONE
