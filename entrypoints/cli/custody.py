"""``bottles ledger check`` and ``repair``: is the log as it was written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from entrypoints.cli.command import Command, Example
from entrypoints.cli.exit_status import DAMAGED, DONE
from entrypoints.cli.invocation import Invocation, invoked
from entrypoints.cli.options import BUCKET, config_options, global_options
from entrypoints.cli.output import tell, tell_json
from entrypoints.cli.pins import Pin

if TYPE_CHECKING:
    from domain.events import Position
    from ports.custody import Custody

_PINS = click.option(
    "--pin",
    "pins",
    metavar="SEQ:SHA256",
    multiple=True,
    type=Pin(),
    help="A head that was seen before, as each sync tells it; may be given again.",
)
_COPIES = click.option(
    "--from",
    "copies",
    metavar="PLACE",
    multiple=True,
    help="Where good copies may be: another mirror, s3://bucket[/prefix], or the file"
    " of one commit; may be given again.",
)


@click.command(
    cls=Command,
    short_help="Look for damage in the log and all that it names.",
    examples=[
        Example(
            "bottles ledger check --read",
            "Hold every byte against the chain of hashes.",
        )
    ],
)
@click.option(
    "--read", is_flag=True, help="Read every commit and document, not only listings."
)
@_PINS
@_COPIES
@config_options(*BUCKET)
@global_options
@click.pass_context
def check(
    context: click.Context,
    /,
    *,
    read: bool,
    pins: tuple[Position, ...],
    copies: tuple[str, ...],
    **_given: object,
) -> int:
    """Look for damage in the log, its documents and the hash file.

    Nothing is written. Without --read it asks for listings, and finds what is missing
    or was written twice; with it, every byte is held against the chain of hashes.
    """
    from entrypoints.cli.answers import check_answer
    from entrypoints.cli.custody_text import check_text

    if copies and not read:
        raise click.UsageError("--from needs --read: copies are read, too", context)
    with invoked(context) as invocation:
        found = _custody(invocation, copies).examine(pins, read=read)
        if invocation.as_json:
            tell_json(check_answer(found))
        else:
            tell(check_text(found, invocation.config, read=read))
    return DONE if found.ok else DAMAGED


@click.command(
    cls=Command,
    short_help="Put back damaged commits of which there are good copies.",
    examples=[
        Example(
            "bottles ledger repair --from s3://replica-bucket",
            "See what could be put back, with a replica; with --yes it is.",
        )
    ],
)
@_COPIES
@_PINS
@click.option(
    "--declare-gaps",
    is_flag=True,
    help="Give up commits of which no good copy is left, and record what the store"
    " really holds.",
)
@click.option("--yes", is_flag=True, help="Do it; without, it is only told.")
@config_options(*BUCKET)
@global_options
@click.pass_context
def repair(
    context: click.Context,
    /,
    *,
    copies: tuple[str, ...],
    pins: tuple[Position, ...],
    declare_gaps: bool,
    yes: bool,
    **_given: object,
) -> int:
    """Put back every damaged commit of which a good copy is found.

    Older versions of the object, and the places named with --from, are looked at. The
    chain of hashes decides which copy is good. Let nobody else write meanwhile.
    """
    from entrypoints.cli.answers import check_answer, repair_answer
    from entrypoints.cli.custody_text import proposal_text, repair_text

    with invoked(context) as invocation:
        custody = _custody(invocation, copies)
        if not yes:
            found = custody.examine(pins, read=True)
            if invocation.as_json:
                tell_json(check_answer(found))
            else:
                tell(proposal_text(found, invocation.config))
            return DONE if found.ok else DAMAGED
        report = invocation.mirror.repair_ledger(custody=custody)(
            pins, declare_gaps=declare_gaps
        )
        if invocation.as_json:
            tell_json(repair_answer(report))
        else:
            tell(repair_text(report, invocation.config))
    return DONE if report.after.ok else DAMAGED


def _custody(invocation: Invocation, copies: tuple[str, ...]) -> Custody:
    from entrypoints.stores import open_copy

    opened = [open_copy(text, invocation.config) for text in copies]
    return invocation.mirror.custody(copies=opened)
