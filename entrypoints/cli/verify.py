"""``bottles verify``: does the store hold what the ledger says."""

from __future__ import annotations

import click

from entrypoints.cli.command import Command, Example
from entrypoints.cli.exit_status import (
    DAMAGED,
    DONE,
    INTERRUPTED,
    OUT_OF_REACH,
    SOME_FAILED,
)
from entrypoints.cli.invocation import invoked
from entrypoints.cli.options import (
    BUCKET,
    GITHUB,
    REGISTRY,
    SPOOL,
    config_options,
    global_options,
)
from entrypoints.cli.output import tell, tell_json


@click.command(
    cls=Command,
    short_help="Check that the store holds what the ledger says.",
    examples=[
        Example(
            "bottles verify --deep --repair",
            "Read every byte, and fetch again what is not right.",
        )
    ],
)
@click.option("--deep", is_flag=True, help="Read and hash the bytes of every bottle.")
@click.option("--repair", is_flag=True, help="Fetch again what is missing or wrong.")
@click.option(
    "--prune-orphans",
    is_flag=True,
    help="Remove orphans, which the ledger does not know, unless a run is under way.",
)
@click.option(
    "--attestations",
    is_flag=True,
    help="Check GitHub's build provenance of every bottle, and keep what holds.",
)
@config_options(
    *("jobs", "registry", "retry_attempts", "views"),
    *REGISTRY,
    *GITHUB,
    *SPOOL,
    *BUCKET,
)
@global_options
@click.pass_context
def verify(
    context: click.Context,
    /,
    *,
    deep: bool,
    repair: bool,
    prune_orphans: bool,
    attestations: bool,
    **_given: object,
) -> int:
    """Check that the store holds what the ledger says, and look for what it does not.

    Without --repair, --prune-orphans and --attestations nothing is written.
    """
    from entrypoints.attesting import can_verify
    from entrypoints.cli.answers import attestations_answer, verify_answer
    from entrypoints.cli.verify_text import attestations_text, verify_text

    if attestations and not can_verify():
        raise click.UsageError(
            "--attestations needs Sigstore's library, which is not installed: pip"
            " install 'sigstore>=4.5' into the environment of this program, or install"
            " the program with its extra [attestations]",
            context,
        )
    provenance = None

    with invoked(context) as invocation:
        report = invocation.mirror.verify_mirror()(
            deep=deep, repair=repair, prune_orphans=prune_orphans
        )
        if attestations:
            provenance = invocation.mirror.check_attestations()()
        if invocation.as_json:
            more = {} if provenance is None else attestations_answer(provenance)
            tell_json(verify_answer(report) | more)
        else:
            tell(verify_text(report, invocation.config, deep=deep))
            if provenance is not None:
                tell(attestations_text(provenance))
        interrupted = provenance is not None and invocation.mirror.stop().is_set()
    if interrupted or (report.tally is not None and report.tally.interrupted):
        return INTERRUPTED
    if report.unrepaired:
        return DAMAGED
    if report.left or (provenance is not None and provenance.invalid):
        return SOME_FAILED
    if provenance is not None and provenance.unchecked:
        return OUT_OF_REACH
    return DONE
