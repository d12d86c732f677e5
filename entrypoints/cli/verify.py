"""``bottles verify``: does the store hold what the ledger says."""

from __future__ import annotations

import click

from entrypoints.cli.exit_status import DAMAGED, DONE, INTERRUPTED
from entrypoints.cli.invocation import invoked
from entrypoints.cli.options import (
    BUCKET,
    REGISTRY,
    SPOOL,
    config_options,
    global_options,
)
from entrypoints.cli.output import tell, tell_json


@click.command(short_help="Check that the store holds what the ledger says.")
@click.option("--deep", is_flag=True, help="Read and hash the bytes of every bottle.")
@click.option("--repair", is_flag=True, help="Fetch again what is missing or wrong.")
@click.option(
    "--prune-orphans",
    is_flag=True,
    help="Remove bottles that the ledger does not know, unless a run is under way.",
)
@config_options("jobs", "registry", "retry_attempts", *REGISTRY, *SPOOL, *BUCKET)
@global_options
@click.pass_context
def verify(
    context: click.Context,
    /,
    *,
    deep: bool,
    repair: bool,
    prune_orphans: bool,
    **_given: object,
) -> int:
    """Check that the store holds what the ledger says, and look for what it does not.

    Without --repair and --prune-orphans nothing is written.
    """
    from entrypoints.cli.answers import verify_answer
    from entrypoints.cli.verify_text import verify_text

    with invoked(context) as invocation:
        report = invocation.mirror.verify_mirror()(
            deep=deep, repair=repair, prune_orphans=prune_orphans
        )
        if invocation.as_json:
            tell_json(verify_answer(report))
        else:
            tell(verify_text(report, invocation.config))
    if report.tally is not None and report.tally.interrupted:
        return INTERRUPTED
    return DAMAGED if report.unrepaired else DONE
