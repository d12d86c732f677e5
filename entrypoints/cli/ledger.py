"""``bottles ledger``: the log behind the mirror."""

from __future__ import annotations

from datetime import datetime

import click

from entrypoints.cli.command import Example, Group
from entrypoints.cli.custody import check, repair
from entrypoints.cli.exit_status import DONE
from entrypoints.cli.invocation import invoked
from entrypoints.cli.ledger_import import import_
from entrypoints.cli.moments import Moment
from entrypoints.cli.options import BUCKET, config_options, global_options
from entrypoints.cli.output import tell, tell_json


@click.group(
    cls=Group,
    short_help="Look into the log behind the mirror, check it and mend it.",
    examples=[
        Example("bottles ledger log -n 5", "The newest five commits."),
        Example(
            "bottles ledger check --read", "Is every byte of the log as it was written?"
        ),
    ],
)
@global_options
def ledger(**_given: object) -> None:
    """Look into the log behind the mirror, check it, mend it, and learn from others."""


@ledger.command(
    short_help="List the commits, the newest first.",
    examples=[Example("bottles ledger log -n 5", "The newest five.")],
)
@click.option(
    "-n", "number", metavar="N", type=click.IntRange(1), help="Only the newest N."
)
@config_options(*BUCKET)
@global_options
@click.pass_context
def log(context: click.Context, /, *, number: int | None, **_given: object) -> int:
    """List the commits, the newest first."""
    from entrypoints.cli.answers import log_answer
    from entrypoints.cli.ledger_text import log_lines

    with invoked(context) as invocation:
        commits = invocation.mirror.inspect_ledger().newest(number)
        if invocation.as_json:
            tell_json(log_answer(commits))
        else:
            for line in log_lines(commits):
                tell(line)
    return DONE


@ledger.command(
    short_help="Show a commit and all of its events.",
    examples=[
        Example("bottles ledger show 0", "The commit that the mirror began with.")
    ],
)
@click.argument("seq", type=click.IntRange(0))
@config_options(*BUCKET)
@global_options
@click.pass_context
def show(context: click.Context, /, *, seq: int, **_given: object) -> int:
    """Show the commit SEQ and all of its events."""
    from entrypoints.cli.answers import show_answer
    from entrypoints.cli.ledger_text import show_text
    from ports.errors import NotFoundError

    with invoked(context) as invocation:
        try:
            recorded = invocation.mirror.inspect_ledger().commit(seq)
        except NotFoundError as error:
            raise click.UsageError(str(error), context) from error
        if invocation.as_json:
            tell_json(show_answer(recorded))
        else:
            tell(show_text(recorded))
    return DONE


@ledger.command(
    short_help="Rebuild the hash file from the log.",
    examples=[
        Example(
            "bottles ledger replay --at 2026-11-22 > then.json",
            "The hash file as it was at the end of a day.",
        )
    ],
)
@click.option(
    "--at",
    "moment",
    metavar="SEQ|DATE",
    type=Moment(),
    help="Print the hash file as it was then; nothing is written.",
)
@config_options(*BUCKET)
@global_options
@click.pass_context
def replay(
    context: click.Context, /, *, moment: int | datetime | None, **_given: object
) -> int:
    """Replay the log from its beginning, and write the hash file that it gives."""
    from adapters.ledger.hash_codec import encode_hash_file
    from entrypoints.cli.answers import replay_answer
    from entrypoints.cli.ledger_text import replay_text
    from ports.errors import NotFoundError

    with invoked(context) as invocation:
        if moment is not None:
            try:
                then = invocation.mirror.inspect_ledger().at(moment)
            except NotFoundError as error:
                raise click.UsageError(str(error), context) from error
            tell(encode_hash_file(then).decode().rstrip("\n"))
            return DONE
        rebuilt = invocation.mirror.rebuild_hash_file()()
        if invocation.as_json:
            tell_json(replay_answer(rebuilt))
        else:
            tell(replay_text(rebuilt, invocation.config))
    return DONE


for command in (check, repair, import_):
    ledger.add_command(command)
