"""``bottles report``: how complete the mirror is."""

from __future__ import annotations

import click

from entrypoints.cli.command import Command, Example
from entrypoints.cli.exit_status import DONE
from entrypoints.cli.invocation import invoked
from entrypoints.cli.options import BUCKET, config_options, global_options
from entrypoints.cli.output import tell, tell_json


@click.command(
    cls=Command,
    short_help="Tell how complete the mirror is, and what proves it.",
    examples=[
        Example(
            'bottles report --markdown >> "$GITHUB_STEP_SUMMARY"',
            "The summary of a job of GitHub Actions.",
        )
    ],
)
@click.option(
    "--run",
    metavar="ID",
    help="As it was when this run had ended; the beginning of its id will do.",
)
@click.option("--markdown", is_flag=True, help="Print Markdown, as for a CI summary.")
@config_options("retry_attempts", *BUCKET)
@global_options
@click.pass_context
def report(
    context: click.Context, /, *, run: str | None, markdown: bool, **_given: object
) -> int:
    """Tell per tag what upstream names, what is held and verified, what is missing.

    The last line is the ledger's head: whoever reads the log up to there finds the
    same. Nothing is written.
    """
    from entrypoints.cli.answers_status import receipt_answer
    from entrypoints.cli.status_text import receipt_markdown, receipt_text

    with invoked(context) as invocation:
        if markdown and invocation.as_json:
            raise click.UsageError("--markdown and --json exclude each other", context)
        receipt = invocation.mirror.report_completeness()(run)
        if invocation.as_json:
            tell_json(receipt_answer(receipt))
        elif markdown:
            tell(receipt_markdown(receipt, invocation.config))
        else:
            tell(receipt_text(receipt, invocation.config))
    return DONE
