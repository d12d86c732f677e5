"""``bottles ledger import``: learn from another mirror's hash file."""

from __future__ import annotations

import click

from entrypoints.cli.command import Command, Example
from entrypoints.cli.exit_status import DONE
from entrypoints.cli.invocation import invoked
from entrypoints.cli.options import BUCKET, config_options, global_options
from entrypoints.cli.output import tell, tell_json


@click.command(
    "import",
    cls=Command,
    short_help="Learn what another mirror's hash file lists.",
    examples=[
        Example(
            "bottles ledger import s3://other-bucket/bottles_hash.json",
            "Know what the mirror in another bucket has.",
        )
    ],
)
@click.argument("source", metavar="FILE|URL|s3://BUCKET/KEY")
@config_options("retry_attempts", *BUCKET)
@global_options
@click.pass_context
def import_(context: click.Context, /, *, source: str, **_given: object) -> int:
    """Record what another mirror's hash file lists.

    Its bottles are known to be elsewhere: a sync leaves them out unless it is told to
    --fetch-elsewhere, and adopts those that lie in this store. Importing the same file
    again changes nothing.
    """
    from domain.config import parse_external
    from entrypoints.cli.answers import import_answer
    from entrypoints.cli.import_text import import_text
    from entrypoints.upstream import open_external

    with invoked(context) as invocation:
        mirror = invocation.mirror
        external = open_external(
            parse_external(source), invocation.config, mirror.clock(), mirror.chance()
        )
        report = mirror.import_hash_file(external=external)()
        if invocation.as_json:
            tell_json(import_answer(report))
        else:
            tell(import_text(report, invocation.config))
    return DONE
