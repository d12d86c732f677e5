"""``bottles publish``: let clients see what the mirror holds."""

from __future__ import annotations

import click

from entrypoints.cli.command import Command, Example
from entrypoints.cli.exit_status import DONE, SOME_FAILED
from entrypoints.cli.invocation import invoked
from entrypoints.cli.options import (
    BUCKET,
    REGISTRY,
    SELECTION,
    config_options,
    global_options,
)
from entrypoints.cli.output import tell, tell_json


@click.command(
    cls=Command,
    short_help="Let clients see what the mirror holds.",
    examples=[Example("bottles publish", "Publish what the last sync brought in.")],
)
@click.option(
    "--allow-missing",
    is_flag=True,
    help="Publish though bottles of the selection are missing; they are named.",
)
@config_options(
    *SELECTION,
    *("views", "keep_generations", "api_public_key", "jobs"),
    *("registry", "retry_attempts"),
    *REGISTRY,
    *BUCKET,
)
@global_options
@click.pass_context
def publish(context: click.Context, /, *, allow_missing: bool, **_given: object) -> int:
    """Publish a generation: the API's documents that were read last, and all they name.

    A complete sync does this by itself, unless publish = false. Bottles come first and
    the documents last: at no moment does a client see what is not there.
    """
    from application.publication import PublishRefusedError
    from entrypoints.cli.answers import publication_answer, refusal_answer
    from entrypoints.cli.publish_text import publication_text, refusal_text

    with invoked(context) as invocation:
        by_hand = invocation.mirror.publish_by_hand()
        try:
            publication, ledger = by_hand.forward(
                invocation.config.selection, allow_missing=allow_missing
            )
        except PublishRefusedError as error:
            if not error.missing:
                raise
            if invocation.as_json:
                tell_json(refusal_answer(error))
            else:
                tell(refusal_text(error, invocation.config))
            return SOME_FAILED
        if invocation.as_json:
            tell_json(publication_answer(publication, ledger))
        else:
            tell(publication_text(publication, ledger, invocation.config))
    return DONE
